"""RFC 9112 §3: the request line, the forms of the target, Host."""

from conformance.wire import CLOSED, KEPT, answer, each, refused, wire


def get(target: bytes) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: a.example\r\n\r\n" % target


# ── §3 parts and their separators ────────────────────────────────────────────

test_9112_3_one_space_stands_between_the_parts = each(
    {
        "two before the target": b"GET  / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "two before the version": b"GET /  HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "tab before the target": b"GET\t/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "tab before the version": b"GET /\tHTTP/1.1\r\nHost: a.example\r\n\r\n",
        "leading": b" GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "vertical tab": b"GET\x0b/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "form feed": b"GET /\x0cHTTP/1.1\r\nHost: a.example\r\n\r\n",
        "no-break space": b"GET\xa0/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "space in the target": b"GET /a b HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "no target": b"GET HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "empty target": b"GET  HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "nothing": b"  \r\nHost: a.example\r\n\r\n",
    },
    *refused(400),
)

test_9112_3_a_line_of_8000_octets_is_accepted = wire(
    b"GET /seen?%b HTTP/1.1\r\nHost: a.example\r\n\r\n" % (b"q" * 7980), answer(200), KEPT
)

test_9112_3_a_target_of_16384_octets_is_the_longest = wire(
    get(b"/seen?" + b"q" * (16384 - 6)), answer(200, b"GET /seen " + b"q" * (16384 - 6) + b" a.example 1.1"), KEPT
)

test_9112_3_a_longer_target_is_a_414 = wire(get(b"/" + b"a" * 16384), *refused(414))

test_9112_3_a_target_without_end_is_a_414 = wire(b"GET /" + b"a" * 20000, *refused(414))

# ── §3.1 method ──────────────────────────────────────────────────────────────

test_9112_3_1_methods_are_case_sensitive = wire(
    b"get / HTTP/1.1\r\nHost: a.example\r\n\r\n", answer(405, allow=b"GET, HEAD, OPTIONS"), KEPT
)

test_9112_3_1_a_method_is_a_token = each(
    {
        "parenthesis": b"GE(T / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "colon": b"GET: / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "slash": b"GE/T / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "quote": b'"GET" / HTTP/1.1\r\nHost: a.example\r\n\r\n',
        "comma": b"GET,POST / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "NUL": b"GET\0 / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "DEL": b"GET\x7f / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "above ASCII": b"G\xcbT / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "none": b" / HTTP/1.1\r\nHost: a.example\r\n\r\n",
    },
    *refused(400),
)

test_9112_3_1_an_unknown_method_is_a_405_that_lists_the_known_ones = wire(
    b"BREW!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a.example\r\n\r\n", answer(405, allow=b"GET, HEAD, OPTIONS"), KEPT
)

test_9112_3_1_a_method_longer_than_any_is_a_501 = wire(
    b"A" * 33 + b" / HTTP/1.1\r\nHost: a.example\r\n\r\n", *refused(501)
)

# ── §3.2 request target ──────────────────────────────────────────────────────

test_9112_3_2_a_target_has_visible_ascii_only = each(
    {
        "NUL": get(b"/a\0b"),
        "escape": get(b"/a\x1bb"),
        "DEL": get(b"/a\x7fb"),
        "UTF-8": get("/ä".encode()),
        "ISO 8859-1": get(b"/\xe4"),
        "fragment": get(b"/a#b"),
        "only a fragment": get(b"#"),
    },
    *refused(400),
)

test_9112_3_2_1_origin_form_is_path_and_query = each(
    {"seen": get(b"/seen?a=b&c=%20?/d")}, answer(200, b"GET /seen a=b&c=%20?/d a.example 1.1"), KEPT
)

test_9112_3_2_1_an_empty_query_is_none = wire(get(b"/seen?"), answer(200, b"GET /seen - a.example 1.1"), KEPT)

test_9112_3_2_1_two_slashes_are_a_path_and_no_authority = wire(get(b"//b.example/seen"), answer(404), KEPT)

test_9112_3_2_1_other_forms_are_refused = each(
    {
        "relative": get(b"seen"),
        "host without scheme": get(b"a.example/seen"),
        "query only": get(b"?a=b"),
        "dot": get(b"."),
        "backslash": get(b"\\seen"),
        "scheme only": get(b"http:"),
        "another scheme": get(b"ftp://a.example/seen"),
        "javascript": get(b"javascript:alert(1)"),
        "file": get(b"file:///etc/passwd"),
    },
    *refused(400),
)

test_9112_3_2_2_the_authority_of_an_absolute_form_wins_over_host = each(
    {
        "lower case": b"GET http://b.example/seen?q HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "upper case": b"GET HTTP://B.EXAMPLE/seen?q HTTP/1.1\r\nHost: a.example\r\n\r\n",
    },
    answer(200, b"GET /seen q b.example 1.1"),
    KEPT,
)

test_9112_3_2_2_an_absolute_form_may_have_no_path = wire(get(b"http://a.example"), answer(200, b"hello"), KEPT)

test_9112_3_2_2_an_absolute_form_may_have_a_query_only = wire(get(b"http://a.example?a=b"), answer(200, b"hello"), KEPT)

test_9112_3_2_2_host_is_still_needed_and_checked = each(
    {
        "missing": b"GET http://a.example/ HTTP/1.1\r\n\r\n",
        "malformed": b"GET http://a.example/ HTTP/1.1\r\nHost: a b\r\n\r\n",
        "twice": b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
    },
    *refused(400),
)

