"""What a peer sends, in the order of RFC 6455, whole and cut at every octet, in both roles."""

import pytest

from sennit.protocols.websocket import State

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


class TestMasking:  # §5.1, §5.3
    def test_r23_a_frame_of_a_client_without_a_mask_is_refused(self, server):
        assert server.told(server.frame(TEXT, b"a", mask=False)) == ([], 1002)

    def test_r23_a_frame_of_a_server_with_a_mask_is_refused(self, client):
        assert client.told(client.frame(TEXT, b"a", mask=True)) == ([], 1002)

    @pytest.mark.parametrize("opcode", [PING, CLOSE, CONTINUATION])
    def test_it_holds_for_every_frame(self, side, opcode):
        assert side.told(side.frame(opcode, mask=not side.masks)) == ([], 1002)

    @pytest.mark.parametrize("key", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\0\0\x01", b"\0\0\0\x80"])
    @pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65])
    def test_any_key_is_taken_off_any_length(self, server, key, size):
        payload = bytes(range(size))
        assert server.told(server.frame(BINARY, payload, key=key)) == ([payload], None)

    def test_text_is_unmasked_too(self, server):
        text = "hello wörld, 😀 and more"
        assert server.told(server.frame(TEXT, text.encode(), key=b"\x91\x02\xf3\x44")) == ([text], None)
        assert server.told(server.frame(TEXT, b"plain ascii text", key=b"\x91\x02\xf3\x44")) == (
            ["plain ascii text"],
            None,
        )


class TestBaseFraming:  # §5.2
    @pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 70_000])
    @pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
    def test_every_form_of_length_is_read(self, side, size, opcode):
        payload = b"x" * size
        message = payload.decode() if opcode == TEXT else payload
        assert side.outcome([side.frame(opcode, payload)])[:2] == ([message], None)
        data = side.frame(opcode, payload)
        for cut in [*range(20), len(data) - 1]:
            assert side.outcome([data[:cut], data[cut:]])[:2] == ([message], None)

    def test_several_frames_of_one_read_come_together_in_order(self, side):
        data = side.frame(TEXT, b"a") + side.frame(PING, b"p") + side.frame(BINARY, b"b") + side.frame(PONG, b"q")
        assert side.whole(data) == (["a", b"b"], None, side.answer(PONG, b"p"), [b"q"])

    @pytest.mark.parametrize("bits", [0x40, 0x20, 0x10, 0x70])
    @pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
    def test_reserved_bits_are_refused(self, side, bits, opcode):
        assert side.told(side.frame(opcode, b"", bits=bits)) == ([], 1002)

    @pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    def test_reserved_opcodes_are_refused(self, side, opcode):
        assert side.told(side.frame(opcode, b"a")) == ([], 1002)

    @pytest.mark.parametrize(("size", "length"), [(5, 2), (5, 8), (125, 2), (200, 8), (65535, 8)])
    def test_a_length_in_a_longer_form_than_needed_is_refused(self, side, size, length):
        assert side.told(side.frame(BINARY, b"a" * size, length=length)) == ([], 1002)

    def test_a_length_with_the_highest_bit_is_refused(self, side):
        mask = 0x80 if side.masks else 0
        assert side.told(bytes([0x82, 0x7F | mask, 0x80]) + bytes(7) + b"mask") == ([], 1002)

    def test_what_was_good_before_is_delivered(self, side):
        assert side.told(side.frame(TEXT, b"a") + side.frame(3)) == (["a"], 1002)

    def test_nothing_is_read_after_a_failure(self, side):
        assert side.told(side.frame(3) + side.frame(TEXT, b"a") + side.frame(PING)) == ([], 1002)


class TestFragmentation:  # §5.4
    def test_fragments_are_joined_and_control_frames_may_stand_between(self, side):
        data = side.frame(TEXT, b"he", fin=False) + side.frame(PING, b"?") + side.frame(0, b"ll", fin=False)
        data += side.frame(PONG, b"!") + side.frame(0, b"o") + side.frame(BINARY, b"next")
        assert side.whole(data) == (["hello", b"next"], None, side.answer(PONG, b"?"), [b"!"])

    def test_binary_ones_too(self, side):
        data = side.frame(BINARY, b"\xff" * 9, fin=False) + side.frame(0, b"\xfe")
        assert side.told(data) == ([b"\xff" * 9 + b"\xfe"], None)

    def test_a_character_may_be_split_over_fragments(self, side):
        octets = "😀".encode()
        data = (
            side.frame(TEXT, octets[:1], fin=False) + side.frame(0, octets[1:3], fin=False) + side.frame(0, octets[3:])
        )
        assert side.told(data) == (["😀"], None)

    @pytest.mark.parametrize("fin", [True, False])
    def test_a_continuation_of_nothing_is_refused(self, side, fin):
        assert side.told(side.frame(0, b"a", fin=fin)) == ([], 1002)
        assert side.told(side.frame(TEXT, b"a", fin=False) + side.frame(0, b"b") + side.frame(0, b"c", fin=fin)) == (
            ["ab"],
            1002,
        )

    @pytest.mark.parametrize("opcode", [TEXT, BINARY])
    def test_a_new_message_inside_one_is_refused(self, side, opcode):
        assert side.told(side.frame(TEXT, b"a", fin=False) + side.frame(opcode, b"b")) == ([], 1002)
        assert side.told(side.frame(TEXT, b"", fin=False) + side.frame(opcode, b"b", fin=False)) == ([], 1002)

    def test_r23_sixteen_empty_fragments_in_a_row_are_all_right_and_more_are_refused(self, side):
        empty = side.frame(0, b"", fin=False)
        start = side.frame(TEXT, b"a", fin=False)
        assert side.told(start + empty * 16 + side.frame(0, b"b")) == (["ab"], None)
        assert side.told(start + empty * 17) == ([], 1008)

    def test_all_fragments_may_be_empty(self, side):
        assert side.told(side.frame(TEXT, fin=False) + side.frame(0, fin=False) + side.frame(0)) == ([""], None)


