"""The connection layer, on real sockets: writing, back-pressure, deadlines, ends."""

import asyncio

import pytest

from sennit import net


class Recorder(net.Protocol[bytes, bytes]):
    """Notes what it is told; class attributes are per test through `make`."""

    def __init__(self, notes):
        self.notes = notes

    def connected(self, connection):
        self.connection = connection
        self.notes.append(("connected", connection))

    def received(self, messages):
        self.notes.append(("received", messages))

    def writable(self):
        self.notes.append(("writable", None))

    def closed(self, reason):
        self.notes.append(("closed", reason))


@pytest.fixture
async def opened(listen, dial):
    """`connection, notes, reader, writer, listener = await opened(**options)`"""

    async def open(make=Recorder, **options):
        notes = []
        listener = await listen(lambda: make(notes), **options)
        reader, writer = await dial(listener)
        await until(lambda: notes)
        return notes[0][1], notes, reader, writer, listener

    return open


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def reasons(notes):
    return [value for name, value in notes if name == "closed"]


class TestWriting:
    async def test_all_of_one_turn_leaves_in_one_write(self, opened):
        connection, _, reader, _, _ = await opened()
        writes = watch_writes(connection)
        for piece in (b"a", b"b", b"c"):
            connection.write(piece)
        assert await reader.readexactly(3) == b"abc"
        assert writes == [b"abc"]

    async def test_all_that_answers_one_read_leaves_in_one_write(self, opened):
        class Chatty(Recorder):
            def received(self, messages):
                for octet in messages[0]:
                    self.connection.write(bytes([octet, octet]))

        connection, _, reader, writer, _ = await opened(Chatty)
        writes = watch_writes(connection)
        writer.write(b"xyz")
        assert await reader.readexactly(6) == b"xxyyzz"
        assert writes == [b"xxyyzz"]

    async def test_what_is_written_after_the_end_is_dropped(self, opened):
        connection, _, reader, _, _ = await opened()
        connection.write(b"last")
        connection.close()
        connection.write(b"late")
        assert await reader.read() == b"last"

    async def test_a_large_piece_is_whole_and_in_order(self, opened):
        connection, _, reader, _, _ = await opened()
        connection.write(b"head")
        connection.write(b"x" * 3_000_000)
        connection.write(b"tail")
        data = await reader.readexactly(3_000_008)
        assert data[:4] == b"head"
        assert data[-4:] == b"tail"


def watch_writes(connection):
    """The pieces handed to the transport. The transport is the border of this layer; what it does is the loop's."""
    writes, transport = [], connection._transport

    class Watching:
        def __getattr__(self, name):
            return getattr(transport, name)

        def write(self, data):
            writes.append(bytes(data))
            transport.write(data)

    connection._transport = Watching()
    return writes


class TestBackPressure:
    async def test_a_peer_that_does_not_read_blocks_and_is_told_of_when_it_has_caught_up(self, opened):
        connection, notes, reader, _, _ = await opened()
        reader._transport.pause_reading()
        while not connection.is_blocked:
            connection.write(b"x" * 65536)
            await asyncio.sleep(0)
        assert connection.buffered > 0
        reader._transport.resume_reading()
        drain = asyncio.ensure_future(reader.read(-1))
        await until(lambda: ("writable", None) in notes)
        assert not connection.is_blocked
        drain.cancel()

    async def test_a_write_without_progress_ends_the_connection(self, opened, jump):
        connection, notes, reader, _, listener = await opened(limits=net.Limits(write_s=30))
        reader._transport.pause_reading()
        while not connection.is_blocked:
            connection.write(b"x" * 65536)
            await asyncio.sleep(0)
        for _ in range(100):  # let the kernel take what it can
            await asyncio.sleep(0)
        jump(listener, 1)
        jump(listener, 29)
        assert not reasons(notes)
        jump(listener, 1)
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.TimedOut("write")]

    async def test_paused_reading_delivers_nothing(self, opened):
        connection, notes, _, writer, _ = await opened()
        connection.pause_reading()
        writer.write(b"held")
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(notes) == 1
        connection.resume_reading()
        await until(lambda: len(notes) == 2)


