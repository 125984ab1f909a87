"""RFC 9112 §7: transfer codings. The grammar of chunks, extensions, trailers."""

from conformance.wire import CLOSED, KEPT, answer, each, refused, wire

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def chunked(body: bytes, target: bytes = b"/echo") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n%b" % (target, body)


# ── §7.1 chunked ─────────────────────────────────────────────────────────────

test_9112_7_1_chunks_are_put_together = wire(
    chunked(b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n") + GET, answer(200, b"hello"), answer(200, b"hello"), KEPT
)

test_9112_7_1_the_last_chunk_alone_is_an_empty_body = each(
    {"one zero": chunked(b"0\r\n\r\n"), "zeros": chunked(b"0000000000000000\r\n\r\n")}, answer(200, b""), KEPT
)

test_9112_7_1_a_size_is_hexadecimal_in_either_case = each(
    {
        "lower": chunked(b"a\r\n0123456789\r\n0\r\n\r\n"),
        "upper": chunked(b"A\r\n0123456789\r\n0\r\n\r\n"),
        "leading zeros": chunked(b"000000000000000a\r\n0123456789\r\n0\r\n\r\n"),
    },
    answer(200, b"0123456789"),
    KEPT,
)

test_9112_7_1_data_may_look_like_chunks = wire(
    chunked(b"7\r\n0\r\n\r\nGE\r\n0\r\n\r\n"), answer(200, b"0\r\n\r\nGE"), KEPT
)

test_9112_7_1_a_malformed_size_is_refused = each(
    {
        "empty": chunked(b"\r\nhello\r\n0\r\n\r\n"),
        "blank": chunked(b" \r\nhello\r\n0\r\n\r\n"),
        "leading blank": chunked(b" 5\r\nhello\r\n0\r\n\r\n"),
        "trailing blank": chunked(b"5 \r\nhello\r\n0\r\n\r\n"),
        "trailing tab": chunked(b"5\t\r\nhello\r\n0\r\n\r\n"),
        "plus": chunked(b"+5\r\nhello\r\n0\r\n\r\n"),
        "minus": chunked(b"-5\r\nhello\r\n0\r\n\r\n"),
        "0x": chunked(b"0x5\r\nhello\r\n0\r\n\r\n"),
        "underscore": chunked(b"0_5\r\nhello\r\n0\r\n\r\n"),
        "letter": chunked(b"g\r\nhello\r\n0\r\n\r\n"),
        "point": chunked(b"5.0\r\nhello\r\n0\r\n\r\n"),
        "comma": chunked(b"5,5\r\nhello\r\n0\r\n\r\n"),
        "two": chunked(b"5 5\r\nhello\r\n0\r\n\r\n"),
        "NUL": chunked(b"5\0\r\nhello\r\n0\r\n\r\n"),
        "full-width digit": chunked("\uff15".encode() + b"\r\nhello\r\n0\r\n\r\n"),
        "seventeen digits": chunked(b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
        "beyond 64 bits": chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        "many digits": chunked(b"f" * 200 + b"\r\nhello\r\n0\r\n\r\n"),
        "empty line first": chunked(b"\r\n5\r\nhello\r\n0\r\n\r\n"),
    },
    *refused(400),
)

test_9112_7_1_lines_of_chunks_end_with_crlf = each(
    {
        "LF behind the size": chunked(b"5\nhello\r\n0\r\n\r\n" + GET),
        "CR behind the size": chunked(b"5\rhello\r\n0\r\n\r\n" + GET),
        "CR CR LF behind the size": chunked(b"5\r\r\nhello\r\n0\r\n\r\n" + GET),
        "LF behind the data": chunked(b"5\r\nhello\n0\r\n\r\n" + GET),
        "CR behind the data": chunked(b"5\r\nhello\r0\r\n\r\n" + GET),
        "LF CR behind the data": chunked(b"5\r\nhello\n\r0\r\n\r\n" + GET),
        "nothing behind the data": chunked(b"5\r\nhello0\r\n\r\n" + GET),
        "blank behind the data": chunked(b"5\r\nhello \r\n0\r\n\r\n" + GET),
        "LF behind the last chunk": chunked(b"5\r\nhello\r\n0\n\r\n" + GET),
        "LF at the end": chunked(b"5\r\nhello\r\n0\r\n\n" + GET),
        "data shorter than its size": chunked(b"6\r\nhello\r\n0\r\n\r\n" + GET),
        "data longer than its size": chunked(b"4\r\nhello\r\n0\r\n\r\n" + GET),
    },
    *refused(400),
)

test_9112_7_1_a_body_beyond_the_limit_is_a_413 = wire(
    chunked(b"11171\r\n" + b"x" * 70_001 + b"\r\n0\r\n\r\n"), answer(413), KEPT
)

test_9112_7_1_a_chunk_too_large_to_be_drained_ends_the_connection = wire(
    chunked(b"ffffffffffffffff\r\n" + b"x" * 70_001), answer(413, connection=b"close"), CLOSED
)

# ── §7.1.1 chunk extensions ──────────────────────────────────────────────────

test_9112_7_1_1_extensions_are_checked_and_ignored = each(
    {
        "name": chunked(b"5;a\r\nhello\r\n0\r\n\r\n"),
        "value": chunked(b"5;a=b\r\nhello\r\n0\r\n\r\n"),
        "quoted": chunked(b'5;a="b c;\\" \t\xff"\r\nhello\r\n0\r\n\r\n'),
        "several": chunked(b"5;a=b;c;d=e\r\nhello\r\n0\r\n\r\n"),
        "bad white space": chunked(b"5 ;\ta = b\r\nhello\r\n0\r\n\r\n"),
        "on the last chunk": chunked(b"5\r\nhello\r\n0;a=b\r\n\r\n"),
    },
    answer(200, b"hello"),
    KEPT,
)

test_9112_7_1_1_malformed_extensions_are_refused = each(
    {
        "no name": chunked(b"5;\r\nhello\r\n0\r\n\r\n"),
        "no name before a value": chunked(b"5;=b\r\nhello\r\n0\r\n\r\n"),
        "no value": chunked(b"5;a=\r\nhello\r\n0\r\n\r\n"),
        "open quote": chunked(b'5;a="b\r\nhello\r\n0\r\n\r\n'),
        "quote inside": chunked(b'5;a=b"c"\r\nhello\r\n0\r\n\r\n'),
        "bare LF": chunked(b"5;a\nhello\r\n0\r\n\r\n"),
        "bare LF hides a chunk": chunked(b"2;\nxx\r\n4c\r\n0\r\n\r\n" + GET),
        "bare CR": chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
        "LF in quotes": chunked(b'5;a="\n"\r\nhello\r\n0\r\n\r\n'),
        "NUL": chunked(b"5;a=\0\r\nhello\r\n0\r\n\r\n"),
        "NUL in quotes": chunked(b'5;a="\0"\r\nhello\r\n0\r\n\r\n'),
        "control": chunked(b"5;a\x01\r\nhello\r\n0\r\n\r\n"),
        "above ASCII": chunked(b"5;\xff\r\nhello\r\n0\r\n\r\n"),
    },
    *refused(400),
)

test_9112_7_1_1_a_line_of_256_octets_is_accepted = wire(
    chunked(b"5;" + b"a" * 254 + b"\r\nhello\r\n0\r\n\r\n"), answer(200, b"hello"), KEPT
)

test_9112_7_1_1_a_longer_line_is_refused = wire(chunked(b"5;" + b"a" * 255 + b"\r\nhello\r\n0\r\n\r\n"), *refused(400))

test_9112_7_1_1_a_line_without_end_is_refused = wire(chunked(b"5;" + b"a" * 400), *refused(400))

test_9112_7_1_1_extensions_without_measure_are_refused = wire(
    chunked((b"1;" + b"a" * 200 + b"\r\nx\r\n") * 100 + b"0\r\n\r\n"), *refused(400)
)

# ── §7.1.2 trailers ──────────────────────────────────────────────────────────

test_9112_7_1_2_trailers_are_read_and_kept_apart_from_the_fields = each(
    {
        "one": chunked(b"5\r\nhello\r\n0\r\nX: y\r\n\r\n", b"/fields"),
        "several": chunked(b"5\r\nhello\r\n0\r\nX: y\r\nZ:\t1 \r\n\r\n", b"/fields"),
        "framing": chunked(b"5\r\nhello\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n", b"/fields"),
        "routing": chunked(b"5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n", b"/fields"),
        "authority": chunked(b"5\r\nhello\r\n0\r\nAuthorization: Basic eA==\r\nCookie: a=b\r\n\r\n", b"/fields"),
    },
    answer(200, b'[["host", "a.example"], ["transfer-encoding", "chunked"]]'),
    KEPT,
)

test_9112_7_1_2_malformed_trailers_are_refused = each(
    {
        "no colon": chunked(b"5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"),
        "blank before colon": chunked(b"5\r\nhello\r\n0\r\nX : y\r\n\r\n"),
        "folded": chunked(b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"),
        "bare LF": chunked(b"5\r\nhello\r\n0\r\nX: y\n\r\n"),
        "bare CR": chunked(b"5\r\nhello\r\n0\r\nX: y\rz\r\n\r\n"),
        "NUL": chunked(b"5\r\nhello\r\n0\r\nX: \0\r\n\r\n"),
        "no name": chunked(b"5\r\nhello\r\n0\r\n: y\r\n\r\n"),
    },
    *refused(400),
)

test_9112_7_1_2_trailers_of_8_kib_are_accepted = wire(
    chunked(b"5\r\nhello\r\n0\r\nX: %b\r\n\r\n" % (b"y" * 8000)), answer(200, b"hello"), KEPT
)

test_9112_7_1_2_more_than_that_is_refused = each(
    {
        "one line": chunked(b"5\r\nhello\r\n0\r\nX: %b\r\n\r\n" % (b"y" * 9000)),
        "many lines": chunked(
            b"5\r\nhello\r\n0\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 200 + b"\r\n"
        ),
    },
    *refused(400),
)

# ── §8 incomplete messages ───────────────────────────────────────────────────

test_9112_8_an_incomplete_head_is_no_request = wire(GET[:-2], CLOSED, end=True)

test_9112_8_what_came_before_it_is_answered = wire(
    b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello" + GET[:-2],
    answer(200, b"hello"),
    CLOSED,
    end=True,
)
