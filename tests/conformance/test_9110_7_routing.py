"""RFC 9110 §7: routing. Upgrade, and fields that only intermediaries write."""

import base64
import hashlib

from conformance.wire import KEPT, answer, each, wire


def get(lines: bytes, target: bytes = b"/", version: bytes = b"1.1") -> bytes:
    return b"GET %b HTTP/%b\r\nHost: a.example\r\n%b\r\n" % (target, version, lines)


# ── §7.8 Upgrade ─────────────────────────────────────────────────────────────

test_9110_7_8_an_upgrade_that_is_not_offered_is_ignored = each(
    {
        "unknown": get(b"Connection: upgrade\r\nUpgrade: foo/2\r\n"),
        "h2c": get(
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
        ),
        "TLS": get(b"Connection: upgrade\r\nUpgrade: TLS/1.0\r\n"),
        "empty": get(b"Connection: upgrade\r\nUpgrade:\r\n"),
        "no Upgrade": get(b"Connection: upgrade\r\n"),
        "websocket where none is": get(b"Connection: upgrade\r\nUpgrade: websocket\r\n"),
    },
    answer(200, b"hello"),
    KEPT,
)

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = base64.b64encode(hashlib.sha1(KEY + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
HANDSHAKE = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n"

test_9110_7_8_what_is_no_handshake_is_a_426_where_only_websocket_is_spoken = each(
    {
        "nothing": get(b"", b"/socket"),
        "no Connection": get(b"Upgrade: websocket\r\n" + HANDSHAKE, b"/socket"),
        "no Upgrade": get(b"Connection: upgrade\r\n" + HANDSHAKE, b"/socket"),
        "no key": get(b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", b"/socket"),
        "with a body": get(
            b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n" + HANDSHAKE, b"/socket"
        )
        + b"hello",
    },
    answer(426, upgrade=b"websocket"),
    KEPT,
)


def test_9110_7_8_in_http_1_0_there_is_no_upgrade(talk):
    client = talk()
    client.send(get(b"Connection: upgrade\r\nUpgrade: websocket\r\n" + HANDSHAKE, b"/socket", b"1.0"))
    assert client.expect(answer(426)).get(b"connection") == b"close"


def test_9110_7_8_the_connection_is_switched_and_frames_behind_the_request_are_not_lost(talk):
    client = talk()
    hello = b"\x81\x85\0\0\0\0hello"
    client.send(get(b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" + HANDSHAKE, b"/socket") + hello)
    switched = client.expect(answer(101, upgrade=b"websocket", connection=b"upgrade"))
    assert switched.get(b"sec-websocket-accept") == ACCEPT
    assert client._take(7) == b"\x81\x05hello"


# ── §7.6 forwarding: nobody is trusted unless the app says so (threat R8) ────

test_9110_7_6_fields_of_proxies_change_nothing = wire(
    get(
        b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 6.6.6.6\r\n"
        b"Forwarded: host=evil.example\r\nX-Real-IP: 6.6.6.6\r\nX-HTTP-Method-Override: DELETE\r\n",
        b"/seen",
    ),
    answer(200, b"GET /seen - a.example 1.1"),
    KEPT,
)
