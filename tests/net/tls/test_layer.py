"""TLS on real sockets: both loops, an independent client (asyncio's own TLS), OpenSSL's tool, and our own two ends."""

import asyncio
import logging
import random
import socket
import ssl
import subprocess
from typing import ClassVar

import pytest

from sennit import net

CLEAR = b"HTTP/1.1 400 Bad Request\r\n\r\n"


class Echo(net.Protocol[bytes, bytes]):
    def received(self, messages):
        for data in messages:
            self.connection.write(data)


class Kept(net.Protocol[bytes, bytes]):
    """Keeps what comes; the test reads `made[0]`."""

    made: ClassVar[list["Kept"]] = []

    def __init__(self):
        self.data, self.reason, self.has_eof, self.writables = b"", None, False, 0
        Kept.made.append(self)

    def received(self, messages):
        self.data += b"".join(messages)

    def eof(self):
        self.has_eof = True

    def writable(self):
        self.writables += 1

    def closed(self, reason):
        self.reason = reason


@pytest.fixture(autouse=True)
def fresh():
    Kept.made = []


@pytest.fixture
def listen_tls(listen, issue):
    async def start(protocol=Echo, options="", files=None, **more):
        files = files or issue()
        return await listen(protocol, f"tls://127.0.0.1:0?{files.options()}{options}", **more)

    return start


def newest(context, version):
    context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
async def test_bytes_travel_both_ways(listen_tls, dial_tls, trusting, version):
    listener = await listen_tls()
    reader, writer = await dial_tls(listener, newest(trusting(), version))
    for size in (1, 17_000, 2_000_000):
        writer.write(b"x" * size)
        assert await reader.readexactly(size) == b"x" * size
    assert writer.get_extra_info("cipher")[0].startswith(("ECDHE", "TLS_"))


async def test_what_a_connection_knows_of_its_session(listen_tls, dial_tls):
    listener = await listen_tls(Kept)
    await dial_tls(listener)
    (connection,) = listener.connections
    told = connection._transport.get_extra_info
    assert told("ssl_object").version() == "TLSv1.3"
    assert told("cipher")[1] == "TLSv1.3"
    assert told("peercert") is None
    assert told("compression") is None
    assert told("peername")[0] == "127.0.0.1"
    assert told("socket") is None, "writing to it would send clear text"


async def test_many_writes_of_one_turn_are_one_record(listen_tls, dial_tls):
    class Chatty(net.Protocol[bytes, bytes]):
        def received(self, messages):
            for number in range(100):
                self.connection.write(b"%02d" % number)

    listener = await listen_tls(Chatty)
    reader, writer = await dial_tls(listener)
    (connection,) = listener.connections
    below = connection._transport._below
    wrote = []
    connection._transport._below = Recording(below, wrote)
    writer.write(b"go")
    await reader.readexactly(200)
    assert len(wrote) == 1 and len(wrote[0]) < 240
    connection._transport._below = below


class Recording:
    def __init__(self, below, wrote):
        self._below, self._wrote = below, wrote

    def __getattr__(self, name):
        return getattr(self._below, name)

    def write(self, data):
        self._wrote.append(data)
        self._below.write(data)


async def test_a_peer_that_does_not_read_holds_the_writer_back(listen_tls, dial_tls, until):
    listener = await listen_tls(Kept)
    reader, _ = await dial_tls(listener)
    reader._transport.pause_reading()
    (connection,) = listener.connections
    while not connection.is_blocked:
        connection.write(b"x" * 65536)
        connection.flush()
        await asyncio.sleep(0)
    connection.write(b"y" * 4_000_000)
    connection.flush()
    layer = connection._transport
    assert layer.get_write_buffer_size() > 4_000_000
    assert layer._below.get_write_buffer_size() < 1_000_000, "what waits is kept plain and not copied"
    reader._transport.resume_reading()
    while b"y" * 1000 not in await reader.read(1 << 20):
        pass
    got = 0
    while layer.get_write_buffer_size():
        got += len(await reader.read(1 << 20))
    await until(lambda: not connection.is_blocked)
    assert Kept.made[0].writables == 1


