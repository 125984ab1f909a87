"""RFC 9112 §5: field syntax. RFC 9110 §5: names, values, order, limits."""

from conformance.wire import KEPT, answer, each, refused, wire


def fields(lines: bytes, target: bytes = b"/") -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: a.example\r\n%b\r\n" % (target, lines)


# ── §5.1 field line parsing ──────────────────────────────────────────────────

test_9112_5_1_white_space_before_the_colon_is_refused = each(
    {
        "space": fields(b"X : y\r\n"),
        "tab": fields(b"X\t: y\r\n"),
        "Host": b"GET / HTTP/1.1\r\nHost : a.example\r\n\r\n",
        "Content-Length": fields(b"Content-Length : 5\r\n"),
        "Transfer-Encoding": fields(b"Transfer-Encoding : chunked\r\n"),
    },
    *refused(400),
)

test_9112_5_1_white_space_around_the_value_is_not_part_of_it = each(
    {
        "none": fields(b"X:y\r\n", b"/fields"),
        "spaces": fields(b"X:   y  \r\n", b"/fields"),
        "tabs": fields(b"X:\t\ty\t\r\n", b"/fields"),
    },
    answer(200, b'[["host", "a.example"], ["x", "y"]]'),
    KEPT,
)

test_9112_5_1_a_line_without_colon_is_refused = each(
    {
        "word": fields(b"X\r\n"),
        "words": fields(b"X y\r\n"),
        "start line again": fields(b"GET /smuggled HTTP/1.1\r\n"),
    },
    *refused(400),
)

test_9112_5_1_a_name_is_a_token = each(
    {
        "empty": fields(b": y\r\n"),
        "parenthesis": fields(b"X(y): z\r\n"),
        "slash": fields(b"X/y: z\r\n"),
        "quote": fields(b'X"y": z\r\n'),
        "at": fields(b"X@y: z\r\n"),
        "bracket": fields(b"X[0]: z\r\n"),
        "comma": fields(b"X,y: z\r\n"),
        "NUL": fields(b"X\0y: z\r\n"),
        "control": fields(b"X\x01: z\r\n"),
        "DEL": fields(b"X\x7f: z\r\n"),
        "above ASCII": fields(b"X\xff: z\r\n"),
        "no-break space": fields(b"X\xa0: z\r\n"),
    },
    *refused(400),
)

test_9112_5_1_names_are_compared_without_case = wire(
    b"GET /fields HTTP/1.1\r\nhOST: a.example\r\nX-AbC: y\r\n\r\n",
    answer(200, b'[["host", "a.example"], ["x-abc", "y"]]'),
    KEPT,
)

test_9112_5_1_names_with_underscores_stay_apart_from_those_with_hyphens = wire(
    fields(b"X_A: 1\r\nX-A: 2\r\n", b"/fields"),
    answer(200, b'[["host", "a.example"], ["x_a", "1"], ["x-a", "2"]]'),
    KEPT,
)

# ── §5.2 obsolete line folding ───────────────────────────────────────────────

test_9112_5_2_folded_lines_are_refused = each(
    {
        "space": fields(b"X: y\r\n z\r\n"),
        "tab": fields(b"X: y\r\n\tz\r\n"),
        "empty": fields(b"X: y\r\n \r\n"),
        "first": b"GET / HTTP/1.1\r\nHost:\r\n a.example\r\n\r\n",
        "hides a length": fields(b"X: y\r\n Content-Length: 5\r\n"),
        "of a length": fields(b"Content-Length:\r\n 5\r\n"),
        "of a coding": fields(b"Transfer-Encoding:\r\n chunked\r\n"),
    },
    *refused(400),
)

# ── RFC 9110 §5.5 field values ───────────────────────────────────────────────

test_9110_5_5_a_value_has_no_control_character = each(
    {f"0x{octet:02x}": fields(b"X: a%cb\r\n" % octet) for octet in (0, 1, 7, 8, 11, 12, 14, 27, 31, 127)},
    *refused(400),
)

test_9110_5_5_a_value_may_have_octets_above_ascii = wire(
    fields(b"X: \xe4\xff\r\n", b"/fields"), answer(200, b'[["host", "a.example"], ["x", "\\u00e4\\u00ff"]]'), KEPT
)

test_9110_5_5_a_value_may_be_empty = wire(
    fields(b"X:\r\nY: \t \r\n", b"/fields"), answer(200, b'[["host", "a.example"], ["x", ""], ["y", ""]]'), KEPT
)

test_9110_5_5_a_value_may_have_tabs_and_colons_inside = wire(
    fields(b"X: a:\t:b\r\n", b"/fields"), answer(200, b'[["host", "a.example"], ["x", "a:\\t:b"]]'), KEPT
)

test_9110_5_2_several_lines_of_one_name_keep_their_order = wire(
    fields(b"X: 1\r\nY: 2\r\nx: 3\r\n", b"/fields"),
    answer(200, b'[["host", "a.example"], ["x", "1"], ["y", "2"], ["x", "3"]]'),
    KEPT,
)

# ── RFC 9110 §5.4 field limits, RFC 6585 §5 ──────────────────────────────────

test_9110_5_4_a_hundred_lines_are_accepted = wire(fields(b"X: y\r\n" * 99), answer(200, b"hello"), KEPT)

test_9110_5_4_one_line_more_is_a_431 = wire(fields(b"X: y\r\n" * 100), *refused(431))

test_9110_5_4_a_line_of_16_kib_is_accepted = wire(
    fields(b"X: %b\r\n" % (b"y" * (16 * 1024 - 3))), answer(200, b"hello"), KEPT
)

test_9110_5_4_a_longer_line_is_a_431 = each(
    {
        "value": fields(b"X: %b\r\n" % (b"y" * (16 * 1024 - 2))),
        "name": fields(b"X" * (16 * 1024 + 1) + b": y\r\n"),
        "blank": fields(b"X:%b\r\n" % (b" " * 16 * 1024)),
        "without end": b"GET / HTTP/1.1\r\nX: " + b"y" * 20000,
    },
    *refused(431),
)

test_9110_5_4_fields_of_64_kib_together_are_the_most = wire(
    fields(b"X: %b\r\n" % (b"y" * 16_000) * 4), answer(200, b"hello"), KEPT
)

test_9110_5_4_more_than_that_is_a_431 = wire(fields(b"X: %b\r\n" % (b"y" * 16_000) * 5), *refused(431))

test_9110_5_4_a_head_may_be_as_long_as_its_target_and_fields_together = wire(
    fields(b"X: %b\r\n" % (b"y" * 16_000) * 4, b"/seen?" + b"q" * 16_000), answer(200), KEPT
)
