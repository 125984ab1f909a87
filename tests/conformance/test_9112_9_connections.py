"""RFC 9112 §9: connection management. Persistence, pipelining, closing, bodies nobody reads."""

import pytest

from conformance.wire import CLOSED, KEPT, answer, each, refused, wire

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def get(lines: bytes = b"", target: bytes = b"/", version: bytes = b"1.1") -> bytes:
    return b"GET %b HTTP/%b\r\nHost: a.example\r\n%b\r\n" % (target, version, lines)


# ── §9.3 persistence ─────────────────────────────────────────────────────────

test_9112_9_3_http_1_1_is_kept_without_a_word = wire(GET + GET, *[answer(200, b"hello", connection=None)] * 2, KEPT)

test_9112_9_3_http_1_0_is_kept_if_it_asks_and_is_told = each(
    {
        "lower case": get(b"Connection: keep-alive\r\n", version=b"1.0"),
        "as browsers write it": get(b"Connection: Keep-Alive\r\n", version=b"1.0"),
        "in a list": get(b"Connection: x, keep-alive\r\n", version=b"1.0"),
    },
    answer(200, b"hello", connection=b"keep-alive"),
    KEPT,
)

test_9112_9_3_http_1_0_is_closed_otherwise = each(
    {
        "nothing said": get(version=b"1.0") + GET,
        "close": get(b"Connection: close\r\n", version=b"1.0") + GET,
        "both": get(b"Connection: keep-alive, close\r\n", version=b"1.0") + GET,
        "proxy's field": get(b"Proxy-Connection: keep-alive\r\n", version=b"1.0") + GET,
    },
    answer(200, b"hello", connection=b"close"),
    CLOSED,
)

# ── §9.6 tear-down ───────────────────────────────────────────────────────────

test_9112_9_6_after_close_nothing_more_is_read_as_a_request = each(
    {
        "close": get(b"Connection: close\r\n") + GET,
        "upper case": get(b"Connection: CLOSE\r\n") + GET,
        "in a list": get(b"Connection: x,close ,y\r\n") + GET,
        "in a second line": get(b"Connection: x\r\nConnection: close\r\n") + GET,
        "with keep-alive": get(b"Connection: keep-alive, close\r\n") + GET,
        "garbage behind": get(b"Connection: close\r\n") + b"\0\0\0",
    },
    answer(200, b"hello", connection=b"close"),
    CLOSED,
)

test_9110_7_6_1_unknown_connection_options_mean_nothing = each(
    {
        "empty": get(b"Connection:\r\n"),
        "commas": get(b"Connection: ,,\r\n"),
        "unknown": get(b"Connection: x-y\r\n"),
        "close inside a word": get(b"Connection: closed, not-close\r\n"),
        "quoted": get(b'Connection: "close"\r\n'),
    },
    answer(200, b"hello", connection=None),
    KEPT,
)

test_9112_9_6_a_client_that_ends_its_side_gets_the_answers_of_unsafe_methods = wire(
    b"POST /wait/open HTTP/1.1\r\nHost: a.example\r\n\r\n" * 2,
    answer(200, b"worked"),
    answer(200, b"worked"),
    CLOSED,
    end=True,
)


def test_9112_9_6_a_get_that_waits_when_its_client_ends_its_side_is_cancelled(talk, request):
    """The end of input is all that is ever seen of a browser that has left: safe methods take it for that."""
    gate = f"half-closed-{request.node.callspec.id}"
    client, other = talk(), talk()
    client.send(get(target=f"/wait/{gate}".encode()))
    wait_for(other, f"began {gate}")
    client.end()
    wait_for(other, f"cancelled {gate}")
    assert until_closed(client) == b""


test_9112_9_6_an_answer_to_a_refused_request_is_read_though_more_was_sent = wire(
    b"BAD\r\n\r\n" + b"x" * 200_000, *refused(400)
)

# ── §9.3.2 pipelining ────────────────────────────────────────────────────────

test_9112_9_3_2_answers_keep_the_order_of_the_requests = wire(
    b"".join(get(target=b"/turns/%d" % n) for n in (9, 0, 5, 1)),
    *[answer(200, b"%d" % n) for n in (9, 0, 5, 1)],
    KEPT,
)

test_9112_9_3_2_bodies_do_not_leak_into_each_other = wire(
    b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\none"
    b"POST /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
    b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nthree" + GET,
    answer(200, b"one"),
    answer(200, b"two"),
    answer(200, b"three"),
    answer(200, b"hello"),
    KEPT,
)

test_9112_9_3_2_more_than_sixteen_are_answered_too = wire(GET * 40, *[answer(200, b"hello")] * 40, KEPT)

test_9112_9_3_2_good_requests_before_a_bad_one_are_answered = wire(
    GET + get(target=b"/turns/2") + b"BAD\r\n\r\n" + GET,
    answer(200),
    answer(200),
    answer(400, connection=b"close"),
    CLOSED,
)

