"""RFC 9110 §13 conditional requests, §14 ranges, on a file of ten octets."""

from conformance.wire import KEPT, answer, each, wire


def get(lines: bytes = b"", method: bytes = b"GET") -> bytes:
    return b"%b /file HTTP/1.1\r\nHost: a.example\r\n%b\r\n" % (method, lines)


MODIFIED = b"Sun, 09 Sep 2001 01:46:40 GMT"

test_9110_8_8_a_file_has_its_validators = wire(
    get(), answer(200, b"0123456789", last_modified=MODIFIED, accept_ranges=b"bytes", content_length=b"10"), KEPT
)

# ── §13 conditions ───────────────────────────────────────────────────────────

test_9110_13_1_2_if_none_match_star_is_a_304 = wire(get(b"If-None-Match: *\r\n"), answer(304, b""), KEPT)

test_9110_13_1_2_another_tag_is_a_200 = wire(get(b'If-None-Match: "other"\r\n'), answer(200, b"0123456789"), KEPT)

test_9110_13_1_3_not_modified_since_is_a_304 = each(
    {
        "equal": get(b"If-Modified-Since: %b\r\n" % MODIFIED),
        "later": get(b"If-Modified-Since: Mon, 10 Sep 2001 01:46:40 GMT\r\n"),
        "RFC 850": get(b"If-Modified-Since: Sunday, 09-Sep-01 01:46:40 GMT\r\n"),
        "asctime": get(b"If-Modified-Since: Sun Sep  9 01:46:40 2001\r\n"),
        "HEAD": get(b"If-Modified-Since: %b\r\n" % MODIFIED, b"HEAD"),
    },
    answer(304, b"", "HEAD"),
    KEPT,
)

test_9110_13_1_3_an_earlier_or_malformed_date_is_a_200 = each(
    {
        "earlier": get(b"If-Modified-Since: Sun, 09 Sep 2001 01:46:39 GMT\r\n"),
        "words": get(b"If-Modified-Since: yesterday\r\n"),
        "empty": get(b"If-Modified-Since:\r\n"),
        "number": get(b"If-Modified-Since: 99999999999999999999\r\n"),
        "impossible": get(b"If-Modified-Since: Sun, 99 Sep 2001 25:61:61 GMT\r\n"),
    },
    answer(200, b"0123456789"),
    KEPT,
)

test_9110_13_2_2_if_none_match_wins_over_the_date = wire(
    get(b'If-None-Match: "other"\r\nIf-Modified-Since: %b\r\n' % MODIFIED), answer(200, b"0123456789"), KEPT
)


def test_9110_13_1_2_the_tag_that_was_given_is_a_304(server, talk):
    client = talk()
    client.send(get())
    tag = client.expect(answer(200)).get(b"etag")
    for listed in (tag, b"W/" + tag, b'"other", ' + tag, b'W/"other",' + tag):
        client.send(get(b"If-None-Match: %b\r\n" % listed))
        client.expect(answer(304, b"", etag=tag))


# ── §14 ranges ───────────────────────────────────────────────────────────────


def part(value: bytes, more: bytes = b"") -> bytes:
    return get(b"Range: %b\r\n%b" % (value, more))


test_9110_14_2_the_first_octets = wire(
    part(b"bytes=0-3"), answer(206, b"0123", content_range=b"bytes 0-3/10", content_length=b"4"), KEPT
)

test_9110_14_2_from_an_octet_to_the_end = each(
    {"open": part(b"bytes=7-"), "beyond": part(b"bytes=7-99"), "last three": part(b"bytes=-3")},
    answer(206, b"789", content_range=b"bytes 7-9/10"),
    KEPT,
)

test_9110_14_2_more_than_all_is_all = wire(part(b"bytes=-99"), answer(206, b"0123456789"), KEPT)

test_9110_14_4_a_range_behind_the_end_is_a_416 = each(
    {"behind": part(b"bytes=10-"), "far behind": part(b"bytes=9999999999999999999-"), "last none": part(b"bytes=-0")},
    answer(416, content_range=b"bytes */10"),
    KEPT,
)

test_9110_14_2_what_is_no_range_is_ignored = each(
    {
        "another unit": part(b"lines=1-2"),
        "empty": part(b"bytes="),
        "minus": part(b"bytes=-"),
        "words": part(b"bytes=a-b"),
        "no unit": part(b"0-3"),
        "sign": part(b"bytes=+0-3"),
        "twenty digits": part(b"bytes=00000000000000000000-3"),
    },
    answer(200, b"0123456789", content_range=None),
    KEPT,
)

test_9110_14_2_ranges_are_for_get_only = wire(
    get(b"Range: bytes=0-3\r\n", b"HEAD"), answer(200, b"", "HEAD", content_length=b"10"), KEPT
)

test_9110_13_1_5_if_range_that_does_not_hold_gives_all = each(
    {
        "another tag": part(b"bytes=0-3", b'If-Range: "other"\r\n'),
        "weak tag": part(b"bytes=0-3", b'If-Range: W/"other"\r\n'),
        "another date": part(b"bytes=0-3", b"If-Range: Mon, 10 Sep 2001 01:46:40 GMT\r\n"),
        "words": part(b"bytes=0-3", b"If-Range: yesterday\r\n"),
    },
    answer(200, b"0123456789"),
    KEPT,
)

test_9110_13_1_5_if_range_that_holds_gives_the_part = wire(
    part(b"bytes=0-3", b"If-Range: %b\r\n" % MODIFIED), answer(206, b"0123"), KEPT
)