test_9112_3_2_2_a_host_of_an_absolute_form_that_is_not_ours_is_a_421 = wire(
    get(b"http://evil.example/"), answer(421), KEPT
)

test_9112_3_2_2_a_malformed_authority_is_refused = each(
    {
        "empty": get(b"http:///seen"),
        "userinfo": get(b"http://user@a.example/seen"),
        "password": get(b"http://user:pass@a.example/seen"),
        "empty port": get(b"http://a.example:/seen"),
        "port too large": get(b"http://a.example:65536/seen"),
        "list": get(b"http://a.example,b.example/seen"),
        "one slash": get(b"http:/a.example/seen"),
        "backslash": get(b"http:\\\\a.example/seen"),
    },
    *refused(400),
)

test_9112_3_2_3_connect_is_not_implemented = each(
    {
        "authority-form": b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
        "with a path": b"CONNECT / HTTP/1.1\r\nHost: a.example\r\n\r\n",
    },
    *refused(501),
)

test_9112_3_2_3_authority_form_is_for_connect_only = wire(get(b"a.example:80"), *refused(400))

test_9112_3_2_4_asterisk_form_is_for_options_only = each(
    {
        "GET": get(b"*"),
        "lower case": b"options * HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "with a path": b"OPTIONS */a HTTP/1.1\r\nHost: a.example\r\n\r\n",
    },
    *refused(400),
)

test_9112_3_2_4_options_asterisk_asks_about_the_server = wire(
    b"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", answer(204, b""), KEPT
)

# ── §3.2 Host ────────────────────────────────────────────────────────────────

test_9112_3_2_host_is_required_once = each(
    {
        "missing": b"GET / HTTP/1.1\r\n\r\n",
        "twice": b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        "twice and equal": b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
        "twice in other case": b"GET / HTTP/1.1\r\nHost: a.example\r\nX: y\r\nhOsT: a.example\r\n\r\n",
        "twice in 1.0": b"GET / HTTP/1.0\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
    },
    *refused(400),
)


def host(value: bytes) -> bytes:
    return b"GET /seen HTTP/1.1\r\nHost:%b\r\n\r\n" % value


test_9112_3_2_a_malformed_host_is_refused = each(
    {
        "empty": host(b""),
        "blank": host(b"  "),
        "userinfo": host(b" user@a.example"),
        "path": host(b" a.example/path"),
        "query": host(b" a.example?x"),
        "fragment": host(b" a.example#x"),
        "scheme": host(b" http://a.example"),
        "space": host(b" a.example b.example"),
        "tab": host(b" a.example\tb"),
        "list": host(b" a.example, b.example"),
        "comma": host(b" a.example,b.example"),
        "empty port": host(b" a.example:"),
        "port of letters": host(b" a.example:http"),
        "signed port": host(b" a.example:+80"),
        "port too large": host(b" a.example:65536"),
        "port too long": host(b" a.example:000080"),
        "two ports": host(b" a.example:80:80"),
        "only a port": host(b" :80"),
        "open bracket": host(b" [::1"),
        "empty brackets": host(b" []"),
        "zone": host(b" [fe80::1%eth0]"),
        "behind brackets": host(b" [::1]a"),
        "backslash": host(b" a.example\\b"),
        "quote": host(b' "a.example"'),
        "percent": host(b" a%zz"),
        "UTF-8": host(" ä.example".encode()),
        "NUL": host(b" a.example\0"),
    },
    *refused(400),
)

test_9112_3_2_white_space_around_host_is_left_out = each(
    {"none": host(b"a.example"), "much": host(b" \t a.example \t ")},
    answer(200, b"GET /seen - a.example 1.1"),
    KEPT,
)

test_9112_3_2_host_is_compared_without_case = wire(host(b" A.EXAMPLE"), answer(200, b"GET /seen - a.example 1.1"), KEPT)

test_9112_3_2_host_may_have_a_port = wire(
    host(b" a.example:8080"), answer(200, b"GET /seen - a.example:8080 1.1"), KEPT
)

test_9112_3_2_host_may_be_an_ipv6_address = wire(host(b" [::1]:80"), answer(200, b"GET /seen - [::1]:80 1.1"), KEPT)

test_9112_3_2_a_host_that_is_not_ours_is_a_421_before_any_handler = each(
    {
        "another": host(b" evil.example"),
        "longer": host(b" a.example.evil.example"),
        "prefix": host(b" evil-a.example"),
        "percent-encoded": host(b" a%2eexample"),
    },
    answer(421),
    KEPT,
)

test_9112_3_2_http_1_0_without_host_is_a_421_where_hosts_are_named = wire(
    b"GET /seen HTTP/1.0\r\n\r\n", answer(421, connection=b"close"), CLOSED
)

# ── §3.3 the target as the app sees it ───────────────────────────────────────

test_9112_3_3_a_percent_encoded_path_is_decoded_once = each(
    {
        "space": get(b"/path/a%20b"),
    },
    answer(200, b"a b"),
    KEPT,
)

test_9112_3_3_an_encoded_percent_stays_one = wire(get(b"/path/a%2520b"), answer(200, b"a%20b"), KEPT)

test_9112_3_3_an_encoded_slash_is_no_separator_of_routes = wire(get(b"/path%2Fa"), answer(404), KEPT)

test_9112_3_3_dot_segments_are_not_resolved = wire(get(b"/path/../seen"), answer(200, b"../seen"), KEPT)
