"""Heads of answers."""

import pytest

from sennit.protocols.http1 import LocalProtocolError, serialize_answer, serialize_head, serialize_lines


def test_a_head_is_the_status_line_the_lines_and_an_empty_line():
    lines = serialize_lines([(b"x-a", b"b"), (b"set-cookie", b"c=d")])
    head = serialize_head(200, lines, b"date: now\r\n")
    assert head == b"HTTP/1.1 200 OK\r\nx-a: b\r\nset-cookie: c=d\r\ndate: now\r\n\r\n"


def test_a_status_without_a_phrase_keeps_the_space():
    assert serialize_head(599, b"", b"") == b"HTTP/1.1 599 \r\n\r\n"


@pytest.mark.parametrize("name", [b"content-length", b"transfer-encoding", b"connection", b"date"])
def test_lines_of_the_server_are_refused(name):
    with pytest.raises(LocalProtocolError) as caught:
        serialize_lines([(name, b"1")])
    assert caught.value.code == "http.E011"


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b"])
def test_a_line_that_would_split_the_answer_is_refused(value):
    for lines in ([(b"x", value)], [(value, b"x")]):
        with pytest.raises(LocalProtocolError) as caught:
            serialize_lines(lines)
        assert caught.value.code == "http.E012"


@pytest.mark.parametrize("status", [0, 99, 1000, -1])
def test_a_number_that_is_no_status_is_refused(status):
    with pytest.raises(LocalProtocolError) as caught:
        serialize_head(status, b"", b"")
    assert caught.value.code == "http.E013"


def test_an_answer_has_its_length_and_its_body():
    answer = serialize_answer(200, b"x-a: b\r\n", b"date: now\r\n", b"", b"body", True)
    assert answer == b"HTTP/1.1 200 OK\r\nx-a: b\r\ndate: now\r\ncontent-length: 4\r\n\r\nbody"


def test_an_answer_to_head_has_the_length_alone():
    assert serialize_answer(200, b"", b"", b"", b"x" * 5000, False).endswith(b"content-length: 5000\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_content_has_no_length(status):
    assert serialize_answer(status, b"", b"", b"", b"", True).endswith(b"\r\n\r\n")
    assert b"content-length" not in serialize_answer(status, b"", b"", b"", b"body", True)


def test_an_interim_status_is_no_answer():
    with pytest.raises(LocalProtocolError) as caught:
        serialize_answer(103, b"", b"", b"", b"", True)
    assert caught.value.code == "http.E013"
