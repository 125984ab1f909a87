"""Against h11 as a client: a response that both accept has the same body in both, and the same octets behind it."""

from random import Random

import h11
import pytest

from sennit.protocols.http1 import HeadLimits, RemoteProtocolError, parse_response_head, response_body

LIMITS = HeadLimits(16384, 65536, 100)
BODY = b"5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
STARTS = [
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No", b"HTTP/1.1 304 Not",
    b"HTTP/1.1 404 Pas trouv\xe9", b"HTTP/1.1 299 ", b"HTTP/1.1 999 X", b"HTTP/1.1 2000 X", b"HTTP/1.2 200 OK",
]  # fmt: skip
LINES = [
    b"Content-Length: 5", b"Content-Length: 0", b"content-length: 5", b"Content-Length: 5, 5", b"Content-Length: 05",
    b"Content-Length: +5", b"Content-Length : 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked ",
    b"Transfer-Encoding: gzip", b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: identity",
    b"X: y", b"X: y\r\n z", b"X: y\n", b"X: \xe9", b"X:", b": y", b"Connection: close", b"Connection: keep-alive",
]  # fmt: skip


def responses(count):
    """The same each time."""
    random = Random(9112)
    for _ in range(count):
        lines = random.sample(LINES, random.choice([0, 1, 1, 1, 2, 2, 3]))
        yield b"\r\n".join([random.choice(STARTS), *lines, b"", BODY])


def ours(data, method):
    """(status, body, octets behind it), None for a refusal."""
    try:
        head = parse_response_head(data, 0, LIMITS, method)
        reader = response_body(head.framing, head.content_length)
        body, end = reader.receive_data(data, head.end)
        if not reader.is_complete:
            reader.receive_eof()
    except RemoteProtocolError:
        return None
    return head.status, body, data[end:]


def by_h11(data, method):
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="a:1" if method == "CONNECT" else "/", headers=[("host", "a")]))
    connection.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        connection.receive_data(data)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                return status, body, connection.trailing_data[0]
    except h11.RemoteProtocolError:
        return None


@pytest.mark.parametrize("method", ["GET", "HEAD", "CONNECT"])
def test_what_both_accept_has_the_same_body(method):
    both = 0
    for data in responses(800):
        here, there = ours(data, method), by_h11(data, method)
        if here is not None and there is not None:
            assert here == there, data
            both += 1
    assert both > 100


def test_what_we_accept_and_h11_refuses_ends_the_connection_or_is_a_matter_of_taste():
    """A status above 599 and a coding other than chunked: the first frames like any, the second ends with the connection."""
    for data in responses(800):
        if ours(data, "GET") is not None and by_h11(data, "GET") is None:
            head = parse_response_head(data, 0, LIMITS, "GET")
            assert head.status > 599 or (head.field_value("transfer-encoding") and head.framing in ("close", "none")), (
                data
            )
