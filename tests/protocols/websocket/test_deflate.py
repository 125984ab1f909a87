"""Permessage-deflate, in the order of RFC 7692."""

import itertools
import random
import tracemalloc
import zlib

import pytest

from sennit.protocols.websocket import (
    Deflate,
    HandshakeError,
    check_answer,
    negotiate_deflate,
    offer_deflate,
    parse_extensions,
)
from sennit.protocols.websocket.handshake import accept_lines

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
WIDE = Deflate(server_max_window_bits=15, client_max_window_bits=15, least=0)


def answered(offer, wish=WIDE):
    agreed = negotiate_deflate(parse_extensions([offer.encode()]), wish)
    return None if agreed is None else agreed[1]


def agreed_with(answer, offered=WIDE):
    lines = [*accept_lines(KEY, None, answer), (b"connection", b"Upgrade")]
    return check_answer(lines, KEY, (), offered).deflate


class TestExtensionField:  # RFC 6455 §9.1
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            ("", ()),
            ("a", (("a", ()),)),
            (" a ;b ; c = d , e", (("a", (("b", None), ("c", "d"))), ("e", ()))),
            ('a; b="c"', (("a", (("b", "c"),)),)),
            (",, a ,", (("a", ()),)),
        ],
    )
    def test_a_list_of_extensions(self, value, found):
        assert parse_extensions([value.encode()]) == found

    @pytest.mark.parametrize("value", ["a b", "a;", "a; =b", "a; b=", 'a; b="c', 'a; b="c d"', "é", "a; b=c d", ";"])
    def test_anything_else_is_none(self, value):
        assert parse_extensions([value.encode()]) is None

    def test_fields_are_joined(self):
        assert [extension.name for extension in parse_extensions([b"a", b"b, c"])] == ["a", "b", "c"]


class TestServerAgrees:  # §5.1, §7.1
    @pytest.mark.parametrize(
        ("offer", "answer"),
        [
            ("permessage-deflate", "permessage-deflate"),
            ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
            ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
            ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
            ("permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8"),
            ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
            ("permessage-deflate; client_max_window_bits=9", "permessage-deflate; client_max_window_bits=9"),
            ("x-other, permessage-deflate", "permessage-deflate"),
            ("permessage-deflate; server_max_window_bits=7, permessage-deflate", "permessage-deflate"),
        ],
    )
    def test_the_first_acceptable_offer_is_taken(self, offer, answer):
        assert answered(offer) == answer

    @pytest.mark.parametrize(
        "parameter",
        [
            "unknown",
            "server_max_window_bits",
            "server_max_window_bits=16",
            "server_max_window_bits=7",
            "server_max_window_bits=08",
            "client_max_window_bits=x",
            "server_no_context_takeover=1",
            "client_no_context_takeover; client_no_context_takeover",
        ],
    )
    def test_an_offer_with_a_wrong_parameter_is_declined(self, parameter):
        assert answered(f"permessage-deflate; {parameter}") is None

    def test_other_extensions_are_not_taken(self):
        assert answered("x-webkit-deflate-frame") is None

    def test_what_we_wish_is_answered_where_the_client_allows_it(self):
        wish = Deflate(True, True, 10, 11)
        offer = "permessage-deflate; client_max_window_bits"
        assert answered(offer, wish) == (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=10; client_max_window_bits=11"
        )
        agreed = negotiate_deflate(parse_extensions([b"permessage-deflate"]), wish)
        assert agreed is not None
        assert agreed[0].client_max_window_bits == 15  # it did not say that it can have less


class TestClientAgrees:  # §5.1, §7.1
    def test_it_offers_that_its_window_may_be_limited(self):
        assert offer_deflate(WIDE) == "permessage-deflate; client_max_window_bits"
        assert offer_deflate(Deflate(True, True, 10, 11)) == (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=10; client_max_window_bits=11"
        )

    def test_without_the_extension_nothing_is_agreed_on(self):
        assert agreed_with(None) is None

    def test_what_the_server_answers_holds(self):
        answer = "permessage-deflate; server_no_context_takeover; client_max_window_bits=9; server_max_window_bits=12"
        assert agreed_with(answer) == Deflate(True, False, 12, 9, least=0)
        assert agreed_with("permessage-deflate") == WIDE

    @pytest.mark.parametrize(
        ("answer", "offered"),
        [
            ("permessage-deflate", None),
            ("x-other", WIDE),
            ("permessage-deflate, permessage-deflate", WIDE),
            ("permessage-deflate; unknown", WIDE),
            ("permessage-deflate; client_max_window_bits", WIDE),
            ("permessage-deflate", Deflate(server_no_context_takeover=True, server_max_window_bits=15)),
            ("permessage-deflate", Deflate(server_max_window_bits=10)),
            ("permessage-deflate; server_max_window_bits=11", Deflate(server_max_window_bits=10)),
            ("permessage-deflate;", WIDE),
        ],
    )
    def test_an_answer_that_does_not_fit_the_offer_ends_the_handshake(self, answer, offered):
        with pytest.raises(HandshakeError):
            agreed_with(answer, offered)


