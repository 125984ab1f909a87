"""What a client sends, in the order of RFC 6455, whole and cut at every octet."""

import pytest

from sennit.protocols.websocket import Close, Ping, Pong, Receiver

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def outcome(data, cut, max_message=1 << 20):
    receiver = Receiver(max_message)
    events, error = receiver.receive_data(data[:cut])
    if error is None:
        more, error = receiver.receive_data(data[cut:])
        events = events + more
    return events, error and error.close_code


def whole(data, **options):
    """The events and the close code, which are the same wherever the data is cut."""
    result = outcome(data, len(data), **options)
    for cut in range(min(len(data), 400)):
        assert outcome(data, cut, **options) == result, f"cut at {cut}"
    return result


class TestBaseFraming:  # §5.2
    @pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
    def test_every_form_of_length_is_read(self, frame, size):
        assert whole(frame(BINARY, b"x" * size)) == ([b"x" * size], None)

    def test_several_frames_of_one_read_come_together_in_order(self, frame):
        data = frame(TEXT, b"a") + frame(PING, b"p") + frame(BINARY, b"b") + frame(PONG)
        assert whole(data) == (["a", Ping(b"p"), b"b", Pong(b"")], None)

    @pytest.mark.parametrize("bits", [0x40, 0x20, 0x10])
    def test_reserved_bits_are_refused(self, frame, bits):
        assert whole(frame(TEXT, b"a", bits=bits)) == ([], 1002)

    @pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    def test_reserved_opcodes_are_refused(self, frame, opcode):
        assert whole(frame(opcode, b"a")) == ([], 1002)

    @pytest.mark.parametrize(("size", "length"), [(5, 2), (5, 8), (200, 8)])
    def test_a_length_in_a_longer_form_than_needed_is_refused(self, frame, size, length):
        assert whole(frame(TEXT, b"a" * size, length=length)) == ([], 1002)

    def test_a_length_with_the_highest_bit_is_refused(self):
        assert whole(b"\x82\xff\x80" + bytes(7) + b"mask") == ([], 1002)

    def test_what_was_good_before_is_delivered(self, frame):
        assert whole(frame(TEXT, b"a") + frame(3)) == (["a"], 1002)


class TestMasking:  # §5.1, §5.3
    def test_a_frame_without_a_mask_is_refused(self, frame):
        assert whole(frame(TEXT, b"a", mask=False)) == ([], 1002)

    @pytest.mark.parametrize("key", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\0\0\x01"])
    def test_any_key_is_taken_off(self, frame, key):
        assert whole(frame(TEXT, b"hello world", key=key)) == (["hello world"], None)


class TestFragmentation:  # §5.4
    def test_fragments_are_joined_and_control_frames_may_stand_between(self, frame):
        data = frame(TEXT, b"he", fin=False) + frame(PING, b"?") + frame(0, b"ll", fin=False) + frame(0, b"o")
        assert whole(data) == ([Ping(b"?"), "hello"], None)

    def test_a_character_may_be_split_over_fragments(self, frame):
        octets = "é".encode()
        assert whole(frame(TEXT, octets[:1], fin=False) + frame(0, octets[1:])) == (["é"], None)

    def test_a_continuation_of_nothing_is_refused(self, frame):
        assert whole(frame(0, b"a")) == ([], 1002)

    def test_a_new_message_inside_one_is_refused(self, frame):
        assert whole(frame(TEXT, b"a", fin=False) + frame(TEXT, b"b")) == ([], 1002)

    def test_the_limit_counts_all_fragments(self, frame):
        data = frame(BINARY, b"x" * 60, fin=False) + frame(0, b"x" * 41)
        assert whole(data, max_message=100) == ([], 1009)
        assert whole(data, max_message=101) == ([b"x" * 101], None)

    def test_too_many_empty_fragments_are_refused(self, frame):
        empty = frame(0, b"", fin=False)
        start = frame(TEXT, b"a", fin=False)
        assert whole(start + empty * 16 + frame(0, b"b")) == (["ab"], None)
        assert whole(start + empty * 17) == ([], 1008)


class TestLimits:
    def test_a_frame_over_the_limit_is_refused_by_its_header(self):
        receiver = Receiver(1000)
        _, error = receiver.receive_data(b"\x82\xfe" + (1001).to_bytes(2, "big"))
        assert error is not None
        assert error.close_code == 1009
        assert receiver.pending == 0

    def test_a_drip_is_held_once(self, frame):
        receiver, data = Receiver(1000), frame(BINARY, b"x" * 900)
        for at in range(len(data) - 1):
            assert receiver.receive_data(data[at : at + 1]) == ([], None)
        assert receiver.pending == len(data) - 1
        assert receiver.receive_data(data[-1:]) == ([b"x" * 900], None)
        assert receiver.pending == 0


class TestControlFrames:  # §5.5
    @pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
    def test_they_are_not_fragmented(self, frame, opcode):
        assert whole(frame(opcode, fin=False)) == ([], 1002)

    @pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
    def test_they_have_at_most_125_octets(self, frame, opcode):
        assert whole(frame(opcode, b"x" * 126)) == ([], 1002)

    def test_a_ping_of_125_octets_is_fine(self, frame):
        assert whole(frame(PING, b"x" * 125)) == ([Ping(b"x" * 125)], None)


class TestClose:  # §5.5.1, §7.4
    @pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4999])
    def test_a_code_and_a_reason_are_told(self, frame, code):
        assert whole(frame(CLOSE, code.to_bytes(2, "big") + "é".encode())) == ([Close(code, "é")], None)

    def test_without_a_code_it_is_1005(self, frame):
        assert whole(frame(CLOSE)) == ([Close(1005, "")], None)

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
    def test_codes_that_do_not_travel_are_refused(self, frame, code):
        assert whole(frame(CLOSE, code.to_bytes(2, "big"))) == ([], 1002)

    def test_half_a_code_is_refused(self, frame):
        assert whole(frame(CLOSE, b"\x03")) == ([], 1002)

    def test_a_reason_is_text(self, frame):
        assert whole(frame(CLOSE, b"\x03\xe8\xff")) == ([], 1007)

    def test_nothing_is_taken_after_it(self, frame):
        assert whole(frame(CLOSE) + frame(TEXT, b"late")) == ([Close(1005, "")], None)


class TestUtf8:  # §8.1
    @pytest.mark.parametrize("octets", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
    def test_what_is_not_utf8_is_refused(self, frame, octets):
        assert whole(frame(TEXT, b"a" + octets)) == ([], 1007)

    def test_it_is_refused_before_the_message_is_whole(self, frame):
        assert whole(frame(TEXT, b"a\xff", fin=False)) == ([], 1007)

    def test_a_cut_character_at_the_end_is_refused(self, frame):
        assert whole(frame(TEXT, b"a", fin=False) + frame(0, b"\xe2\x82")) == ([], 1007)

    def test_binary_messages_may_hold_anything(self, frame):
        assert whole(frame(BINARY, b"\xff\xfe")) == ([b"\xff\xfe"], None)