async def test_a_handler_that_does_not_read_holds_the_peer_back(listen_tls, trusting, until):
    listener = await listen_tls(Kept)
    raw, session = await by_hand(listener, trusting())
    (connection,) = listener.connections
    connection.pause_reading()
    session[0].write(b"x" * 16_000)
    record = session[2].read()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    sending = asyncio.ensure_future(send(raw, session, b"x" * 16_000_000, before=record))
    for _ in range(2000):
        await asyncio.sleep(0)
    assert not sending.done()
    assert connection.received_bytes < 1_000_000
    assert connection._transport._session._incoming.pending < 1_000_000
    connection.resume_reading()
    await sending
    await until(lambda: connection.received_bytes == 16_016_000)
    raw.close()


async def test_a_close_in_good_order_says_close_notify_both_ways(listen_tls, dial_tls, until):
    listener = await listen_tls(Kept)
    _, writer = await dial_tls(listener)
    writer.write(b"hello")
    await until(lambda: Kept.made[0].data == b"hello")
    writer.close()
    await until(lambda: Kept.made[0].has_eof)
    Kept.made[0].connection.close()
    await until(lambda: Kept.made[0].reason is not None)
    assert Kept.made[0].reason == net.Clean()


async def test_our_end_says_close_notify_and_waits_for_the_peers_for_a_bounded_time(
    listen_tls, trusting, until, clock, jump
):
    listener = await listen_tls(Kept)
    raw, session = await by_hand(listener, trusting())
    (connection,) = listener.connections
    connection.write(b"last words")
    connection.close()
    data, ended = await read_all(raw, session)
    assert (data, ended) == (b"last words", True)
    assert Kept.made[0].reason is None, "the peer has not answered yet"
    jump(listener, 6)
    await until(lambda: Kept.made[0].reason is not None)
    assert Kept.made[0].reason == net.Clean()
    raw.close()


async def by_hand(listener, context):
    """A client whose socket and session the test holds apart."""
    loop = asyncio.get_running_loop()
    raw = socket.create_connection(listener.addresses[0])
    raw.setblocking(False)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    ssl_object = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    while True:
        try:
            ssl_object.do_handshake()
            break
        except ssl.SSLWantReadError:
            await loop.sock_sendall(raw, outgoing.read())
            incoming.write(await loop.sock_recv(raw, 65536))
    await loop.sock_sendall(raw, outgoing.read())
    while not listener.connections:
        await asyncio.sleep(0)
    return raw, (ssl_object, incoming, outgoing)


async def read_all(raw, session):
    """Plain bytes until the other end says its end; False when the socket ends first."""
    ssl_object, incoming, _ = session
    data = b""
    while True:
        try:
            piece = ssl_object.read(65536)
        except ssl.SSLWantReadError:
            got = await asyncio.get_running_loop().sock_recv(raw, 65536)
            if not got:
                return data, False
            incoming.write(got)
            continue
        if not piece:
            return data, True
        data += piece


async def send(raw, session, data, before=b""):
    for at in range(0, len(data), 16_000):
        session[0].write(data[at : at + 16_000])
    await asyncio.get_running_loop().sock_sendall(raw, before + session[2].read())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("size", [100_000, 1_000_000])
async def test_r14_truncation_is_told_and_loses_nothing(listen_tls, trusting, until, version, size):
    """The table of what a cut looks like: every byte arrives though reading pauses, and the end is not a good one."""
    listener = await listen_tls(Kept)
    raw, session = await by_hand(listener, newest(trusting(), version))
    (connection,) = listener.connections

    async def send_and_cut():
        await send(raw, session, b"x" * size)
        raw.shutdown(socket.SHUT_WR)

    cutting = asyncio.ensure_future(send_and_cut())
    while Kept.made[0].reason is None:
        connection.pause_reading()
        await asyncio.sleep(0)
        connection.resume_reading()
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # a loop reads only in the turn after the next
    await cutting
    await until(lambda: Kept.made[0].reason is not None)
    assert len(Kept.made[0].data) == size
    assert Kept.made[0].reason == net.Truncated()
    assert not Kept.made[0].has_eof, "a cut is not an end of data"
    raw.close()


async def test_r14_truncation_while_reading_is_paused_waits_for_the_reader(listen_tls, trusting, until):
    listener = await listen_tls(Kept)
    raw, session = await by_hand(listener, trusting())
    (connection,) = listener.connections
    connection.pause_reading()
    await send(raw, session, b"x" * 100_000)
    raw.shutdown(socket.SHUT_WR)
    for _ in range(20):
        await asyncio.sleep(0)
    assert Kept.made[0].reason is None
    connection.resume_reading()
    await until(lambda: Kept.made[0].reason is not None)
    assert (len(Kept.made[0].data), Kept.made[0].reason) == (100_000, net.Truncated())
    raw.close()


