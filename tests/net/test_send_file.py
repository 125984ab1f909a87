"""`Connection.send_file`: in order with what is written, blocked meanwhile, cut when it cannot be whole."""

import asyncio
import os
from typing import Any

import pytest

from sennit import net

SIZE = 8 * 1024 * 1024


class Recording(net.Protocol[bytes, bytes]):
    def __init__(self) -> None:
        self.writable_times = 0
        self.reason: Any = None

    def writable(self) -> None:
        self.writable_times += 1

    def eof(self) -> None:
        pass

    def closed(self, reason: net.CloseReason) -> None:
        self.reason = reason


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").write_bytes(os.urandom(1024) * (SIZE // 1024))
    fd = os.open(tmp_path / "file", os.O_RDWR)
    yield fd
    os.close(fd)


@pytest.fixture
async def joined():
    """A protocol on a listener's connection, and the client's reader and writer, which has not begun to read."""
    protocols: list[Recording] = []

    def make() -> Recording:
        protocols.append(Recording())
        return protocols[-1]

    listener = net.Listener("tcp:0", make)
    await listener.start()
    host, port = listener.addresses[0]
    reader, writer = await asyncio.open_connection(host, port, limit=1024)
    async with asyncio.timeout(5):
        while not listener.connections:
            await asyncio.sleep(0)
    yield protocols[0], reader, writer
    writer.transport.abort()
    await listener.close()


async def test_what_is_written_before_and_meanwhile_stands_around_the_file(joined, file):
    protocol, reader, _ = joined
    protocol.connection.write(b"before")
    sent = protocol.connection.send_file(file, 0, SIZE)
    assert sent is not None and protocol.connection.is_blocked
    protocol.connection.write(b"meanwhile")
    received = await reader.readexactly(6 + SIZE + 9)
    await sent
    assert received == b"before" + os.pread(file, SIZE, 0) + b"meanwhile"
    assert not protocol.connection.is_blocked and protocol.writable_times == 1


async def test_it_waits_for_what_the_transport_still_holds(joined, file):
    protocol, reader, _ = joined
    before = b"x" * SIZE
    protocol.connection.write(before)
    sent = protocol.connection.send_file(file, 0, 1000)
    assert sent is not None and protocol.connection.buffered > 1000
    assert await reader.readexactly(SIZE + 1000) == before + os.pread(file, 1000, 0)
    await sent
    protocol.connection.write(before)
    assert protocol.connection.is_blocked  # the limits of the write buffer are what they were


async def test_a_short_file_that_fits_is_sent_at_once(joined, file):
    protocol, reader, _ = joined
    assert protocol.connection.send_file(file, 10, 1000) is None
    assert protocol.connection.send_file(file, 0, 0) is None
    assert await reader.readexactly(1000) == os.pread(file, 1000, 10)


async def test_a_file_that_is_too_short_cuts(joined, file):
    protocol, _, _ = joined
    with pytest.raises(EOFError):
        protocol.connection.send_file(file, SIZE, 1)
    assert protocol.connection.is_closing


async def test_closing_while_it_is_sent_cuts_and_tells(joined, file):
    protocol, _, _ = joined
    sent = protocol.connection.send_file(file, 0, SIZE)
    with pytest.raises(net.ConnectionClosed):
        protocol.connection.send_file(file, 0, SIZE)  # one at a time
    protocol.connection.close()
    with pytest.raises(net.ConnectionClosed):
        await sent
    with pytest.raises(net.ConnectionClosed):
        protocol.connection.send_file(file, 0, 1)


async def test_a_peer_that_goes_away_is_told(joined, file):
    protocol, _, writer = joined
    sent = protocol.connection.send_file(file, 0, SIZE)
    writer.transport.abort()
    with pytest.raises(OSError):
        await sent
    async with asyncio.timeout(5):
        while protocol.reason is None:
            await asyncio.sleep(0)
