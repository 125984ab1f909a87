"""The PROXY protocol's header: both versions, cut at every byte, and what is refused."""

import random

import pytest

from sennit.net import Address, ProtocolError
from sennit.net.proxy_header import LONGEST_V2, ProxyHeader, crc32c, parse_proxy_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V4 = bytes([192, 0, 2, 1]) + bytes([10, 0, 0, 1]) + b"\xdc\x04" + b"\x01\xbb"
V6 = bytes.fromhex("20010db8000000000000000000000001") + bytes(15) + b"\1" + b"\xdc\x04" + b"\x01\xbb"
CLIENT = Address("192.0.2.1", 56324)


def v2(family: int, body: bytes, command: int = 0x21) -> bytes:
    return SIGNATURE + bytes([command, family]) + len(body).to_bytes(2, "big") + body


def tlv(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2, "big") + value


def with_checksum(body: bytes) -> bytes:
    header = bytearray(v2(0x11, body + tlv(3, bytes(4))))
    header[-4:] = crc32c(bytes(header)).to_bytes(4, "big")
    return bytes(header)


WHOLE = [
    (b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", CLIENT),
    (b"PROXY TCP6 2001:db8::1 ::1 56324 443\r\n", Address("2001:db8::1", 56324)),
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", Address("255.255.255.255", 65535)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff::1 whatever 1 2 3\r\n", None),
    (v2(0x11, V4), CLIENT),
    (v2(0x21, V6), Address("2001:db8::1", 56324)),
    (v2(0x11, V4 + tlv(0x04, bytes(9)) + tlv(0x05, b"id")), CLIENT),
    (with_checksum(V4), CLIENT),
    (v2(0x31, bytes(216)), None),
    (v2(0x00, b""), None),
    (v2(0x00, b"", command=0x20), None),
    (v2(0x11, V4, command=0x20), None),
    (v2(0x11, b"\xff" * 7, command=0x20), None),
]


@pytest.mark.parametrize(("data", "source"), WHOLE, ids=range(len(WHOLE)))
def test_a_header_is_read_and_what_follows_is_left(data, source):
    header = parse_proxy_header(data + b"GET / HTTP/1.1\r\n")
    assert header is not None
    assert (header.source, header.size) == (source, len(data))


@pytest.mark.parametrize(("data", "source"), WHOLE, ids=range(len(WHOLE)))
def test_cut_at_every_byte_it_is_not_whole_yet(data, source):
    for end in range(len(data)):
        assert parse_proxy_header(data[:end]) is None
    assert isinstance(parse_proxy_header(data), ProxyHeader)


WRONG = [
    b"GET / HTTP/1.1\r\n",
    b"\x16\x03\x01",
    b"PROXX",
    b"proxy TCP4 192.0.2.1 10.0.0.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n",
    b"PROXY  TCP4 192.0.2.1 10.0.0.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 +1 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n",
    b"PROXY TCP4 192.0.2.01 10.0.0.1 1 2\r\n",
    b"PROXY TCP4 192.0.2 10.0.0.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 0 2\r\n",
    v2(0x11, V4[:8] + bytes(4)),
    b"PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
    b"PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n",
    b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    b"PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 10.0.0.1 \xb2 2\r\n",
    b"PROXY UNKNOWN " + b"x" * 100,
    b"PROXY \r\n",
    v2(0x11, V4, command=0x11),
    v2(0x11, V4, command=0x22),
    v2(0x12, V4),
    v2(0x41, V4),
    v2(0x11, V4[:-1]),
    v2(0x21, V4),
    v2(0x31, V4),
    v2(0x11, V4 + b"\x04\x00"),
    v2(0x11, V4 + b"\x04\x00\x05abc"),
    v2(0x11, V4 + tlv(3, b"\0\0\0\0")),
    v2(0x11, V4 + tlv(3, b"\0")),
    SIGNATURE + b"\x21\x11" + (LONGEST_V2 + 1).to_bytes(2, "big"),
]


@pytest.mark.parametrize("data", WRONG, ids=range(len(WRONG)))
def test_what_could_be_read_in_two_ways_is_refused(data):
    with pytest.raises(ProtocolError):
        assert parse_proxy_header(data)
        raise AssertionError("it was taken")


def test_a_line_without_end_is_refused_at_107_octets():
    assert parse_proxy_header(b"PROXY " + b"x" * 100) is None
    with pytest.raises(ProtocolError):
        parse_proxy_header(b"PROXY " + b"x" * 101)


def test_the_checksum_is_castagnolis():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720 §B.4 gives the polynomial, this is its check value
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_mutated_headers_are_read_or_refused_and_never_grow():
    chance = random.Random(11)
    for _ in range(5000):
        data = bytearray(chance.choice(WHOLE)[0])
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(b"\0\r\n 019:.\xffPRT")
        try:
            header = parse_proxy_header(bytes(data))
        except ProtocolError:
            continue
        assert header is None or header.size <= len(data)
