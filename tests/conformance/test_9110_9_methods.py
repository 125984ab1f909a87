"""RFC 9110 §9: methods."""

from conformance.wire import KEPT, answer, each, wire


def ask(method: bytes, target: bytes = b"/", lines: bytes = b"") -> bytes:
    return b"%b %b HTTP/1.1\r\nHost: a.example\r\n%b\r\n" % (method, target, lines)


GET = ask(b"GET")

test_9110_9_1_each_method_reaches_its_handler = each(
    {method.decode(): ask(method, b"/echo") for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE")},
    answer(200, b""),
    KEPT,
)

test_9110_9_3_2_head_is_answered_wherever_get_is = wire(
    ask(b"HEAD") + ask(b"HEAD", b"/file") + ask(b"HEAD", b"/nowhere") + GET,
    answer(200, b"", "HEAD", content_length=b"5"),
    answer(200, b"", "HEAD", content_length=b"10"),
    answer(404, b"", "HEAD"),
    answer(200, b"hello"),
    KEPT,
)

test_9110_9_3_7_options_lists_the_methods = each(
    {"known": ask(b"OPTIONS")}, answer(204, b"", allow=b"GET, HEAD, OPTIONS"), KEPT
)

test_9110_9_3_7_options_of_nothing_is_a_404 = wire(ask(b"OPTIONS", b"/nowhere"), answer(404), KEPT)

test_9110_9_3_8_trace_is_not_allowed = wire(ask(b"TRACE", b"/", b"Cookie: a=b\r\n"), answer(405), KEPT)

test_9110_15_5_6_a_405_lists_what_is_allowed = wire(
    ask(b"DELETE") + ask(b"POST", b"/file"),
    answer(405, allow=b"GET, HEAD, OPTIONS"),
    answer(405, allow=b"GET, HEAD, OPTIONS"),
    KEPT,
)

test_9110_15_5_5_a_404_is_framed_like_any_answer = wire(ask(b"GET", b"/nowhere") + GET, answer(404), answer(200), KEPT)
