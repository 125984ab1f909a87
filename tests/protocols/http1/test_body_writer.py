"""Framing of streamed answers."""

import pytest

from sennit.protocols.http1 import LocalProtocolError, body_writer


def written(writer, *pieces):
    return b"".join([*(writer.send_piece(piece) for piece in pieces), writer.send_end()])


def test_with_a_length_the_pieces_go_out_as_they_are():
    writer = body_writer("GET", 200, "1.1", 5)
    assert (writer.line, writer.has_end) == (b"content-length: 5\r\n", True)
    assert written(writer, b"he", b"", b"llo") == b"hello"


def test_without_one_they_go_out_in_chunks():
    writer = body_writer("GET", 200, "1.1", None)
    assert writer.line == b"transfer-encoding: chunked\r\n"
    assert written(writer, b"he", b"", b"x" * 17) == b"2\r\nhe\r\n11\r\n" + b"x" * 17 + b"\r\n0\r\n\r\n"


def test_http_1_0_gets_no_chunks_and_ends_with_the_connection():
    writer = body_writer("GET", 200, "1.0", None)
    assert (writer.line, writer.has_end) == (b"", False)
    assert written(writer, b"he", b"llo") == b"hello"


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status):
    writer = body_writer("GET", status, "1.1", None)
    assert (writer.line, writer.has_end, written(writer, b"x")) == (b"", True, b"")


@pytest.mark.parametrize(("length", "line"), [(5, b"content-length: 5\r\n"), (None, b"transfer-encoding: chunked\r\n")])
def test_head_has_the_lines_of_get_and_no_body(length, line):
    writer = body_writer("HEAD", 200, "1.1", length)
    assert (writer.line, writer.has_end, written(writer, b"x")) == (line, True, b"")


@pytest.mark.parametrize("pieces", [[b"abc", b"d"], [b"a"]])
def test_another_length_than_announced_is_our_own_mistake(pieces):
    with pytest.raises(LocalProtocolError) as caught:
        written(body_writer("GET", 200, "1.1", 3), *pieces)
    assert caught.value.code == "http.E015"