EXAMPLES = {  # §7.2.3
    "one block": "c107f248cdc9c90700",
    "two fragments": "4103f248cd8004c9c90700",
    "no compression": "c10b000500faff48656c6c6f00",
    "BFINAL": "c108f348cdc9c9070000",
    "two blocks": "c10df24805000000ffffcac9c90700",
}


class TestUnpacking:  # §7.2.2, §7.2.3
    @pytest.mark.parametrize("octets", EXAMPLES.values(), ids=EXAMPLES)
    def test_the_examples_of_the_rfc(self, client, octets):
        assert client.told(bytes.fromhex(octets), deflate=WIDE) == (["Hello"], None)

    def test_a_message_may_refer_to_the_one_before(self, client):
        assert client.told(bytes.fromhex("c107f248cdc9c90700c105f200110000"), deflate=WIDE) == (
            ["Hello", "Hello"],
            None,
        )

    def test_it_may_not_where_that_was_agreed_on(self, client):
        agreed = Deflate(server_no_context_takeover=True)
        data = bytes.fromhex("c107f248cdc9c90700c105f200110000")
        assert client.told(data, deflate=agreed) == (["Hello"], 1007)

    def test_a_message_is_read_after_one_that_ended_with_bfinal(self, client):
        data = bytes.fromhex(EXAMPLES["BFINAL"] + EXAMPLES["one block"])
        assert client.told(data, deflate=WIDE) == (["Hello", "Hello"], None)

    def test_bfinal_does_not_end_the_window(self, client):
        """The last one refers to a message before the one whose stream has ended."""
        data = bytes.fromhex(EXAMPLES["one block"] + EXAMPLES["BFINAL"] + "c105f200110000")
        assert client.told(data, deflate=WIDE) == (["Hello", "Hello", "Hello"], None)

    def test_an_empty_message_may_be_no_octets_at_all(self, client):
        """What is left of a flush of zlib's that follows another."""
        data = bytes.fromhex(EXAMPLES["one block"] + "c100" + "c105f200110000")
        assert client.told(data, deflate=WIDE) == (["Hello", "", "Hello"], None)

    def test_a_message_that_ends_inside_a_block_is_refused(self, side):
        assert side.told(side.frame(2, b"\xf2H\xcd", bits=0x40), deflate=WIDE) == ([], 1007)

    @pytest.mark.parametrize("distance", [300, 20_000])
    def test_how_far_a_reference_may_reach_does_not_depend_on_the_reads(self, side, distance):
        """Within a message as far as DEFLATE lets it, whatever was agreed on."""
        octets = random.Random(1).randbytes(distance) * 2
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = side.frame(2, (packed.compress(octets) + packed.flush(zlib.Z_SYNC_FLUSH))[:-4], bits=0x40)
        for step in (len(data), 700, 7):
            endpoint = side.new(1 << 20, deflate=Deflate(server_max_window_bits=9, client_max_window_bits=9))
            found = [
                message for at in range(0, len(data), step) for message in endpoint.receive_data(data[at : at + step])
            ]
            assert found == [octets]

    def test_a_silent_connection_holds_its_window_alone(self, side):
        octets = random.Random(1).randbytes(8000)
        packed = zlib.compressobj(9, zlib.DEFLATED, -12)
        data = side.frame(2, (packed.compress(octets) + packed.flush(zlib.Z_SYNC_FLUSH))[:-4], bits=0x40)
        endpoint = side.new(1 << 20, deflate=Deflate())
        tracemalloc.start()
        assert endpoint.receive_data(data) == [octets]
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert held < (1 << 12) + 1000

    def test_the_reserved_bit_belongs_to_the_first_fragment(self, side):
        data = side.frame(1, b"\x02", fin=False, bits=0x40) + side.frame(0, b"\x00", bits=0x40)
        assert side.told(data, deflate=WIDE) == ([], 1002)

    def test_it_has_no_meaning_on_control_frames(self, side):
        assert side.told(side.frame(9, b"", bits=0x40), deflate=WIDE) == ([], 1002)

    def test_an_unpacked_message_may_come_all_the_same(self, side):
        assert side.told(side.frame(1, b"plain"), deflate=WIDE) == (["plain"], None)

    def test_what_is_no_deflate_is_refused(self, side):
        assert side.told(side.frame(1, b"\xff\xff\xff", bits=0x40), deflate=WIDE) == ([], 1007)

    def test_text_is_checked_while_it_is_unpacked(self, side):
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        octets = packed.compress(b"a\xff") + packed.flush(zlib.Z_SYNC_FLUSH)
        assert side.told(side.frame(1, octets, bits=0x40, fin=False), deflate=WIDE) == ([], 1007)

    def test_r23_a_bomb_never_expands_past_the_limit(self, side):
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        octets = (packed.compress(bytes(1 << 27)) + packed.flush(zlib.Z_SYNC_FLUSH))[:-4]
        data = side.frame(2, octets, bits=0x40)
        for step in (len(data), 1000):
            endpoint = side.new(1 << 20, deflate=WIDE)
            tracemalloc.start()
            for at in range(0, len(data), step):
                assert endpoint.receive_data(data[at : at + step]) == []
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert endpoint.close_code == 1009
            assert most < 5 << 20

    def test_exactly_the_limit_is_taken(self, side):
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        octets = (packed.compress(bytes(1000)) + packed.flush(zlib.Z_SYNC_FLUSH))[:-4]
        data = side.frame(2, octets, bits=0x40)
        assert side.told(data, deflate=WIDE, max_message=1000) == ([bytes(1000)], None)
        assert side.told(data, deflate=WIDE, max_message=999) == ([], 1009)

    def test_r23_octets_that_expand_to_nothing_end_too(self, side):
        empty = side.frame(0, b"\0\0\0\xff\xff" * 25, fin=False)
        endpoint = side.new(1000, deflate=WIDE)
        endpoint.receive_data(side.frame(2, b"", bits=0x40, fin=False) + empty * 100)
        assert endpoint.close_code == 1009

    def test_r23_streams_that_end_again_and_again_are_refused(self, side):
        assert side.told(side.frame(2, b"\x03\x00" * 40, bits=0x40), deflate=WIDE) == ([], 1008)