async def test_after_the_peers_end_an_answer_still_reaches_it(listen_tls, trusting, until):
    """A half-closed connection: the client has asked all it wants."""

    class Answering(Kept):
        def eof(self):
            self.connection.write(b"you said " + self.data)
            self.connection.close()

    listener = await listen_tls(Answering)
    raw, session = await by_hand(listener, trusting())
    await send(raw, session, b"this")
    with pytest.raises(ssl.SSLWantReadError):
        session[0].unwrap()
    await asyncio.get_running_loop().sock_sendall(raw, session[2].read())
    raw.shutdown(socket.SHUT_WR)
    with pytest.raises(ssl.SSLZeroReturnError):
        await read_all_half(raw, session, got := [])
    assert b"".join(got) == b"you said this"
    await until(lambda: Kept.made[0].reason == net.Clean())
    raw.close()


async def read_all_half(raw, session, got):
    while True:
        try:
            got.append(session[0].read(65536))
        except ssl.SSLWantReadError:
            data = await asyncio.get_running_loop().sock_recv(raw, 65536)
            assert data, "the socket ended before the close_notify"
            session[1].write(data)


async def test_our_own_half_close_still_reads(listen_tls, trusting, until):
    listener = await listen_tls(Kept)
    raw, session = await by_hand(listener, trusting())
    (connection,) = listener.connections
    connection._transport.write(b"end of ours")
    connection._transport.write_eof()
    assert await read_all(raw, session) == (b"end of ours", True)
    await send(raw, session, b"and of theirs")
    await until(lambda: Kept.made[0].data == b"and of theirs")
    raw.close()
    await until(lambda: Kept.made[0].reason is not None)


