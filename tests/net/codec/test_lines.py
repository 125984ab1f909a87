"""Lines, cut anywhere."""

import pytest

from sennit import net
from sennit.errors import SennitError


def fed(codec, *pieces):
    return [message for piece in pieces for message in codec.feed(piece)]


@pytest.mark.parametrize("cut", range(18))
def test_lines_are_the_same_wherever_they_are_cut(cut):
    data = "één\r\ntwo\n\nvier\r\n".encode()
    codec = net.lines(10)()
    assert fed(codec, data[:cut], data[cut:]) == ["één", "two", "", "vier"]
    assert codec.pending == 0
    assert codec.eof() == []


def test_a_line_of_exactly_the_limit_passes_with_either_end():
    codec = net.lines(3)()
    assert fed(codec, b"abc\n", b"abc\r", b"\n") == ["abc", "abc"]


@pytest.mark.parametrize("bad", [b"abcd\n", b"abcd", b"abcd\r\n", b"\xff\n"])
def test_a_bad_line_is_refused_and_the_good_ones_before_it_are_handed_over(bad):
    with pytest.raises(net.ProtocolError) as caught:
        net.lines(3)().feed(b"a\nb\n" + bad)
    assert caught.value.before in (["a", "b"], [])
    assert caught.value.before == ["a", "b"]


def test_an_endless_line_never_holds_more_than_the_limit():
    codec = net.lines(10)()
    with pytest.raises(net.ProtocolError, match="longer than 10 bytes"):
        for _ in range(12):
            codec.feed(b"x")
    assert codec.pending <= 12


def test_a_line_cut_by_the_end_is_incomplete():
    codec = net.lines(10)()
    codec.feed(b"half")
    with pytest.raises(net.Incomplete):
        codec.eof()


def test_the_end_that_is_sent_can_be_chosen():
    assert net.lines(10, end="\r\n")().encode("a") == b"a\r\n"


def test_a_message_with_a_line_break_is_refused():
    with pytest.raises(SennitError) as caught:
        net.lines(10)().encode("a\nb")
    assert caught.value.code == "net.E007"


def test_equal_settings_have_equal_wires():
    assert net.lines(5)().wire == net.lines(9)().wire != net.lines(5, end="\r\n")().wire