@pytest.mark.parametrize("server_forgets", [False, True], ids=["server-keeps", "server-forgets"])
@pytest.mark.parametrize("client_forgets", [False, True], ids=["client-keeps", "client-forgets"])
@pytest.mark.parametrize(("server_bits", "client_bits"), list(itertools.product([8, 9, 12, 15], [8, 15])))
def test_both_sides_understand_each_other(server, client, server_forgets, client_forgets, server_bits, client_bits):
    agreed = Deflate(server_forgets, client_forgets, server_bits, client_bits, least=0)
    ends = server.new(deflate=agreed), client.new(deflate=agreed)
    chance = random.Random(server_bits)
    for sender, receiver in (ends, ends[::-1]):
        messages = [f"héllo wörld {n} " * chance.choice((0, 1, 50, 3000)) for n in range(5)]
        octets = b"".join(map(sender.serialize_message, messages))
        octets += sender.serialize_fragment(b"abc" * 100, first=True, fin=False) + sender.serialize_ping(b"x")
        octets += sender.serialize_fragment(b"abc" * 100, first=False, fin=False)
        octets += sender.serialize_fragment(b"", first=False, fin=True)
        found = [message for at in range(0, len(octets), 97) for message in receiver.receive_data(octets[at : at + 97])]
        assert found == [*messages, b"abc" * 200]
        assert receiver.failure is None


@pytest.mark.parametrize("bits", [8, 9, 10, 15])
def test_no_back_reference_leaves_the_window(server, bits):
    """A peer with exactly this window can unpack it (zlib has none of 256 octets, so its smallest reads that one)."""
    endpoint = server.new(deflate=Deflate(server_max_window_bits=bits, least=0))
    text = bytes(random.Random(1).randbytes(300)) * 3
    frame = endpoint.serialize_message(text)
    assert zlib.decompressobj(-max(bits, 9)).decompress(frame[4:] + b"\0\0\xff\xff") == text
    if bits == 8:
        assert len(frame) > 3 * 300


class TestPacking:  # §7.2.1
    def test_a_short_message_is_sent_as_it_is(self, server):
        endpoint = server.new(deflate=Deflate())
        assert endpoint.serialize_message(b"x" * 255)[0] == 0x82
        assert endpoint.serialize_message(b"x" * 256)[0] == 0xC2

    def test_the_window_makes_the_second_one_smaller(self, server):
        text = bytes(random.Random(1).randbytes(1000))
        keeps, forgets = server.new(deflate=Deflate()), server.new(deflate=Deflate(server_no_context_takeover=True))
        assert [len(keeps.serialize_message(text)) > 500 for _ in range(2)] == [True, False]
        assert [len(forgets.serialize_message(text)) > 500 for _ in range(2)] == [True, True]

    def test_a_shared_frame_goes_between_packed_ones(self, server, client):
        sender, receiver = server.new(deflate=WIDE), client.new(deflate=WIDE)
        octets = (
            sender.serialize_message("a" * 300)
            + server.new().serialize_message("shared")
            + sender.serialize_message("a" * 300)
        )
        assert receiver.receive_data(octets) == ["a" * 300, "shared", "a" * 300]