@pytest.mark.needs("openssl")
async def test_r14_renegotiation_compression_and_old_versions_are_not_there(listen_tls, trusting, caplog):
    caplog.set_level(logging.INFO, "sennit.net")
    listener = await listen_tls()
    context = listener._layers.certificates.context
    assert context.options & ssl.OP_NO_RENEGOTIATION and context.options & ssl.OP_NO_COMPRESSION
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    for cipher in context.get_ciphers():
        assert cipher["aead"] and cipher["kea"] in ("kx-any", "kx-ecdhe"), cipher["name"]
    said = await s_client(listener, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert "Cipher    : 0000" in said or "(NONE)" in said
    said = await s_client(listener, "-tls1_2", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA")
    assert "(NONE)" in said


async def s_client(listener, *options, send=b""):
    port = str(listener.addresses[0].port)
    process = await asyncio.create_subprocess_exec(
        "openssl",
        "s_client",
        "-connect",
        f"127.0.0.1:{port}",
        "-servername",
        "localhost",
        *options,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(send), 20)
    return said.decode(errors="replace")


@pytest.mark.needs("openssl")
async def test_openssls_client_is_served_and_its_renegotiation_refused(listen_tls, authority_file, until):
    listener = await listen_tls()
    said = await s_client(listener, "-tls1_2", "-CAfile", authority_file, "-verify_return_error", send=b"R\n")
    assert "Verify return code: 0 (ok)" in said
    assert "no renegotiation" in said
    await until(lambda: not listener.connections)


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1\r\n", b"P"], ids=["request", "first-octet"])
async def test_r14_clear_text_on_the_port_is_answered_in_clear_text_and_closed(listen_tls, dial, caplog, request_line):
    caplog.set_level(logging.INFO, "sennit.net")
    listener = await listen_tls(clear_text_answer=CLEAR)
    reader, writer = await dial(listener)
    writer.write(request_line)
    assert await reader.read() == CLEAR
    assert len(caplog.records) == 1 and caplog.records[0].levelno == logging.INFO


async def test_bytes_that_are_neither_are_closed_without_an_answer(listen_tls, dial):
    listener = await listen_tls(clear_text_answer=CLEAR)
    reader, writer = await dial(listener)
    writer.write(b"\x00\x01garbage")
    assert await reader.read() == b""


async def test_r14_a_handshake_that_drags_on_is_cut(listen_tls, dial, jump, until, caplog):
    caplog.set_level(logging.INFO, "sennit.net")
    listener = await listen_tls()
    silent, _ = await dial(listener)
    slow, slow_writer = await dial(listener)
    slow_writer.write(b"\x16\x03\x01")
    await until(lambda: len(listener._arriving) == 2)
    jump(listener, 9)
    assert len(listener._arriving) == 2
    jump(listener, 2)
    for reader in (silent, slow):
        with pytest.raises(ConnectionError):
            if await reader.read() == b"":
                raise ConnectionResetError
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "the handshake was not complete after 10 s"
    ] * 2
    await until(lambda: listener._open == 0)


@pytest.mark.needs("openssl")
async def test_a_failed_handshake_is_one_line_without_a_stack(listen_tls, caplog, until):
    caplog.set_level(logging.INFO)
    listener = await listen_tls()
    await s_client(listener, "-tls1_2", "-verify_return_error", "-no-CAfile", "-no-CApath", "-no-CAstore")
    await until(lambda: listener._open == 0)
    (record,) = [record for record in caplog.records if record.name.startswith("sennit")]
    assert record.levelno == logging.INFO and record.exc_info is None
    assert "unknown ca" in record.getMessage()


async def test_a_health_check_that_connects_and_leaves_is_not_worth_a_line(listen_tls, dial, caplog, until):
    caplog.set_level(logging.INFO, "sennit.net")
    listener = await listen_tls()
    _, writer = await dial(listener)
    await until(lambda: listener._arriving)
    writer.close()
    await until(lambda: listener._open == 0)
    assert not caplog.records


async def test_alpn_without_overlap_goes_on_without_one(listen_tls, dial_tls, trusting):
    listener = await listen_tls(options="&alpn=http/1.1")
    for offered, chosen in ((["h2", "http/1.1"], "http/1.1"), (["h2"], None)):
        context = trusting()
        context.set_alpn_protocols(offered)
        _, writer = await dial_tls(listener, context)
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == chosen


class TestClientCertificates:
    async def test_one_is_required_and_its_names_are_told(
        self, listen_tls, dial_tls, trusting, authority, authority_file
    ):
        listener = await listen_tls(Kept, f"&client_ca={authority_file}")
        context = trusting()
        authority.issue_cert("alice.example").configure_cert(context)
        await dial_tls(listener, context)
        while not listener.connections:
            await asyncio.sleep(0)
        (connection,) = listener.connections
        names = connection._transport.get_extra_info("peercert")["subjectAltName"]
        assert names == (("DNS", "alice.example"),)

    async def test_a_client_without_one_is_refused(self, listen_tls, dial_tls, authority_file, until, caplog):
        caplog.set_level(logging.INFO, "sennit.net")
        listener = await listen_tls(Kept, f"&client_ca={authority_file}")
        reader, writer = await dial_tls(listener)
        writer.write(b"x")
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            await reader.read()
        await until(lambda: listener._open == 0)
        assert "peer did not return a certificate" in caplog.text

    async def test_without_one_is_allowed_when_optional(self, listen_tls, dial_tls, authority_file):
        listener = await listen_tls(Echo, f"&client_ca={authority_file}&client_cert=optional")
        reader, writer = await dial_tls(listener)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"

    async def test_one_of_a_stranger_is_refused_even_then(self, listen_tls, dial_tls, trusting, authority_file):
        import trustme

        listener = await listen_tls(Echo, f"&client_ca={authority_file}&client_cert=optional")
        context = trusting()
        trustme.CA().issue_cert("mallory.example").configure_cert(context)
        reader, writer = await dial_tls(listener, context)
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            writer.write(b"x")
            await reader.read()
            raise ConnectionResetError


class TestShutdown:
    async def test_a_handshake_in_hand_is_finished_and_then_told(self, listen_tls, dial_tls, until):
        listener = await listen_tls()
        opening = asyncio.ensure_future(dial_tls(listener))
        await until(lambda: listener._arriving)
        listener.drain()
        reader, _ = await opening
        assert await reader.read() == b""
        await asyncio.wait_for(listener.drained(), 10)

    async def test_close_cuts_what_is_still_shaking(self, listen_tls, dial, until):
        listener = await listen_tls()
        await dial(listener)
        await until(lambda: listener._arriving)
        await listener.close()
        assert listener._open == 0


async def test_r14_a_peer_that_makes_us_answer_and_does_not_read_is_read_no_more(listen_tls, trusting):
    """Whatever OpenSSL says by itself waits in the same bounded buffer as everything else."""
    listener = await listen_tls(Kept)
    raw, _ = await by_hand(listener, trusting())
    (connection,) = listener.connections
    layer = connection._transport
    layer.pause_writing()
    layer._session.write(b"as if it were a key update")
    layer._send_control()
    assert layer._is_held and not layer._below.is_reading()
    layer.resume_writing()
    assert layer._below.is_reading()
    raw.close()


async def test_a_connection_that_is_aborted_hands_nothing_more_over(listen_tls, trusting, until):
    class Cutting(Kept):
        def received(self, messages):
            super().received(messages)
            self.connection.abort()

    listener = await listen_tls(Cutting)
    raw, session = await by_hand(listener, trusting())
    await send(raw, session, b"one")
    await until(lambda: Kept.made[0].reason is not None)
    assert (Kept.made[0].data, Kept.made[0].has_eof) == (b"one", False)
    raw.close()


async def test_after_the_end_a_connection_can_still_be_asked(listen_tls, dial_tls, until):
    listener = await listen_tls(Kept)
    _, writer = await dial_tls(listener)
    (connection,) = listener.connections
    writer.transport.abort()
    await until(lambda: Kept.made[0].reason is not None)
    layer = connection._transport
    assert layer.get_extra_info("ssl_object") is None
    assert layer.get_write_buffer_size() == 0
    assert layer.is_closing()
    layer.write(b"x")
    layer.close()
    layer.abort()


async def test_a_session_is_resumed(listen_tls, trusting, authority_file, authority):
    """Also where clients show certificates; a new context (a renewal) begins anew."""
    listener = await listen_tls(Kept, f"&client_ca={authority_file}")
    context = newest(trusting(), ssl.TLSVersion.TLSv1_2)
    authority.issue_cert("alice.example").configure_cert(context)

    def resumes(session):
        raw = socket.create_connection(listener.addresses[0], 10)
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as secured:
            return secured.session_reused, secured.session

    _, session = await asyncio.to_thread(resumes, None)
    assert (await asyncio.to_thread(resumes, session))[0]
    listener.reload_certificates()
    assert not (await asyncio.to_thread(resumes, session))[0]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_order_of_writes_pauses_and_ends_nothing_is_lost(listen_tls, authority_file, until, seed):
    """Our two ends, driven by chance; each end says what it has sent, and the other must have it."""
    chance = random.Random(seed)
    listener = await listen_tls(Kept, limits=net.Limits(write_buffer=chance.choice([1000, 65536])))
    there = Kept()
    connection = await net.connect(f"tls://localhost:{listener.addresses[0].port}?ca={authority_file}", there)
    await until(lambda: listener.connections)
    here = Kept.made[0] if Kept.made[0] is not there else Kept.made[1]
    ends = [connection, next(iter(listener.connections))]
    sent = dict.fromkeys(ends, b"")
    for _ in range(chance.randrange(5, 60)):
        end = chance.choice(ends)
        act = chance.randrange(6)
        if act < 3:
            data = chance.randbytes(chance.choice([1, 100, 17_000, 300_000]))
            end.write(data)
            sent[end] += data
            if act == 2:
                end.flush()
        elif act == 3:
            end.pause_reading()
        elif act == 4:
            end.resume_reading()
        else:
            await asyncio.sleep(0)
    order = chance.sample(ends, 2)
    for end in ends:
        end.resume_reading()
    order[0].flush()
    order[0]._transport.write_eof()
    told = here if order[0] is connection else there
    await until(lambda: told.has_eof)
    order[1].close()
    await until(lambda: (here if order[1] is connection else there).has_eof)
    order[0].close()
    await until(lambda: here.reason is not None and there.reason is not None)
    assert (here.data == sent[connection], there.data == sent[ends[1]]) == (True, True)
    assert (here.reason, there.reason) == (net.Clean(), net.Clean())


async def test_r14_whatever_comes_in_place_of_a_handshake_harms_nobody_else(listen_tls, dial_tls, trusting, until):
    """Garbage, and a real first flight with changed, missing and doubled bytes."""
    failures = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
    listener = await listen_tls(limits=net.Limits(per_ip=1000))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello_from = trusting().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        hello_from.do_handshake()
    hello = outgoing.read()
    chance = random.Random(5)
    for number in range(150):
        data = bytearray(hello if number % 3 else b"\x16\x03\x01" + chance.randbytes(chance.randrange(400)))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        with socket.create_connection(listener.addresses[0]) as raw:
            raw.sendall(data)
            await asyncio.sleep(0)
    reader, writer = await dial_tls(listener)
    writer.write(b"still here")
    assert await reader.readexactly(10) == b"still here"
    await until(lambda: listener._open == 1)
    assert not failures