# ── bodies that the handler does not read (threat R5) ────────────────────────


def unread(target: bytes, method: bytes = b"POST") -> bytes:
    return (
        b"%b %b HTTP/1.1\r\nHost: a.example\r\nContent-Length: 43\r\n\r\n" % (method, target)
        + (b"GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n"[:43])
    )


test_9112_9_3_an_unread_body_is_drained_before_the_next_request = wire(
    unread(b"/ignore") + GET, answer(200, b"ignored"), answer(200, b"hello"), KEPT
)

test_9112_9_3_so_is_that_of_a_404 = wire(unread(b"/nowhere") + GET, answer(404), answer(200, b"hello"), KEPT)

test_9112_9_3_so_is_that_of_a_405 = wire(unread(b"/") + GET, answer(405), answer(200, b"hello"), KEPT)

test_9112_9_3_so_is_that_of_options = wire(
    unread(b"/", b"OPTIONS") + GET, answer(204, b""), answer(200, b"hello"), KEPT
)

test_9112_9_3_so_is_that_of_a_421 = wire(
    unread(b"http://evil.example/") + GET, answer(421), answer(200, b"hello"), KEPT
)

test_9112_9_3_so_is_one_in_chunks = wire(
    b"POST /ignore HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n"
    + GET,
    answer(200, b"ignored"),
    answer(200, b"hello"),
    KEPT,
)

test_9112_9_3_a_body_too_long_to_be_drained_ends_the_connection = wire(
    b"POST /ignore HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000000\r\n\r\n",
    answer(200, b"ignored", connection=b"close"),
    CLOSED,
)


def test_9112_9_3_octets_behind_broken_chunks_are_no_request(talk):
    client = talk()
    client.send(b"POST /ignore HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.expect(answer(200, b"ignored"))
    client.send(b"x\r\n" + GET)
    assert client.rest() == b""


# ── §9.5 failures, half-closed connections, disconnects (threat R22) ─────────


def test_9112_8_a_body_that_ends_early_is_not_taken_as_whole(talk):
    client = talk()
    client.send(b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhell")
    client.end()
    assert b"200 OK" not in until_closed(client)


def test_9112_8_chunks_that_end_early_are_not_taken_as_whole(talk):
    client = talk()
    client.send(b"POST /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n")
    client.end()
    assert b"200 OK" not in until_closed(client)


def test_9112_8_a_stream_that_fails_is_cut_and_not_ended(talk):
    client = talk()
    client.send(get(target=b"/broken-stream"))
    heard = until_closed(client)
    assert heard == b"" or (b"part 0" in heard and not heard.endswith(b"0\r\n\r\n"))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_9112_9_5_a_get_is_cancelled_when_its_client_goes_and_a_post_finishes(talk, method, request):
    gate = f"{method}-{request.node.callspec.id}"
    leaver, other = talk(), talk()
    leaver.send(f"{method} /wait/{gate} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
    wait_for(other, f"began {gate}")
    leaver.close()
    if method == "GET":
        wait_for(other, f"cancelled {gate}")
    else:
        other.send(f"POST /open/{gate} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
        other.expect(answer(200, b"open"))
        wait_for(other, f"finished {gate}")


def test_9112_9_4_other_connections_are_served_while_one_waits(talk, request):
    gate = f"other-{request.node.callspec.id}"
    waiter, other = talk(), talk()
    waiter.send(f"POST /wait/{gate} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode() + GET)
    wait_for(other, f"began {gate}")
    assert waiter.is_silent()
    other.send(f"POST /open/{gate} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
    other.expect(answer(200, b"open"))
    waiter.expect(answer(200, b"worked"))
    waiter.expect(answer(200, b"hello"))


def wait_for(client, what):
    """Ask until the handler has said it."""
    for _ in range(5000):
        client.send(get(target=b"/seen-so-far"))
        if f'"{what}"'.encode() in client.expect(answer(200)).body:
            return
    pytest.fail(f"{what!r} did not happen")


def until_closed(client):
    try:
        return client.rest()
    except ConnectionResetError:
        return bytes(client._ahead)


def test_9112_9_3_2_a_client_that_does_not_read_is_held_back(talk):
    """threat R16: of 300 answers of 1 MB only so many are made as fit into the buffers."""
    client, other = talk(), talk()
    before = large_answers(other)
    client.send(get(target=b"/large/1000000") * 300)
    client.line.settimeout(10)
    made = large_answers(other) - before
    for _ in range(300):
        client_made, made = made, large_answers(other) - before
        if client_made == made:
            break
    assert made < 60
    client.expect(answer(200))
    client.close()


def large_answers(client):
    client.send(get(target=b"/seen-so-far"))
    return client.expect(answer(200)).body.count(b'"large"')