class TestControlFrames:  # §5.5
    @pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
    def test_a_long_or_fragmented_one_is_refused(self, side, opcode):
        assert side.told(side.frame(opcode, b"x" * 126)) == ([], 1002)
        assert side.told(side.frame(opcode, b"", fin=False)) == ([], 1002)

    def test_125_octets_are_fine(self, side):
        assert side.whole(side.frame(PING, b"x" * 125)).output == side.answer(PONG, b"x" * 125)

    def test_each_ping_is_answered_in_order(self, side):  # §5.5.2
        data = b"".join(side.frame(PING, b"%d" % n) for n in range(10))
        assert side.whole(data).output == b"".join(side.answer(PONG, b"%d" % n) for n in range(10))

    def test_the_latest_pongs_are_kept(self, side):  # §5.5.3
        data = b"".join(side.frame(PONG, b"%d" % n) for n in range(20))
        assert side.whole(data).pongs == [b"%d" % n for n in range(4, 20)]


class TestClose:  # §5.5.1, §7.4
    @pytest.mark.parametrize(
        "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999]
    )
    def test_a_code_and_a_reason_are_told_and_the_code_is_answered(self, side, code):
        octets = code.to_bytes(2, "big")
        data = side.frame(CLOSE, octets + "é".encode())
        assert side.whole(data) == ([], code, side.answer(CLOSE, octets), [])
        endpoint = side.new()
        endpoint.receive_data(data)
        assert (endpoint.close_code, endpoint.close_reason, endpoint.failure) == (code, "é", None)

    def test_without_a_code_it_is_1005_and_answered_without_one(self, side):
        assert side.whole(side.frame(CLOSE)) == ([], 1005, side.answer(CLOSE), [])

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    def test_codes_that_do_not_travel_are_refused(self, side, code):
        assert side.told(side.frame(CLOSE, code.to_bytes(2, "big"))) == ([], 1002)

    def test_half_a_code_is_refused(self, side):
        assert side.told(side.frame(CLOSE, b"\x03")) == ([], 1002)

    def test_a_reason_is_text(self, side):
        assert side.told(side.frame(CLOSE, b"\x03\xe8\xff")) == ([], 1007)

    def test_a_reason_of_123_octets_is_all_right(self, side):
        assert side.told(side.frame(CLOSE, b"\x03\xe8" + b"x" * 123)) == ([], 1000)

    def test_nothing_is_taken_after_it(self, side):
        data = side.frame(CLOSE) + side.frame(TEXT, b"late") + side.frame(PING)
        assert side.whole(data) == ([], 1005, side.answer(CLOSE), [])

    def test_a_message_that_was_begun_is_dropped(self, side):
        endpoint = side.new()
        endpoint.receive_data(side.frame(TEXT, b"a", fin=False) + side.frame(CLOSE))
        assert (endpoint.state, endpoint.pending) == (State.CLOSED, 0)


