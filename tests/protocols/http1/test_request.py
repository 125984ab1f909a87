"""Heads of requests, as a client writes them."""

import pytest

from sennit.protocols.http1 import HeadLimits, LocalProtocolError, parse_request_head, serialize_request_head

OWN = [(b"host", b"a.example")]


def refused(*arguments):
    with pytest.raises(LocalProtocolError) as caught:
        serialize_request_head(*arguments)
    return caught.value.code


def test_a_head_is_the_request_line_host_and_own_lines_the_lines_and_an_empty_line():
    own = [*OWN, (b"content-length", b"3")]
    head = serialize_request_head("POST", "/a?b=c", [(b"x-a", b"b"), (b"accept", b"*/*")], own)
    assert head == b"POST /a?b=c HTTP/1.1\r\nhost: a.example\r\ncontent-length: 3\r\nx-a: b\r\naccept: */*\r\n\r\n"


def test_it_reads_as_it_was_written():
    octets = serialize_request_head("PATCH", "/%20?q", iter([(b"x-a", b"\xe9")]), iter(OWN))
    head = parse_request_head(octets, 0, HeadLimits(100, 1000, 10))
    assert (head.method, head.raw_path, head.query_string, head.host) == ("PATCH", "/%20", "q", "a.example")
    assert head.field_lines() == [(b"host", b"a.example"), (b"x-a", b"\xe9")]


@pytest.mark.parametrize("target", ["*", "a.example:443", "http://a.example/b"])
def test_a_target_has_any_form_of_the_wire(target):
    assert serialize_request_head("OPTIONS", target, [], OWN).startswith(
        b"OPTIONS " + target.encode() + b" HTTP/1.1\r\n"
    )


@pytest.mark.parametrize("method", ["", "G T", "GET\r\nX: y", "GET\n", "GET\r", "GET\0", "G\xc9T", "G:T", "\ud800"])
def test_a_method_is_a_token(method):
    assert refused(method, "/", [], OWN) == "http.E017"


@pytest.mark.parametrize("target", ["", "/a b", "/a\r\nX: y", "/\n", "/\r", "/\0", "/\x7f", "/\xe9", "/a#b", "/\ud800"])
def test_a_target_is_visible_ascii_without_a_fragment(target):
    assert refused("GET", target, [], OWN) == "http.E017"


@pytest.mark.parametrize("name", [b"", b"a b", b"content-length ", b"a:b", b"a\x01", b"\xe9"])
def test_a_name_is_a_token(name):
    assert refused("GET", "/", [(name, b"1")], OWN) == "http.E017"
    assert refused("GET", "/", [], [*OWN, (name, b"1")]) == "http.E017"


@pytest.mark.parametrize("octets", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b", b"\r\n"])
def test_a_line_that_would_split_the_request_is_refused(octets):
    for line in ((b"x", octets), (octets, b"x")):
        assert refused("GET", "/", [line], OWN) == "http.E012"
        assert refused("GET", "/", [], [*OWN, line]) == "http.E012"
    assert refused("GET", "/", [], [(b"host", octets)]) == "http.E012"


@pytest.mark.parametrize("name", [b"host", b"Host", b"content-length", b"Transfer-Encoding", b"CONNECTION"])
def test_lines_of_the_client_are_refused(name):
    assert refused("GET", "/", [(name, b"1")], OWN) == "http.E011"


@pytest.mark.parametrize("own", [[], [(b"content-length", b"0")], [(b"content-length", b"0"), *OWN]])
def test_host_stands_first(own):
    assert refused("GET", "/", [], own) == "http.E018"
