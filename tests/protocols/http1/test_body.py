"""Bodies, in the order of RFC 9112 §6-8, cut at every octet."""

import pytest

from sennit.protocols.http1 import ChunkedBody, LengthBody, RemoteProtocolError, UntilCloseBody, response_body


def received(reader, data, cut):
    """What a body gives that arrives in two pieces, and the offset behind it."""
    first, end = reader.receive_data(data[:cut], 0)
    if reader.is_complete:
        return first, end
    assert end == cut
    second, end = reader.receive_data(data, cut)
    return first + second, end


def every_cut(make, data):
    outcomes = set()
    for cut in range(len(data) + 1):
        reader = make()
        try:
            body, end = received(reader, data, cut)
            outcomes.add((body, end, reader.is_complete, tuple(reader.trailers)))
        except RemoteProtocolError as error:
            outcomes.add(error.status)
    assert len(outcomes) == 1, outcomes
    return outcomes.pop()


class TestByLength:  # RFC 9112 §6.2
    def test_it_takes_its_length_and_no_more(self):
        assert every_cut(lambda: LengthBody(5), b"helloNEXT") == (b"hello", 5, True, ())

    def test_it_is_not_complete_before(self):
        reader = LengthBody(5)
        reader.receive_data(b"he", 0)
        assert not reader.is_complete
        assert reader.least_left == 3

    def test_an_empty_one_is_complete_at_once(self):
        assert LengthBody(0).is_complete


class TestChunked:  # RFC 9112 §7.1
    @pytest.mark.parametrize(
        ("data", "body"),
        [
            (b"0\r\n\r\n", b""),
            (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
            (b"3\r\nabc\r\n00a\r\n0123456789\r\n000\r\n\r\n", b"abc0123456789"),
            (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
            (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
        ],
    )
    def test_chunks_are_joined(self, data, body):
        assert every_cut(ChunkedBody, data) == (body, len(data), True, ())

    def test_what_follows_is_left_alone(self):
        data = b"1\r\nx\r\n0\r\n\r\n"
        assert every_cut(ChunkedBody, data + b"GET /") == (b"x", len(data), True, ())

    @pytest.mark.parametrize("extension", [b";a", b";a=b", b" ; a = b ", b';a="b;\\"c"', b";a;b=c"])
    def test_extensions_are_checked_and_ignored(self, extension):
        if extension.endswith(b" "):
            assert every_cut(ChunkedBody, b"1" + extension + b"\r\nx\r\n0\r\n\r\n") == 400
        else:
            assert every_cut(ChunkedBody, b"1" + extension + b"\r\nx\r\n0\r\n\r\n")[0] == b"x"

    @pytest.mark.parametrize(
        "size",
        [
            b"",
            b"x",
            b"-1",
            b"+1",
            b"0x1",
            b" 1",
            b"1 ",
            b"1_0",
            b"1;",
            b"1;=",
            b'1;a="',
            b"1;a=\x00",
            b"1" * 17,
            b"\xb9",
        ],
    )
    def test_a_wrong_size_line_is_refused(self, size):
        assert every_cut(ChunkedBody, size + b"\r\nx\r\n0\r\n\r\n") == 400

    @pytest.mark.parametrize(
        "data",
        [
            b"1\nx\r\n0\r\n\r\n",
            b"1\r\nx\n0\r\n\r\n",
            b"1\r\nxy\r\n0\r\n\r\n",
            b"1\r\nx\r0\r\n\r\n",
            b"1\rx\r\n0\r\n\r\n",
            b"1\r\nx\r\n0\n\r\n",
            b"1\r\nx\r\n0\r\n\n",
            b"1;a=\rb\r\nx\r\n0\r\n\r\n",
        ],
    )
    def test_crlf_is_checked_octet_by_octet(self, data):
        assert every_cut(ChunkedBody, data) == 400

    def test_an_endless_size_line_is_refused(self):
        with pytest.raises(RemoteProtocolError):
            ChunkedBody().receive_data(b"1;" + b"a" * 300, 0)

    def test_chunks_of_one_octet_are_an_attack_beyond_some_thousands(self):
        chunk = b"1;" + b"a" * 200 + b"\r\nx\r\n"
        with pytest.raises(RemoteProtocolError, match="too small"):
            ChunkedBody().receive_data(chunk * 200, 0)

    def test_many_useful_chunks_are_fine(self):
        data = (b"400\r\n" + b"x" * 1024 + b"\r\n") * 1000
        assert len(ChunkedBody().receive_data(data, 0)[0]) == 1024 * 1000


class TestTrailers:  # RFC 9112 §7.1.2
    def test_they_are_kept_apart(self):
        data = b"0\r\nX-Sum: 1 \r\nY:\r\n\r\n"
        assert every_cut(ChunkedBody, data) == (b"", len(data), True, ((b"X-Sum", b"1"), (b"Y", b"")))

    @pytest.mark.parametrize("line", [b"X : y", b" X: y", b"X", b": y", b"X: \0", b"X: a\x7f"])
    def test_they_follow_the_rules_of_field_lines(self, line):
        assert every_cut(ChunkedBody, b"0\r\n" + line + b"\r\n\r\n") == 400

    def test_too_many_are_refused(self):
        reader = ChunkedBody()
        reader.receive_data(b"0\r\n", 0)
        with pytest.raises(RemoteProtocolError):
            for _ in range(100):
                reader.receive_data(b"X: " + b"y" * 200 + b"\r\n", 0)


class TestUntilClose:  # RFC 9112 §6.3, last rule
    def test_it_takes_all_that_comes(self):
        assert every_cut(UntilCloseBody, b"hello\r\n\r\n") == (b"hello\r\n\r\n", 9, False, ())
        assert UntilCloseBody().receive_data(b"xxab", 2) == (b"ab", 4)
        assert UntilCloseBody().least_left == 0

    def test_the_end_of_the_connection_completes_it(self):
        reader = UntilCloseBody()
        reader.receive_data(b"he", 0)
        reader.receive_eof()
        assert reader.is_complete


class TestIncomplete:  # RFC 9112 §8
    @pytest.mark.parametrize(
        ("make", "data"),
        [(lambda: LengthBody(5), b"hello"), (ChunkedBody, b"5\r\nhello\r\n0\r\nX: y\r\n\r\n")],
        ids=["length", "chunked"],
    )
    def test_a_connection_that_ends_within_a_body_is_told(self, make, data):
        for cut in range(len(data)):
            reader = make()
            reader.receive_data(data[:cut], 0)
            with pytest.raises(RemoteProtocolError, match="ended within a body"):
                reader.receive_eof()
        reader = make()
        reader.receive_data(data, 0)
        reader.receive_eof()
        assert reader.is_complete


class TestOfAResponse:  # RFC 9112 §6.3
    @pytest.mark.parametrize("framing", ["none", "tunnel"])
    def test_there_may_be_none(self, framing):
        reader = response_body(framing, 5)
        assert reader.is_complete
        assert reader.receive_data(b"next", 0) == (b"", 0)

    @pytest.mark.parametrize(
        ("framing", "data", "body"),
        [
            ("length", b"helloNEXT", (b"hello", 5, True, ())),
            ("chunked", b"2\r\nhe\r\n0\r\n\r\nNEXT", (b"he", 12, True, ())),
            ("close", b"helloNEXT", (b"helloNEXT", 9, False, ())),
        ],
    )
    def test_the_framing_of_its_head_chooses_the_reader(self, framing, data, body):
        assert every_cut(lambda: response_body(framing, 5), data) == body
