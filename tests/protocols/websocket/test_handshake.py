"""The opening handshake, RFC 6455 §4.2."""

import pytest

from sennit.protocols.websocket import accept_lines, receive_handshake

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
LINES = [
    (b"Upgrade", b"websocket"),
    (b"Connection", b"Upgrade"),
    (b"Sec-WebSocket-Key", KEY),
    (b"Sec-WebSocket-Version", b"13"),
]


def changed(name, *values):
    return [line for line in LINES if line[0] != name] + [(name, value) for value in values]


def test_a_valid_one_is_understood():
    handshake = receive_handshake([*LINES, (b"Origin", b"http://a"), (b"Sec-WebSocket-Protocol", b"chat, super")])
    assert handshake == (KEY, ("chat", "super"), "http://a", ())


def test_the_answer_is_that_of_the_example_in_the_rfc():  # §1.3
    assert accept_lines(KEY, "chat") == [
        (b"upgrade", b"websocket"),
        (b"sec-websocket-accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        (b"sec-websocket-protocol", b"chat"),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        changed(b"Upgrade"),
        changed(b"Upgrade", b"h2c"),
        changed(b"Sec-WebSocket-Key"),
        changed(b"Sec-WebSocket-Key", KEY, KEY),
        changed(b"Sec-WebSocket-Key", b"short"),
        changed(b"Sec-WebSocket-Key", b"!" * 24),
        changed(b"Sec-WebSocket-Key", b"A" * 24),
        changed(b"Sec-WebSocket-Version"),
        changed(b"Sec-WebSocket-Version", b"8"),
        changed(b"Sec-WebSocket-Version", b"13", b"8"),
    ],
)
def test_anything_else_is_none(lines):
    assert receive_handshake(lines) is None


def test_names_and_the_protocol_name_are_compared_without_case():
    assert receive_handshake([(name.upper(), value) for name, value in changed(b"Upgrade", b"foo, WebSocket")])


def test_who_is_known_to_misread_the_answer_is_served_without_compression():
    """Tornado's client; tests/interop/websocket shows that it works so, and it does not with."""
    offer = (b"Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits")
    assert receive_handshake([*LINES, offer]).extensions != ()
    assert receive_handshake([*LINES, offer, (b"User-Agent", b"Tornado/6.6.1")]).extensions == ()
