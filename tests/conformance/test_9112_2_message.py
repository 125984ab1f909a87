"""RFC 9112 §2: the message. Format, lines, HTTP version."""

from conformance.wire import CLOSED, KEPT, answer, each, refused, wire

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"

# ── §2.1 format, §2.2 parsing ────────────────────────────────────────────────

test_9112_2_1_a_message_is_a_start_line_field_lines_and_an_empty_line = wire(GET, answer(200, b"hello"), KEPT)

test_9112_2_2_one_empty_line_before_the_request_line_is_skipped = wire(b"\r\n" + GET, answer(200, b"hello"), KEPT)

test_9112_2_2_an_empty_line_between_two_requests_is_skipped = wire(
    GET + b"\r\n" + GET, answer(200, b"hello"), answer(200, b"hello"), KEPT
)

test_9112_2_2_more_than_one_empty_line_is_refused = wire(b"\r\n\r\n" + GET, *refused(400))

test_9112_2_2_bare_lf_is_refused = each(
    {
        "everywhere": GET.replace(b"\r\n", b"\n"),
        "behind the request line": b"GET / HTTP/1.1\nHost: a.example\r\n\r\n",
        "behind a field": b"GET / HTTP/1.1\r\nHost: a.example\n\r\n",
        "between fields": b"GET / HTTP/1.1\r\nHost: a.example\nX: y\r\n\r\n",
        "instead of the empty line": b"GET / HTTP/1.1\r\nHost: a.example\r\n\n",
        "before the request line": b"\n" + GET,
    },
    *refused(400),
)

test_9112_2_2_bare_cr_is_refused = each(
    {
        "behind the request line": b"GET / HTTP/1.1\rHost: a.example\r\n\r\n",
        "behind a field": b"GET / HTTP/1.1\r\nHost: a.example\rX: y\r\n\r\n",
        "in a value": b"GET / HTTP/1.1\r\nHost: a.example\r\nX: a\rb\r\n\r\n",
        "in a name": b"GET / HTTP/1.1\r\nHost: a.example\r\nX\ry: b\r\n\r\n",
        "in the target": b"GET /a\rb HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "in the method": b"GE\rT / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "instead of the empty line": b"GET / HTTP/1.1\r\nHost: a.example\r\n\rX",
        "twice": b"GET / HTTP/1.1\r\nHost: a.example\r\r\n\r\n",
    },
    *refused(400),
)

test_9112_2_2_white_space_between_the_request_line_and_the_first_field_is_refused = each(
    {
        "space": b"GET / HTTP/1.1\r\n Host: a.example\r\n\r\n",
        "tab": b"GET / HTTP/1.1\r\n\tX: y\r\nHost: a.example\r\n\r\n",
        "line of spaces": b"GET / HTTP/1.1\r\n  \r\nHost: a.example\r\n\r\n",
    },
    *refused(400),
)

test_9112_2_2_what_is_no_http_is_refused = each(
    {
        "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32)) + b"\x20",
        "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n",
        "SMTP": b"EHLO a.example\r\n",
        "zeros": b"\0" * 40,
        "JSON": b'{"method": "hello"}\r\n',
        "UTF-8": "Ünïcode / HTTP/1.1\r\nHost: a.example\r\n\r\n".encode(),
        "byte order mark": b"\xef\xbb\xbf" + GET,
        "response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "PROXY protocol nobody asked for": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + GET,
    },
    *refused(400),
)

test_9112_2_2_nothing_is_answered_to_silence = wire(b"\r\n", CLOSED, end=True)

# ── §2.3 HTTP version ────────────────────────────────────────────────────────

test_9112_2_3_version_1_0_is_answered_as_1_1_and_closed = wire(
    b"GET /seen HTTP/1.0\r\nHost: a.example\r\n\r\n",
    answer(200, b"GET /seen - a.example 1.0", connection=b"close"),
    CLOSED,
)

test_9112_2_3_another_version_is_a_505 = each(
    {
        "1.2": b"GET / HTTP/1.2\r\nHost: a.example\r\n\r\n",
        "1.9": b"GET / HTTP/1.9\r\nHost: a.example\r\n\r\n",
        "0.9": b"GET / HTTP/0.9\r\nHost: a.example\r\n\r\n",
        "2.0": b"GET / HTTP/2.0\r\nHost: a.example\r\n\r\n",
        "3.0": b"GET / HTTP/3.0\r\nHost: a.example\r\n\r\n",
    },
    *refused(505),
)

test_9112_2_3_what_is_no_version_is_refused = each(
    {
        "lower case": b"GET / http/1.1\r\nHost: a.example\r\n\r\n",
        "mixed case": b"GET / Http/1.1\r\nHost: a.example\r\n\r\n",
        "two digits": b"GET / HTTP/1.10\r\nHost: a.example\r\n\r\n",
        "leading zero": b"GET / HTTP/01.1\r\nHost: a.example\r\n\r\n",
        "no minor": b"GET / HTTP/1\r\nHost: a.example\r\n\r\n",
        "comma": b"GET / HTTP/1,1\r\nHost: a.example\r\n\r\n",
        "sign": b"GET / HTTP/+1.1\r\nHost: a.example\r\n\r\n",
        "hexadecimal": b"GET / HTTP/1.A\r\nHost: a.example\r\n\r\n",
        "another name": b"GET / HTTPS/1.1\r\nHost: a.example\r\n\r\n",
        "ICY": b"GET / ICY/1.1\r\nHost: a.example\r\n\r\n",
        "slash left out": b"GET / HTTP1.1\r\nHost: a.example\r\n\r\n",
        "space inside": b"GET / HTTP/ 1.1\r\nHost: a.example\r\n\r\n",
        "space behind": b"GET / HTTP/1.1 \r\nHost: a.example\r\n\r\n",
        "tab behind": b"GET / HTTP/1.1\t\r\nHost: a.example\r\n\r\n",
        "words behind": b"GET / HTTP/1.1 please\r\nHost: a.example\r\n\r\n",
    },
    *refused(400),
)

test_9112_2_3_http_0_9_is_not_spoken = wire(b"GET /\r\n", *refused(400))

test_9113_3_4_the_preface_of_http_2_is_answered_in_http_1 = wire(
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", *refused(505)
)
