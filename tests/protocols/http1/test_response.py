"""Heads of answers."""

import pytest

from sennit.protocols.http1 import LocalProtocolError, serialize_head


def test_a_head_is_the_status_line_the_lines_and_an_empty_line():
    head = serialize_head(200, [(b"x-a", b"b"), (b"set-cookie", b"c=d")], b"date: now\r\n")
    assert head == b"HTTP/1.1 200 OK\r\nx-a: b\r\nset-cookie: c=d\r\ndate: now\r\n\r\n"


def test_a_status_without_a_phrase_keeps_the_space():
    assert serialize_head(599, [], b"") == b"HTTP/1.1 599 \r\n\r\n"


@pytest.mark.parametrize("name", [b"content-length", b"transfer-encoding", b"connection", b"date"])
def test_lines_of_the_server_are_refused(name):
    with pytest.raises(LocalProtocolError) as caught:
        serialize_head(200, [(name, b"1")], b"")
    assert caught.value.code == "http.E011"


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b"])
def test_a_line_that_would_split_the_answer_is_refused(value):
    for lines in ([(b"x", value)], [(value, b"x")]):
        with pytest.raises(LocalProtocolError) as caught:
            serialize_head(200, lines, b"")
        assert caught.value.code == "http.E012"


@pytest.mark.parametrize("status", [0, 99, 1000, -1])
def test_a_number_that_is_no_status_is_refused(status):
    with pytest.raises(LocalProtocolError) as caught:
        serialize_head(status, [], b"")
    assert caught.value.code == "http.E013"
