"""Answers that break HTTP/1.1 (RFC 9112): a clear error of the right class, at once, and the connection is not used again."""

import asyncio
import time
import tracemalloc

import pytest

from client.hostile.ways import END, dripping, endless
from client.wire.scripted import call, read_all
from sennit.client.errors import ClientError, ConnectFailed, ProtocolFailed, TimedOut, TooLarge
from sennit.client.pool import Pool

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"

HEADS = {
    "nothing of HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "HTTP/0.9": b"<html>hello</html>\r\n\r\n",
    "another version": b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n",
    "status of two digits": b"HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n",
    "status with a sign": b"HTTP/1.1 +20 OK\r\ncontent-length: 0\r\n\r\n",
    "NUL in the reason": b"HTTP/1.1 200 O\0K\r\ncontent-length: 0\r\n\r\n",
    "a space before the colon": OK + b"content-length : 0\r\n\r\n",
    "a folded line": OK + b"a: b\r\n c\r\ncontent-length: 0\r\n\r\n",
    "no colon": OK + b"hello\r\ncontent-length: 0\r\n\r\n",
    "no name": OK + b": b\r\ncontent-length: 0\r\n\r\n",
    "a bare CR in a value": OK + b"location: /a\rset-cookie: a=b\r\ncontent-length: 0\r\n\r\n",
    "NUL in a value": OK + b"a: b\0c\r\ncontent-length: 0\r\n\r\n",
    "a negative length": OK + b"content-length: -1\r\n\r\n",
    "a length with a sign": OK + b"content-length: +2\r\n\r\nok",
    "a hexadecimal length": OK + b"content-length: 0x2\r\n\r\nok",
    "a length in other digits": OK + "content-length: ²\r\n\r\nok".encode("latin-1"),
    "an empty length": OK + b"content-length:\r\n\r\nok",
    "a length of 30 digits": OK + b"content-length: " + b"9" * 30 + b"\r\n\r\nok",
    "two lengths": OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok!",
    "two lengths in a line": OK + b"content-length: 2, 3\r\n\r\nok!",
    "a length and chunks": OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": OK + b"transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in quotes": OK + b'transfer-encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "another transfer coding": OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an upgrade that nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
}

BODIES = {
    "no chunk size": CHUNKED + b"\r\nok\r\n0\r\n\r\n",
    "a chunk size that is no number": CHUNKED + b"xyz\r\nok\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-2\r\nok\r\n0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
    "a chunk size with an underscore": CHUNKED + b"1_0\r\nok\r\n0\r\n\r\n",
    "a chunk size that overflows 64 bits": CHUNKED + b"10000000000000002\r\nok\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"2\r\nokay\r\n0\r\n\r\n",
    "a chunk line that ends in LF": CHUNKED + b"2\nok\r\n0\r\n\r\n",
    "a chunk that ends in LF": CHUNKED + b"2\r\nok\n0\r\n\r\n",
    "a chunk line of 1 MB": CHUNKED + b"2;" + b"a" * 1_000_000 + b"\r\nok\r\n0\r\n\r\n",
    "a broken trailer": CHUNKED + b"2\r\nok\r\n0\r\nno colon\r\n\r\n",
}

FLOODS = {
    "a status line without an end": (b"HTTP/1.1 200 ", b"a" * 1000),
    "a header line without an end": (OK + b"a: ", b"a" * 1000),
    "headers without an end": (OK, b"a: " + b"b" * 1000 + b"\r\n"),
    "small headers without an end": (OK, b"a: b\r\n" * 50),
    "empty lines without an end": (b"", b"\r\n" * 500),
    "100 without an end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
    "103 without an end": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 50),
    "a chunk line without an end": (CHUNKED, b"0" * 1000),
    "chunk extensions without an end": (CHUNKED + b"2;", b"a" * 1000),
    "trailers without an end": (CHUNKED + b"0\r\n", b"a: " + b"b" * 1000 + b"\r\n"),
    "chunks of one octet with extensions": (CHUNKED, (b"1;" + b"a" * 200 + b"\r\nx\r\n") * 20),
}


async def failing(fetching) -> ClientError:
    """The error, which says where it happened; a request that hangs fails the test."""
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        async with asyncio.timeout(10):
            await fetching
    error = caught.value
    assert error.url.startswith("http")
    assert error.phase
    assert 0 <= error.elapsed_s <= time.monotonic() - began + 0.01
    assert error.url in str(error)
    return error


@pytest.mark.parametrize("answer", HEADS.values(), ids=HEADS)
async def test_r9_a_head_that_is_none_fails_at_once(hostile, fetch, answer):
    server = await hostile(answer)
    error = await failing(fetch(server.url))
    assert isinstance(error, ProtocolFailed), error
    assert (error.phase, error.elapsed_s < 2) == ("head", True)
    assert len(server.peers) == 1, "it is not asked again"


@pytest.mark.parametrize("answer", BODIES.values(), ids=BODIES.keys())
async def test_r9_a_body_that_breaks_its_framing_fails_at_once(hostile, fetch, answer):
    server = await hostile(answer)
    error = await failing(fetch(server.url))
    assert isinstance(error, (ProtocolFailed, TooLarge)), error
    assert error.elapsed_s < 2


@pytest.mark.parametrize(("first", "piece"), FLOODS.values(), ids=FLOODS.keys())
async def test_r9_what_has_no_end_is_cut_and_fills_no_memory(hostile, fetch, first, piece):
    server = await hostile(endless(first, piece))
    tracemalloc.start()
    try:
        error = await failing(fetch(server.url))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, (ProtocolFailed, TooLarge)), error
    assert error.elapsed_s < 3
    assert peak < 8_000_000


