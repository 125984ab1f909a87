"""RFC 9112 §6: message body. Content-Length, Transfer-Encoding, and what happens when they disagree.

The catalogue of request smuggling: whoever reads a length differently from a proxy before it serves two requests
where that one saw one. Anything in doubt is refused, and nothing behind it is read.
"""

from conformance.wire import CLOSED, KEPT, answer, each, refused, wire

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n"


def post(lines: bytes, body: bytes = b"", target: bytes = b"/echo", version: bytes = b"1.1") -> bytes:
    return b"POST %b HTTP/%b\r\nHost: a.example\r\n%b\r\n%b" % (target, version, lines, body)


# ── §6.1 Transfer-Encoding ───────────────────────────────────────────────────

test_9112_6_1_chunked_frames_a_body = wire(
    post(b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"), answer(200, b"hello"), KEPT
)

test_9112_6_1_coding_names_are_compared_without_case = each(
    {
        "upper": post(b"Transfer-Encoding: CHUNKED\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        "mixed": post(b"transfer-ENCODING: cHuNkEd\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        "blanks around": post(b"Transfer-Encoding: \t chunked \t\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
    },
    answer(200, b"hello"),
    KEPT,
)

test_9112_6_1_any_other_coding_is_a_501 = each(
    {
        name: post(b"Transfer-Encoding: %b\r\n" % coding, b"0\r\n\r\n" + SMUGGLED)
        for name, coding in {
            "gzip": b"gzip",
            "identity": b"identity",
            "deflate": b"deflate",
            "x-chunked": b"x-chunked",
            "chunked with a letter more": b"chunkedd",
            "chunked with a letter less": b"chunke",
            "gzip then chunked": b"gzip, chunked",
            "chunked then gzip": b"chunked, gzip",
            "chunked then identity": b"chunked, identity",
            "identity then chunked": b"identity, chunked",
            "chunked twice": b"chunked, chunked",
            "comma before": b", chunked",
            "comma behind": b"chunked,",
            "semicolon": b"chunked;",
            "parameter": b"chunked;q=1",
            "quoted": b'"chunked"',
            "single quotes": b"'chunked'",
            "space inside": b"chun ked",
            "no-break space": b"\xa0chunked",
            "colon": b": chunked",
            "list of colons": b"chunked:",
            "empty": b"",
            "star": b"*",
            "UTF-8 k": "chun\u212aed".encode(),
            "ISO 8859-1": b"chunk\xeb d",
        }.items()
    },
    *refused(501),
)

test_9112_6_1_a_coding_with_a_control_character_is_refused = each(
    {
        f"{name} {where}": post(b"Transfer-Encoding: %b\r\n" % coding, b"0\r\n\r\n" + SMUGGLED)
        for name, control in {"vertical tab": b"\x0b", "form feed": b"\x0c", "NUL": b"\0", "DEL": b"\x7f"}.items()
        for where, coding in {"before": control + b"chunked", "behind": b"chunked" + control}.items()
    },
    *refused(400),
)

test_9112_6_1_two_lines_of_transfer_encoding_are_refused = each(
    {
        "equal": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "other case": post(b"Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "identity second": post(b"Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n", b"0\r\n\r\n"),
        "junk second": post(b"Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n", b"0\r\n\r\n" + SMUGGLED),
    },
    *refused(400),
)

test_9112_6_1_the_first_of_two_lines_is_looked_at_first = wire(
    post(b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED), *refused(501)
)

test_9112_6_1_names_that_only_look_like_it_are_refused_or_mean_nothing = each(
    {
        "blank before colon": post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "tab before colon": post(b"Transfer-Encoding\t: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "leading blank": post(b" Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "leading blank, second": post(b"X: y\r\n Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "leading CR": post(b"X: y\r\n\rTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "hidden behind bare CR": post(b"X: y\rTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "hidden behind bare LF": post(b"X: y\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "NUL in the name": post(b"Transfer-\0Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
        "no colon": post(b"Transfer-Encoding chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    },
    *refused(400),
)

test_9112_6_1_an_underscore_is_another_name = wire(
    post(b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"), answer(200, b"0\r\n\r\n"), KEPT
)

test_9112_6_1_http_1_0_has_no_transfer_encoding = each(
    {
        "alone": post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED, version=b"1.0"),
        "kept": post(b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", b"0\r\n\r\n", version=b"1.0"),
    },
    *refused(400),
)

# ── §6.2 Content-Length ──────────────────────────────────────────────────────

test_9112_6_2_a_length_frames_a_body = wire(
    post(b"Content-Length: 5\r\n", b"hello") + post(b"Content-Length: 3\r\n", b"yes"),
    answer(200, b"hello"),
    answer(200, b"yes"),
    KEPT,
)

test_9112_6_2_a_length_of_zero_is_no_body = wire(post(b"Content-Length: 0\r\n"), answer(200, b""), KEPT)

test_9112_6_2_leading_zeros_count_for_nothing = wire(
    post(b"Content-Length: 0000000000000000005\r\n", b"hello"), answer(200, b"hello"), KEPT
)

test_9112_6_2_a_body_may_hold_anything = wire(
    post(b"Content-Length: 12\r\n", b"\0\r\n\r\nGET /\xff\n"), answer(200, b"\0\r\n\r\nGET /\xff\n"), KEPT
)

test_9110_8_6_a_length_is_1_to_19_digits = each(
    {
        name: post(b"Content-Length:%b\r\n" % length, b"hello" + SMUGGLED)
        for name, length in {
            "empty": b"",
            "blank": b"  ",
            "plus": b" +5",
            "minus": b" -5",
            "minus zero": b" -0",
            "hexadecimal": b" 0x5",
            "octal": b" 0o5",
            "underscore": b" 1_0",
            "point": b" 5.0",
            "exponent": b" 5e0",
            "comma behind": b" 5,",
            "comma before": b" ,5",
            "equal list": b" 5, 5",
            "unequal list": b" 5, 6",
            "two numbers": b" 5 5",
            "semicolon": b" 5;",
            "letters": b" five",
            "letter behind": b" 5x",
            "quoted": b' "5"',
            "superscript": "\u00b2".encode("latin-1"),
            "Arabic digit": "\u0665".encode(),
            "full-width digit": "\uff15".encode(),
            "no-break space": b"\xa05",
            "twenty digits": b" 00000000000000000005",
            "beyond 64 bits": b" 18446744073709551621",
            "beyond 128 bits": b" 340282366920938463463374607431768211461",
            "vertical tab": b"\x0b5",
            "form feed": b" 5\x0c",
            "NUL": b" 5\0",
        }.items()
    },
    *refused(400),
)

test_9112_6_2_a_length_beyond_the_limit_is_a_413_at_once = each(
    {
        "a million": post(b"Content-Length: 1000000\r\n"),
        "nineteen digits": post(b"Content-Length: 9999999999999999999\r\n"),
        "beyond 63 bits": post(b"Content-Length: 9223372036854775808\r\n"),
    },
    *refused(413),
)

test_9112_6_2_a_name_with_a_blank_is_no_length = each(
    {
        "blank before colon": post(b"Content-Length : 5\r\n", b"hello" + SMUGGLED),
        "tab before colon": post(b"Content-Length\t: 5\r\n", b"hello" + SMUGGLED),
        "folded": post(b"Content-Length:\r\n 5\r\n", b"hello" + SMUGGLED),
        "hidden behind bare CR": post(b"X: y\rContent-Length: 5\r\n", b"hello" + SMUGGLED),
        "hidden behind bare LF": post(b"X: y\nContent-Length: 5\r\n", b"hello" + SMUGGLED),
        "hidden behind NUL": post(b"X: y\0\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED),
    },
    *refused(400),
)

test_9112_6_2_an_underscore_is_another_name = wire(post(b"Content_Length: 5\r\n"), answer(200, b""), KEPT)

# ── §6.3 message body length ─────────────────────────────────────────────────

test_9112_6_3_both_framings_are_refused_as_smuggling = each(
    {
        "CL.TE": post(b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\nG" + SMUGGLED),
        "TE.CL": post(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"5c\r\n" + SMUGGLED),
        "with a length of zero": post(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        "with a right length": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        "in GET": b"GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    },
    *refused(400),
)

test_9112_6_3_a_wrong_coding_beside_a_length_is_refused = each(
    {
        "identity": post(b"Content-Length: 5\r\nTransfer-Encoding: identity\r\n", b"hello" + SMUGGLED),
        "x-chunked": post(b"Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n", b"hello" + SMUGGLED),
        "in 1.0": post(b"Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", b"hello" + SMUGGLED, version=b"1.0"),
    },
    *refused(501),
)

test_9112_6_3_two_lines_of_content_length_are_refused = each(
    {
        "unequal": post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello!" + SMUGGLED),
        "equal": post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED),
        "zero first": post(b"Content-Length: 0\r\nContent-Length: 44\r\n", SMUGGLED),
        "second malformed": post(b"Content-Length: 5\r\nContent-Length: x\r\n", b"hello" + SMUGGLED),
        "apart": post(b"content-length: 5\r\nX: y\r\nCONTENT-LENGTH: 5\r\n", b"hello" + SMUGGLED),
    },
    *refused(400),
)

test_9112_6_3_without_a_framing_there_is_no_body = wire(
    post(b"") + b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", answer(200, b""), answer(200, b"hello"), KEPT
)

test_9112_6_3_octets_behind_a_request_without_framing_are_the_next_request = wire(
    post(b"") + b"hello", answer(200, b""), CLOSED, end=True
)

test_9112_6_3_a_get_may_have_a_body = each(
    {
        "length": b"GET /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
        "chunked": b"GET /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    },
    answer(200, b"hello"),
    KEPT,
)

test_9112_6_3_a_body_to_the_end_of_the_connection_is_for_answers_only = wire(
    post(b"Connection: close\r\n", b"hello"), answer(200, b"", connection=b"close"), CLOSED, end=True
)

# ── §6.3 answers: exactly one framing (`Conversation.answer` looks at it in every case) ──────────────────────────

test_9112_6_3_an_answer_to_head_has_the_lines_of_get_and_no_body = wire(
    b"HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n", answer(200, b"", "HEAD", content_length=b"5"), KEPT
)

test_9112_6_3_an_answer_of_unknown_length_is_chunked = wire(
    b"GET /stream HTTP/1.1\r\nHost: a.example\r\n\r\n",
    answer(200, b"part 0\npart 1\npart 2\n", transfer_encoding=b"chunked", content_length=None),
    KEPT,
)

test_9112_6_3_to_http_1_0_it_ends_with_the_connection = each(
    {
        "plain": b"GET /stream HTTP/1.0\r\nHost: a.example\r\n\r\n",
        "keep-alive asked for": b"GET /stream HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\n",
    },
    answer(200, b"part 0\npart 1\npart 2\n", transfer_encoding=None, content_length=None, connection=b"close"),
    CLOSED,
)

test_9112_6_3_head_of_a_stream_has_no_body = wire(
    b"HEAD /stream HTTP/1.1\r\nHost: a.example\r\n\r\n",
    answer(200, b"", "HEAD", transfer_encoding=b"chunked", content_length=None),
    KEPT,
)

test_9112_6_3_a_204_has_neither_body_nor_framing = wire(
    b"GET /empty HTTP/1.1\r\nHost: a.example\r\n\r\n",
    answer(204, b"", content_length=None, transfer_encoding=None),
    KEPT,
)

test_9112_6_3_a_304_has_no_body = wire(
    b"GET /unchanged HTTP/1.1\r\nHost: a.example\r\n\r\n",
    answer(304, b"", transfer_encoding=None, etag=b'"1"'),
    KEPT,
)
