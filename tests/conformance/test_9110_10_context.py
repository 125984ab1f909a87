"""RFC 9110 §10: Expect. RFC 9110 §6.6.1: Date."""

import email.utils
import socket
import time

import pytest

from conformance.wire import CLOSED, KEPT, answer, each, refused, wire

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def post(lines: bytes, target: bytes = b"/echo", version: bytes = b"1.1") -> bytes:
    return b"POST %b HTTP/%b\r\nHost: a.example\r\n%b\r\n" % (target, version, lines)


# ── §10.1.1 Expect ───────────────────────────────────────────────────────────

test_9110_10_1_1_an_unknown_expectation_is_a_417 = each(
    {
        "unknown": post(b"Expect: wonders\r\nContent-Length: 5\r\n") + b"hello",
        "with parameter": post(b"Expect: 100-continue;q=1\r\n"),
        "in a list": post(b"Expect: 100-continue, wonders\r\n"),
        "second line": post(b"Expect: 100-continue\r\nExpect: wonders\r\n"),
        "almost": post(b"Expect: 100-continu\r\n"),
        "empty": post(b"Expect:\r\n"),
    },
    *refused(417),
)

test_9110_10_1_1_http_1_0_has_no_expectations = each(
    {
        "100-continue": post(b"Expect: 100-continue\r\nContent-Length: 5\r\n", version=b"1.0") + b"hello",
        "unknown": post(b"Expect: wonders\r\nContent-Length: 5\r\n", version=b"1.0") + b"hello",
    },
    answer(200, b"hello", connection=b"close"),
    CLOSED,
)

test_9110_10_1_1_without_a_body_no_100_is_sent = each(
    {
        "GET": b"GET / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\n\r\n",
        "length of zero": b"GET / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n",
    },
    answer(200, b"hello"),
    KEPT,
)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"], ids=["length", "chunked"]
)
def test_9110_10_1_1_100_is_sent_once_when_the_app_begins_to_read(talk, framing):
    client = talk()
    client.send(post(b"Expect: 100-continue\r\n" + framing))
    client.expect(answer(100))
    assert client.is_silent()
    client.send(b"hello" if framing.startswith(b"Content") else b"5\r\nhello\r\n0\r\n\r\n")
    client.expect(answer(200, b"hello"))
    client.send(GET)
    client.expect(answer(200, b"hello"))


@pytest.mark.parametrize("target", [b"/ignore", b"/nowhere", b"/"], ids=["unread", "404", "405"])
def test_9110_10_1_1_no_100_is_sent_for_a_body_that_nobody_wants(talk, target):
    """And the connection ends: whether the client sends the body all the same cannot be known."""
    client = talk()
    client.send(post(b"Expect: 100-continue\r\nContent-Length: 5\r\n", target))
    heard = client.answer()
    assert heard.status in (200, 404, 405)
    assert heard.get(b"connection") == b"close"
    assert client.rest() == b""


def test_9110_10_1_1_a_body_beyond_the_limit_is_refused_before_it_is_sent(talk):
    client = talk()
    client.send(post(b"Expect: 100-continue\r\nContent-Length: 100000\r\n"))
    client.expect(answer(413, connection=b"close"))
    assert client.rest() == b""


def test_9110_10_1_1_a_client_that_does_not_wait_gets_its_answer(talk):
    client = talk()
    client.send(post(b"Expect: 100-continue\r\nContent-Length: 5\r\n") + b"hello" + GET)
    heard = client.answer()
    if heard.status == 100:
        heard = client.answer()
    assert (heard.status, heard.body) == (200, b"hello")
    client.expect(answer(200, b"hello"))


def test_9110_10_1_1_no_100_is_sent_inside_an_answer(talk):
    """The app answers first and reads then: a 100 would be taken for a part of its body."""
    client = talk()
    client.send(post(b"Expect: 100-continue\r\nContent-Length: 5\r\n", b"/stream-back"))
    assert client.line.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
    client.send(b"hello")
    client.expect(answer(200, b"begin hello", connection=b"close"))
    assert client.rest() == b""


# ── §6.6.1 Date ──────────────────────────────────────────────────────────────


def test_9110_6_6_1_date_is_now_in_the_one_right_form(talk):
    client = talk()
    client.send(GET)
    date = client.expect(answer(200)).get(b"date").decode()
    moment = email.utils.parsedate_to_datetime(date)
    assert email.utils.format_datetime(moment, usegmt=True) == date
    assert abs(moment.timestamp() - time.time()) < 3


# ── §5.5 what an app may put into a field (threat R7) ────────────────────────

test_9110_5_5_an_app_cannot_split_an_answer = each(
    {
        name: b"GET /set/x-field?value=%b HTTP/1.1\r\nHost: a.example\r\n\r\n" % value
        for name, value in {
            "CR LF": b"a%0d%0aset-cookie:b",
            "CR": b"a%0db",
            "LF": b"a%0ab",
            "NUL": b"a%00b",
            "DEL": b"a%7fb",
            "escape": b"a%1bb",
            "beyond ISO 8859-1": b"%e2%82%ac",
            "that ends in LF as ISO 8859-1": b"%c4%8a%c4%8d",
        }.items()
    },
    answer(400, b"http.E002"),
    KEPT,
)

test_9110_5_1_nor_by_the_name_of_a_field = each(
    {
        "blank": b"GET /set/x%20y?value=1 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "CR LF": b"GET /set/x%0d%0ay?value=1 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "colon": b"GET /set/x:y?value=1 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "above ASCII": b"GET /set/%c3%a4?value=1 HTTP/1.1\r\nHost: a.example\r\n\r\n",
    },
    answer(400, b"http.E001"),
    KEPT,
)

test_9110_5_5_a_field_may_have_what_the_grammar_allows = wire(
    b"GET /set/x-field?value=%09a%20%c3%a4 HTTP/1.1\r\nHost: a.example\r\n\r\n",
    answer(200, b"set", x_field=b"\ta \xe4"),
    KEPT,
)

test_9112_6_3_an_app_cannot_write_the_framing_itself = each(
    {
        name: b"GET /set/%b?value=5 HTTP/1.1\r\nHost: a.example\r\n\r\n" % name.encode()
        for name in ("content-length", "Transfer-Encoding", "connection", "date")
    },
    answer(500),
    KEPT,
)