class TestStates:  # §7.1
    def test_our_close_waits_for_the_peers(self, side):
        endpoint = side.new(**({} if side.masks else {"masking_key": lambda: b"\0\0\0\0"}))
        assert endpoint.begin_close(1001, "bye") == side.answer(CLOSE, b"\x03\xe9bye")
        assert (endpoint.state, endpoint.is_over) == (State.CLOSING, False)
        assert endpoint.begin_close(1000) == b""
        assert endpoint.receive_data(side.frame(TEXT, b"still") + side.frame(PING)) == ["still"]
        assert endpoint.take_output() == b""  # nothing follows a close frame
        endpoint.receive_data(side.frame(CLOSE, b"\x03\xe9"))
        assert (endpoint.state, endpoint.is_over, endpoint.close_code) == (State.CLOSED, True, 1001)
        assert endpoint.take_output() == b""

    def test_a_failure_while_closing_sends_nothing_more(self, side):
        endpoint = side.new()
        endpoint.begin_close()
        endpoint.receive_data(side.frame(3))
        assert (endpoint.is_over, endpoint.close_code, endpoint.take_output()) == (True, 1002, b"")

    def test_an_end_without_a_close_frame_is_1006(self, side):
        endpoint = side.new()
        endpoint.receive_data(side.frame(TEXT, b"a", fin=False))
        endpoint.receive_eof()
        assert (endpoint.state, endpoint.close_code, endpoint.is_over, endpoint.pending) == (
            State.CLOSED,
            1006,
            True,
            0,
        )
        assert endpoint.failure is None
        assert endpoint.receive_data(side.frame(TEXT, b"a")) == []

    def test_an_end_after_the_close_frame_changes_nothing(self, side):
        endpoint = side.new()
        endpoint.receive_data(side.frame(CLOSE, b"\x03\xe8"))
        endpoint.receive_eof()
        assert endpoint.close_code == 1000

    def test_a_failure_says_what_is_wrong_without_octets_of_the_peer(self, side):
        endpoint = side.new()
        endpoint.receive_data(side.frame(TEXT, b"\xff<script>"))
        assert str(endpoint.failure) == "a text message is not UTF-8 (RFC 6455 §8.1)"
        assert endpoint.close_reason == "a text message is not UTF-8"
        assert b"a text message is not UTF-8" in (
            endpoint.take_output() if side.masks else b"a text message is not UTF-8"
        )


class TestLimits:  # §10.4
    def test_r23_a_frame_over_the_limit_is_refused_by_its_header(self, side):
        endpoint = side.new(1000)
        endpoint.receive_data(bytes([0x82, 126 | (0x80 if side.masks else 0)]) + (1001).to_bytes(2, "big"))
        assert (endpoint.close_code, endpoint.pending) == (1009, 0)

    def test_r23_the_limit_counts_all_fragments(self, side):
        data = side.frame(BINARY, b"x" * 60, fin=False) + side.frame(0, b"x" * 41)
        assert side.told(data, max_message=100) == ([], 1009)
        assert side.told(data, max_message=101) == ([b"x" * 101], None)

    def test_a_drip_is_held_once(self, side):
        endpoint, data = side.new(1000), side.frame(BINARY, b"x" * 900)
        for at in range(len(data) - 1):
            assert endpoint.receive_data(data[at : at + 1]) == []
        assert endpoint.pending == 899
        assert endpoint.receive_data(data[-1:]) == [b"x" * 900]
        assert endpoint.pending == 0

    def test_a_whole_message_of_exactly_the_limit_is_taken(self, side):
        assert side.told(side.frame(BINARY, b"x" * 100), max_message=100) == ([b"x" * 100], None)


class TestUtf8:  # §8.1
    WRONG = pytest.mark.parametrize(
        "octets",
        [
            b"\xff",
            b"\x80",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xe2\x82a",
            b"\xf8\x88\x80\x80\x80",
            b"\xe0\x80\x80",
        ],
        ids=["ff", "lone-continuation", "overlong", "surrogate", "above", "cut", "five-octets", "overlong-three"],
    )

    @WRONG
    def test_what_is_not_utf8_is_refused(self, side, octets):
        assert side.told(side.frame(TEXT, b"a" + octets)) == ([], 1007)
        assert side.told(side.frame(TEXT, b"a" * 20 + octets + b"b" * 20)) == ([], 1007)

    @WRONG
    def test_it_is_refused_before_the_message_is_whole(self, side, octets):
        assert side.told(side.frame(TEXT, b"a" + octets, fin=False)) == ([], 1007)

    @pytest.mark.parametrize(
        ("good", "wrong"), [(b"\xce\xba\xf4", b"\x90"), (b"\xed", b"\xa0"), (b"\xe0", b"\x80"), (b"a", b"\xff")]
    )
    def test_r23_it_is_refused_at_its_first_octet_inside_a_frame_that_still_arrives(self, side, good, wrong):
        endpoint = side.new()
        data = side.frame(TEXT, good + wrong + b"\x80" * 50)
        header = len(data) - len(good) - len(wrong) - 50
        endpoint.receive_data(data[: header + len(good)])
        assert endpoint.failure is None
        endpoint.receive_data(data[header + len(good) :][:1])
        assert endpoint.close_code == 1007

    @pytest.mark.parametrize("octets", [b"\xe2\x82", b"\xf0", b"\xce"])
    def test_a_cut_character_at_the_end_is_refused(self, side, octets):
        assert side.told(side.frame(TEXT, b"a", fin=False) + side.frame(0, octets)) == ([], 1007)
        assert side.told(side.frame(TEXT, octets)) == ([], 1007)

    @pytest.mark.parametrize("text", ["κόσμε", "\ud7ff\ue000\uffff", "\U0010ffff", "\0", "\ufffe￾"])
    def test_all_of_unicode_is_taken(self, side, text):
        assert side.told(side.frame(TEXT, text.encode())) == ([text], None)

    def test_binary_messages_may_hold_anything(self, side):
        assert side.told(side.frame(BINARY, b"\xff\xfe")) == ([b"\xff\xfe"], None)
