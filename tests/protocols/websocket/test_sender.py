"""What a server sends, read back by another implementation."""

import pytest
from websockets.frames import Close, Frame
from websockets.streams import StreamReader

from sennit.protocols.websocket import serialize_close, serialize_message, serialize_ping, serialize_pong


def read_back(data):
    reader = StreamReader()
    reader.feed_data(data)
    parsing = Frame.parse(reader.read_exact, mask=False)
    try:
        next(parsing)
    except StopIteration as end:
        return end.value
    raise AssertionError("not a whole frame")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_a_message_is_one_frame_of_its_kind(size):
    assert read_back(serialize_message("x" * size)) == Frame(1, b"x" * size)
    assert read_back(serialize_message(b"x" * size)) == Frame(2, b"x" * size)


def test_text_goes_out_as_utf8():
    assert read_back(serialize_message("zoë")).data == "zoë".encode()


def test_pings_and_pongs_carry_their_payload():
    assert read_back(serialize_ping(b"a")) == Frame(9, b"a")
    assert read_back(serialize_pong(b"b")) == Frame(10, b"b")


def test_a_close_frame_has_its_code_and_reason():
    assert Close.parse(read_back(serialize_close(1001, "bye")).data) == Close(1001, "bye")


def test_a_long_reason_is_cut_at_a_whole_character():
    reason = Close.parse(read_back(serialize_close(1000, "é" * 100)).data).reason
    assert reason == "é" * 61


@pytest.mark.parametrize("code", [1005, 1006, 1015])
def test_a_code_that_must_not_travel_is_left_out(code):
    assert read_back(serialize_close(code)).data == b""
