"""What three parsers take out of the same octets: ours (the twin that this process loads), h11, llhttp (httptools)."""

from typing import Any, NamedTuple

import h11
import httptools

from sennit.protocols.http1 import ChunkedBody, HeadLimits, LengthBody, RemoteProtocolError, parse_request_head

LIMITS = HeadLimits(16384, 65536, 100)
WHOLE, REFUSED, INCOMPLETE, CLOSED = "whole", "refused", "incomplete", "closed"


class Taken(NamedTuple):
    """Requests as (method, target, body) in their order; how it ended; where each began (ours only).

    whole: nothing is left. closed: the last request ends the connection, so that what follows is nobody's.
    """

    requests: list[tuple[str, str, bytes]]
    end: str
    begins: tuple[int, ...] = ()


def ours(data: bytes) -> Taken:
    found: list[tuple[str, str, bytes]] = []
    begins = [0]
    end = WHOLE
    try:
        while begins[-1] < len(data) and end == WHOLE:
            head = parse_request_head(data, begins[-1], LIMITS)
            if head is None:
                end = INCOMPLETE
                break
            body, after = b"", head.end
            if head.chunked or head.content_length > 0:
                reader = ChunkedBody() if head.chunked else LengthBody(head.content_length)
                body, after = reader.receive_data(data, after)
                if not reader.is_complete:
                    end = INCOMPLETE
                    break
            target = head.raw_path + ("?" + head.query_string if head.query_string else "")
            found.append((head.method, target, body))
            begins.append(after)
            end = WHOLE if head.keep_alive else CLOSED
    except RemoteProtocolError:
        end = REFUSED
    return Taken(found, end, tuple(begins))


def outcome(data: bytes) -> Any:
    """All that our head parser says of `data`, for comparing twins: None, a refusal, or every attribute."""
    try:
        head = parse_request_head(data, 0, LIMITS)
    except RemoteProtocolError as error:
        return error.status, error.what, error.section
    if head is None:
        return None
    return (
        head.method, head.raw_path, head.query_string, head.http_version, head.host, head.content_length, head.chunked,
        head.keep_alive, head.expects_continue, head.upgrades, head.end, head.field_lines(),
    )  # fmt: skip


def body_outcome(pieces: list[bytes]) -> tuple[Any, ...]:
    """The same of the reader of chunks: the first item does not depend on where the octets are cut."""
    reader, found, used = ChunkedBody(), b"", 0
    for piece in pieces:
        try:
            got, end = reader.receive_data(piece, 0)
        except RemoteProtocolError as error:
            return (error.status, error.what), found
        found += got
        used += end
        if reader.is_complete:
            return (found, used, reader.trailers), None
    return (found, used), reader.least_left


def by_h11(data: bytes) -> Taken:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=100_000)
    found: list[tuple[str, str, bytes]] = []
    request = body = b""
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if type(event) is h11.Data:
                body += bytes(event.data)
            elif type(event) is h11.Request:
                request, body = event, b""
            elif type(event) is h11.EndOfMessage:
                found.append((request.method.decode(), request.target.decode("latin-1"), body))
                connection.send(h11.Response(status_code=501, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return Taken(found, CLOSED)
                connection.start_next_cycle()
            elif event is h11.NEED_DATA:
                return Taken(found, WHOLE if not connection.trailing_data[0] and request is None else INCOMPLETE)
            else:  # PAUSED: CONNECT or an upgrade
                return Taken(found, CLOSED)
    except h11.RemoteProtocolError:
        return Taken(found, REFUSED)


class _Collector:
    def __init__(self) -> None:
        self.found: list[tuple[str, str, bytes]] = []
        self.body = self.url = b""

    def on_message_begin(self) -> None:
        self.body = self.url = b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.found.append((self.parser.get_method().decode(), self.url.decode("latin-1"), self.body))


def by_llhttp(data: bytes) -> Taken:
    collector = _Collector()
    collector.parser = httptools.HttpRequestParser(collector)
    try:
        collector.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return Taken(collector.found, CLOSED)
    except httptools.HttpParserError:
        return Taken(collector.found, REFUSED)
    return Taken(collector.found, WHOLE)