CUTS = {
    "before a word": (b"", "head"),
    "within the status line": (b"HTTP/1.1 20", "head"),
    "within the head": (OK + b"content-le", "head"),
    "before the end of the head": (OK + b"content-length: 2\r\n", "head"),
    "after a 100": (b"HTTP/1.1 100 Continue\r\n\r\n", "head"),
    "before the body": (OK + b"content-length: 2\r\n\r\n", "body"),
    "within the body": (OK + b"content-length: 2\r\n\r\no", "body"),
    "before the first chunk": (CHUNKED, "body"),
    "within a chunk line": (CHUNKED + b"2", "body"),
    "within a chunk": (CHUNKED + b"2\r\no", "body"),
    "after a chunk": (CHUNKED + b"2\r\nok\r\n", "body"),
    "after the last chunk's size": (CHUNKED + b"2\r\nok\r\n0\r\n", "body"),
    "within a trailer": (CHUNKED + b"2\r\nok\r\n0\r\na: b", "body"),
}


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize(("said", "phase"), CUTS.values(), ids=CUTS.keys())
async def test_r9_a_connection_that_ends_too_early_is_an_error_never_a_short_answer(hostile, fetch, said, phase, how):
    server = await hostile(said, getattr(END, how))
    error = await failing(fetch(server.url))
    assert isinstance(error, ProtocolFailed), error
    assert (error.phase, len(server.peers)) == (phase, 1)


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_r9_a_connection_that_ends_before_the_request_is_an_error(hostile, fetch, how):
    server = await hostile(b"", getattr(END, how), after_request=False)
    error = await failing(fetch(server.url))
    assert isinstance(error, (ProtocolFailed, ConnectFailed)), error


async def test_r9_a_body_that_ends_with_the_connection_must_not_end_in_a_reset(hostile, fetch):
    server = await hostile(OK + b"\r\nhello", END.reset)
    assert isinstance(await failing(fetch(server.url)), ProtocolFailed)


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_r9_an_upload_that_is_cut_is_an_error(hostile, fetch, how):
    server = await hostile(b"", getattr(END, how))
    error = await failing(fetch(server.url, method="POST", body=b"x" * 20_000_000))
    assert isinstance(error, ProtocolFailed), error


@pytest.mark.parametrize(("said", "phase"), CUTS.values(), ids=CUTS.keys())
async def test_r9_silence_in_any_phase_ends_with_the_time_out(hostile, fetch, said, phase):
    server = await hostile(said)
    error = await failing(fetch(server.url, times={"read_s": 0.2, "total_s": 5}))
    assert isinstance(error, TimedOut), error
    assert (error.phase, error.kind) == (phase, "read")
    assert error.elapsed_s < 1


DRIPS = {
    "of the status line": (b"HTTP/1.1 200 ", b"a", "head"),
    "of a header": (OK + b"a: ", b"a", "head"),
    "of a body": (OK + b"content-length: 100000\r\n\r\n", b"a", "body"),
    "of chunks": (CHUNKED, b"1\r\na\r\n", "body"),
    "of a body without a length": (OK + b"\r\n", b"a", "body"),
}


@pytest.mark.parametrize(("first", "piece", "phase"), DRIPS.values(), ids=DRIPS.keys())
async def test_r9_a_drip_ends_with_the_total_time_out(hostile, fetch, first, piece, phase):
    server = await hostile(first, dripping(piece))
    error = await failing(fetch(server.url, times={"read_s": 0.3, "total_s": 0.4}))
    assert isinstance(error, TimedOut), error
    assert (error.phase, error.kind) == (phase, "total")
    assert error.elapsed_s < 1.2


async def test_r9_a_server_that_does_not_read_ends_the_upload_with_the_time_out(hostile, fetch):
    server = await hostile(b"", dripping(b""), after_request=False)
    error = await failing(
        fetch(server.url, method="POST", body=b"x" * 50_000_000, times={"write_s": 0.2, "total_s": 5})
    )
    assert isinstance(error, TimedOut), error
    assert error.elapsed_s < 2


LEFT_OVER = {
    "another answer": OK + b"content-length: 2\r\n\r\nok" + OK + b"content-length: 6\r\n\r\nforged",
    "octets past the length": OK + b"content-length: 2\r\n\r\nokay, this is more",
    "octets past the last chunk": CHUNKED + b"2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged",
    "garbage": OK + b"content-length: 2\r\n\r\nok\0\0\0\0",
}


@pytest.mark.parametrize("answer", LEFT_OVER.values(), ids=LEFT_OVER.keys())
async def test_r9_a_connection_with_octets_left_is_never_used_again(hostile, answer):
    server = await hostile(answer)
    pool = Pool()
    for count in (1, 2):
        assert await read_all(await pool.send(call(server.url))) == b"ok"
        assert len(server.peers) == count
    await pool.close()


async def test_r9_what_comes_between_two_requests_is_nobodys_answer(hostile):
    """A response that was said before it was asked for."""
    server = await hostile(
        lambda: iter([OK + b"content-length: 2\r\n\r\nok", b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"])
    )
    pool = Pool()
    await read_all(await pool.send(call(server.url)))
    await asyncio.sleep(0.02)
    assert await read_all(await pool.send(call(server.url))) == b"ok"
    assert len(server.peers) == 2
    await pool.close()
