"""Against other parsers: what we accept is never framed differently by one that accepts it too.

`corpus.jsonl` is kept: every message that once made a difference is added to it (data as ISO 8859-1 text).
"""

import json
from pathlib import Path

import h11
import httptools
import pytest

from sennit.protocols.http1 import ChunkedBody, HeadLimits, LengthBody, RemoteProtocolError, parse_request_head

CORPUS = [json.loads(line) for line in Path(__file__).with_name("corpus.jsonl").read_text().splitlines()]

STRICTER_THERE = {"empty line first", "empty line between", "method case"}
"""What we accept (RFC 9112 §2.2, RFC 9110 §9.1) and one of the others refuses."""

CLOSES_THERE = {"1.0 keep-alive"}
"""What h11 answers and then closes: it keeps no HTTP/1.0 connection alive."""


def ours(data):
    """The requests in `data` as (method, path and query, body), and whether all of it was accepted."""
    found, start = [], 0
    try:
        while start < len(data):
            head = parse_request_head(data, start, HeadLimits(16384, 65536, 100))
            if head is None:
                return found, False
            start, body = head.end, b""
            if head.chunked or head.content_length > 0:
                reader = ChunkedBody() if head.chunked else LengthBody(head.content_length)
                body, start = reader.receive_data(data, start)
                if not reader.is_complete:
                    return found, False
            found.append((head.method, head.raw_path + ("?" + head.query_string if head.query_string else ""), body))
            if not head.keep_alive:
                break
    except RemoteProtocolError:
        return found, False
    return found, True


def by_h11(data):
    connection, found = h11.Connection(h11.SERVER), []
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                found.append([event.method.decode(), event.target.decode(), b""])
            elif isinstance(event, h11.Data):
                found[-1][2] += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                found[-1] = tuple(found[-1])
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    return found, True
                connection.start_next_cycle()
            elif event is h11.NEED_DATA:
                return [request for request in found if isinstance(request, tuple)], not connection.trailing_data[0]
            else:
                return found, True
    except h11.RemoteProtocolError:
        return [request for request in found if isinstance(request, tuple)], False


class Collector:
    def __init__(self):
        self.found, self.body, self.url = [], b"", b""

    def on_message_begin(self):
        self.body, self.url = b"", b""

    def on_url(self, url):
        self.url += url

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        self.found.append((self.parser.get_method().decode(), self.url.decode("latin-1"), self.body))


def by_httptools(data):
    collector = Collector()
    collector.parser = httptools.HttpRequestParser(collector)
    try:
        collector.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return collector.found, True
    except httptools.HttpParserError:
        return collector.found, False
    return collector.found, True


def same_targets(requests):
    """Absolute-form is kept whole by the others and taken apart by us."""
    return [
        (method, "/" + target.split("/", 3)[3] if "://" in target else target, body)
        for method, target, body in requests
    ]


@pytest.mark.parametrize("other", [by_h11, by_httptools])
@pytest.mark.parametrize("message", CORPUS, ids=lambda message: message["name"])
def test_what_we_accept_is_framed_the_same_elsewhere(message, other):
    data = message["data"].encode("latin-1")
    requests, accepted = ours(data)
    others, accepted_there = other(data)
    others = same_targets(others)
    if accepted and accepted_there and message["name"] not in CLOSES_THERE:
        assert requests == others
    else:  # whoever refuses has taken nothing that the other does not see
        least = min(len(requests), len(others))
        assert requests[:least] == others[:least]
    if accepted and not accepted_there:
        assert message["name"] in STRICTER_THERE


def test_each_message_of_the_corpus_stands_there_once():
    assert len({message["name"] for message in CORPUS}) == len({message["data"] for message in CORPUS}) == len(CORPUS)


def test_the_corpus_has_both_kinds():
    verdicts = [ours(message["data"].encode("latin-1"))[1] for message in CORPUS]
    assert verdicts.count(True) > 15
    assert verdicts.count(False) > 50
