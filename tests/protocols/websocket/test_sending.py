"""What a side sends, read back by another implementation."""

import pytest
from websockets.frames import Close, Frame
from websockets.streams import StreamReader

from sennit.protocols.websocket import NotSendable, Role, serialize_message

SIZES = [0, 1, 3, 7, 8, 9, 63, 64, 65, 125, 126, 127, 65535, 65536, 100_000]


def read_back(data, mask=False):
    """The frames of `data`, and nothing but frames."""
    reader, frames = StreamReader(), []
    reader.feed_data(data)
    while reader.buffer:
        parsing = Frame.parse(reader.read_exact, mask=mask)
        try:
            next(parsing)
        except StopIteration as end:
            frames.append(end.value)
        else:
            raise AssertionError("not a whole frame")
    return frames


@pytest.fixture
def read(side):
    return lambda data: read_back(data, mask=side.role is Role.CLIENT)


@pytest.mark.parametrize("size", SIZES)
def test_a_message_is_one_frame_of_its_kind(side, read, size):
    endpoint = side.new()
    payload = bytes(at * 7 & 127 for at in range(size))
    assert read(endpoint.serialize_message(payload.decode())) == [Frame(1, payload)]
    assert read(endpoint.serialize_message(payload)) == [Frame(2, payload)]


@pytest.mark.parametrize("size", SIZES)
def test_a_shared_one_is_what_every_server_sends(server, size):
    assert serialize_message(b"x" * size) == server.new().serialize_message(b"x" * size)
    assert serialize_message("x" * size) == server.new().serialize_message("x" * size)
    assert read_back(serialize_message("é" * size)) == [Frame(1, "é".encode() * size)]


def test_text_goes_out_as_utf8(side, read):
    assert read(side.new().serialize_message("zoë 😀"))[0].data == "zoë 😀".encode()


def test_a_lone_surrogate_is_no_text(side):
    with pytest.raises(UnicodeEncodeError):
        side.new().serialize_message("a\ud800")


@pytest.mark.parametrize("message", [bytearray(b"abc"), memoryview(b"abc")], ids=["bytearray", "memoryview"])
def test_anything_that_holds_octets_is_binary(side, read, message):
    assert read(side.new().serialize_message(message)) == [Frame(2, b"abc")]


def test_a_number_is_no_message(side):
    with pytest.raises(TypeError):
        side.new().serialize_message(5)


class TestMasking:  # §5.3
    def test_each_frame_of_a_client_has_a_key_of_its_own(self, client):
        endpoint = client.new()
        keys = [endpoint.serialize_message(b"abcd")[2:6] for _ in range(1000)]
        assert len(set(keys)) == 1000

    def test_the_example_of_the_rfc(self, client):  # §5.7
        endpoint = client.new(masking_key=lambda: b"\x37\xfa\x21\x3d")
        assert endpoint.serialize_message("Hello") == bytes.fromhex("818537fa213d7f9f4d5158")

    def test_control_frames_have_one_too(self, client):
        endpoint = client.new()
        endpoint.receive_data(client.frame(9, b"a"))
        assert read_back(endpoint.take_output(), mask=True) == [Frame(10, b"a")]
        assert read_back(endpoint.serialize_ping(b"b"), mask=True) == [Frame(9, b"b")]
        assert Close.parse(read_back(endpoint.begin_close(1001, "bye"), mask=True)[0].data) == Close(1001, "bye")


class TestFragments:  # §5.4
    def test_a_message_goes_out_piece_by_piece(self, side, read):
        endpoint = side.new()
        octets = endpoint.serialize_fragment("zo", first=True, fin=False)
        assert endpoint.is_sending_fragments
        octets += endpoint.serialize_ping()
        octets += endpoint.serialize_fragment("ë", first=False, fin=False)
        octets += endpoint.serialize_fragment("", first=False, fin=True)
        assert not endpoint.is_sending_fragments
        assert read(octets) == [
            Frame(1, b"zo", fin=False),
            Frame(9, b""),
            Frame(0, "ë".encode(), fin=False),
            Frame(0, b""),
        ]

    def test_no_other_message_goes_between(self, side):
        endpoint = side.new()
        endpoint.serialize_fragment(b"a", first=True, fin=False)
        with pytest.raises(NotSendable, match="not ended"):
            endpoint.serialize_message(b"b")
        with pytest.raises(NotSendable, match="not ended"):
            endpoint.serialize_fragment(b"b", first=True, fin=True)
        with pytest.raises(NotSendable, match="another kind"):
            endpoint.serialize_fragment("b", first=False, fin=True)

    def test_none_goes_on_that_was_not_begun(self, side):
        with pytest.raises(NotSendable, match="no fragmented message"):
            side.new().serialize_fragment(b"b", first=False, fin=True)


class TestControl:  # §5.5
    def test_a_ping_has_at_most_125_octets(self, side, read):
        assert read(side.new().serialize_ping(b"x" * 125)) == [Frame(9, b"x" * 125)]
        with pytest.raises(NotSendable, match="125"):
            side.new().serialize_ping(b"x" * 126)

    def test_nothing_is_sent_after_a_close_frame(self, side):
        endpoint = side.new()
        endpoint.begin_close()
        for send in (lambda: endpoint.serialize_message("a"), endpoint.serialize_ping):
            with pytest.raises(NotSendable, match="close frame"):
                send()
        with pytest.raises(NotSendable, match="close frame"):
            endpoint.serialize_fragment("a", first=True, fin=True)

    def test_a_long_reason_is_cut_at_a_whole_character(self, side, read):
        assert Close.parse(read(side.new().begin_close(1000, "é" * 100))[0].data).reason == "é" * 61

    @pytest.mark.parametrize("code", [1005, 1006, 1015, 0, 70_000])
    def test_a_code_that_must_not_travel_is_left_out(self, side, read, code):
        assert read(side.new().begin_close(code))[0].data == b""