class TestDeadlines:
    async def test_a_deadline_that_passes_ends_the_connection_with_its_kind(self, opened, jump):
        connection, notes, _, _, listener = await opened()
        connection.deadline("login", 5)
        jump(listener, 4.9)
        jump(listener, 0.1)
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.TimedOut("login")]

    async def test_a_deadline_can_be_taken_back(self, opened, jump):
        connection, notes, _, _, listener = await opened()
        connection.deadline("login", 5)
        connection.deadline("login", None)
        jump(listener, 6)
        await asyncio.sleep(0)
        assert not reasons(notes)

    async def test_silence_ends_the_connection_and_input_puts_it_off(self, opened, jump):
        _, notes, _, writer, listener = await opened(limits=net.Limits(idle_s=60))
        jump(listener, 50)
        writer.write(b"x")
        await until(lambda: len(notes) == 2)
        jump(listener, 50)
        assert not reasons(notes)
        jump(listener, 60)
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.TimedOut("idle")]


class TestEnds:
    async def test_closing_flushes_first_and_is_told_once(self, opened):
        connection, notes, reader, _, _ = await opened()
        connection.write(b"bye")
        connection.close()
        connection.close()
        assert await reader.read() == b"bye"
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.Clean()]

    async def test_the_peers_end_is_clean(self, opened):
        _, notes, _, writer, _ = await opened()
        writer.close()
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.Clean()]

    async def test_a_peer_may_end_its_side_and_still_read(self, opened):
        class Late(Recorder):
            def eof(self):
                self.connection.write(b"still here")
                self.connection.close()

        _, _, reader, writer, _ = await opened(Late)
        writer.write_eof()
        assert await reader.read() == b"still here"

    async def test_lingering_lets_a_peer_that_is_still_sending_read_the_answer(self, opened):
        class Refusing(Recorder):
            def received(self, messages):
                self.connection.write(b"too much")
                self.connection.linger()

        _, notes, reader, writer, _ = await opened(Refusing)
        writer.write(b"x" * 1_000_000)
        assert await reader.read() == b"too much"
        writer.close()
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.Clean()]

    async def test_lingering_ends_by_itself(self, opened, jump):
        connection, notes, _, _, listener = await opened()
        connection.linger(2)
        jump(listener, 2)
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.TimedOut("linger")]

    async def test_lingering_reads_a_bounded_amount(self, opened, monkeypatch):
        monkeypatch.setattr("sennit.net.linger.MOST_BYTES", 1000)
        connection, notes, _, writer, _ = await opened()
        connection.linger()
        writer.write(b"x" * 100_000)
        await until(lambda: reasons(notes))

    async def test_switching_hands_over_what_has_come(self, opened):
        connection, notes, _, _, _ = await opened()
        later = []
        connection.switch_protocol(Recorder(later), b"rest")
        assert [name for name, _ in later] == ["connected", "received"]
        assert later[1][1] == [b"rest"]
        connection.abort()
        await until(lambda: reasons(later))
        assert not reasons(notes)


class TestCodecs:
    async def test_messages_of_one_read_come_together(self, opened):
        _, notes, _, writer, _ = await opened(codec=net.lines(100))
        writer.write(b"one\ntwo\n")
        await until(lambda: len(notes) == 2)
        assert notes[1] == ("received", ["one", "two"])

    async def test_a_framing_error_delivers_what_was_good_and_ends(self, opened):
        _, notes, reader, writer, _ = await opened(codec=net.lines(3))
        writer.write(b"ok\ntoo long\n")
        assert await reader.read() == b""
        writer.close()
        await until(lambda: reasons(notes))
        assert notes[1] == ("received", ["ok"])
        assert reasons(notes) == [net.Malformed("a line is longer than 3 bytes")]

    async def test_an_answer_to_a_framing_error_reaches_the_peer(self, opened):
        class Explaining(Recorder):
            def failed(self, error):
                self.connection.write(self.connection.encode(f"554 {error.message}"))
                super().failed(error)

        _, _, reader, writer, _ = await opened(Explaining, codec=net.lines(3))
        writer.write(b"x" * 1_000_000)
        assert await reader.read() == b"554 a line is longer than 3 bytes\n"

    async def test_an_end_inside_a_message_is_truncated(self, opened):
        _, notes, _, writer, _ = await opened(codec=net.lines(10))
        writer.write(b"half")
        writer.close()
        await until(lambda: reasons(notes))
        assert reasons(notes) == [net.Truncated()]
