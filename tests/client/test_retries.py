"""Requests made again (RFC 9110 §9.2.2, §10.2.3): which ones, after what, how often, and when."""

import pytest

from client.answering import answer
from client.conftest import in_use
from sennit.client import Backoff, Client, ClientError, ConnectFailed, Retries, TimedOut, Timeouts
from sennit.client.errors import ProtocolFailed
from sennit.client.retries import may_pass, retry_after
from sennit.errors import SennitError
from sennit.http.date import http_date

NOW = 1_700_000_000.0


class Waits:
    """Retries whose pauses are written down instead of waited for."""

    def __init__(self, most=3, **more):
        self.slept = []
        backoff = Backoff(first_s=1, most_s=8, jitter=0.5, chance=lambda: 0.0)
        self.retries = Retries(**{"most": most, "backoff": backoff, "sleep": self.sleep, "now": lambda: NOW} | more)

    async def sleep(self, seconds):
        self.slept.append(seconds)


def failing(times, failure, then=None):
    """A site that fails so often; `failure` is an answer, or None to hang up."""
    left = [times]

    def handler(asked):
        if left[0]:
            left[0] -= 1
            return failure
        return then or answer(200, asked.body or b"well")

    return handler


class TestWhat:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
    async def test_a_method_that_may_be_repeated_is(self, serve_site, open_client, method):
        site, waits = await serve_site(failing(2, answer(503))), Waits()
        response = await open_client(site.url, retries=waits.retries).request(method, "/")
        assert (response.status, len(site.asked)) == (200, 3)

    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    async def test_any_other_is_not(self, serve_site, open_client, method):
        site, waits = await serve_site(failing(1, answer(503))), Waits()
        client = open_client(site.url, retries=waits.retries)
        assert (await client.request(method, "/", body=b"x")).status == 503
        site, waits = await serve_site(failing(1, None)), Waits()
        with pytest.raises(ProtocolFailed):
            await open_client(site.url, retries=waits.retries).request(method, "/", body=b"x")
        assert len(site.asked) == 1

    async def test_a_body_that_can_be_had_again_goes_again_and_an_iterator_does_not(
        self, serve_site, open_client, tmp_path
    ):
        path = tmp_path / "f"
        path.write_bytes(b"file")
        for body, sent in ((b"bytes", b"bytes"), (path, b"file"), (lambda: [b"made"], b"made")):
            site = await serve_site(failing(1, answer(503)))
            assert (await open_client(site.url, retries=Waits().retries).put("/", body=body)).content == sent
        site = await serve_site(failing(1, answer(503)))
        assert (await open_client(site.url, retries=Waits().retries).put("/", body=iter([b"once"]))).status == 503

    @pytest.mark.parametrize("status", [400, 401, 404, 408, 500, 501])
    async def test_a_status_that_is_meant_is_the_answer(self, serve_site, open_client, status):
        site = await serve_site(failing(1, answer(status)))
        assert (await open_client(site.url, retries=2).get("/")).status == status

    async def test_which_statuses_are_not_can_be_said(self, serve_site, open_client):
        site, waits = await serve_site(failing(1, answer(500))), Waits(statuses=frozenset((500,)))
        assert (await open_client(site.url, retries=waits.retries).get("/")).status == 200

    async def test_a_connection_that_ends_before_the_answer_is_tried_again(self, serve_site, open_client):
        site, waits = await serve_site(failing(2, None)), Waits()
        assert (await open_client(site.url, retries=waits.retries).get("/")).status == 200
        assert waits.slept == [1, 2]

    async def test_one_that_ends_inside_the_answer_is_not(self, serve_site, open_client):
        async def handler(asked):
            await asked.peer.say(b"HTTP/1.1 200 OK\r\ncontent-le")

        site, waits = await serve_site(handler), Waits()
        with pytest.raises(ProtocolFailed):
            await open_client(site.url, retries=waits.retries).get("/")
        assert waits.slept == []

    async def test_nobody_there_is_tried_until_there_is_somebody_or_the_tries_are_over(
        self, open_client, unused_tcp_port
    ):
        waits = Waits(most=2)
        with pytest.raises(ConnectFailed):
            await open_client(f"http://127.0.0.1:{unused_tcp_port}", retries=waits.retries).get("/")
        assert waits.slept == [1, 2]

    def test_an_address_that_is_refused_a_certificate_and_a_closed_client_stay_as_they_are(self):
        assert not may_pass(ConnectFailed("", code="client.E008"))
        assert not may_pass(ConnectFailed("", code="client.E011"))
        assert not may_pass(ClientError(""))
        assert may_pass(TimedOut("", kind="connect"))
        assert not may_pass(TimedOut("", kind="read"))

    async def test_the_last_answer_is_the_result_when_all_tries_fail(self, serve_site, open_client):
        site, waits = await serve_site(failing(99, answer(503, "still"))), Waits(most=2)
        response = await open_client(site.url, retries=waits.retries).get("/")
        assert (response.status, response.text, len(site.asked)) == (503, "still", 3)

    async def test_the_answers_that_failed_are_read_so_that_their_connection_goes_on(self, serve_site, open_client):
        site, waits = await serve_site(failing(3, answer(503, "x" * 5000))), Waits()
        client = open_client(site.url, retries=waits.retries)
        assert (await client.get("/")).status == 200
        assert (site.connections, in_use()) == (1, 0)


class TestWhen:
    async def test_the_pauses_grow_to_their_bound(self, serve_site, open_client):
        site, waits = await serve_site(failing(5, answer(503))), Waits(most=5)
        await open_client(site.url, retries=waits.retries).get("/")
        assert waits.slept == [1, 2, 4, 8, 8]

    def test_a_random_part_of_each_is_left_out(self):
        backoff = Retries().backoff
        assert all(0.1 <= backoff.delay_s(1) <= 0.2 for _ in range(50))
        assert len({backoff.delay_s(1) for _ in range(10)}) > 1

    @pytest.mark.parametrize(
        ("field", "slept"),
        [("7", 7), (http_date(NOW + 30), 30), (http_date(NOW - 30), 0), ("0", 0), ("soon", 1), ("-1", 1), ("1.5", 1)],
    )
    async def test_retry_after_is_kept_to_in_seconds_and_as_a_date(self, serve_site, open_client, field, slept):
        site, waits = await serve_site(failing(1, answer(429, retry_after=field))), Waits()
        assert (await open_client(site.url, retries=waits.retries).get("/")).status == 200
        assert waits.slept == [slept]

    @pytest.mark.parametrize("field", ["61", http_date(NOW + 3600), "9" * 400])
    async def test_one_that_asks_for_too_long_is_the_result(self, serve_site, open_client, field):
        site, waits = await serve_site(failing(1, answer(503, retry_after=field))), Waits()
        assert (await open_client(site.url, retries=waits.retries).get("/")).status == 503
        assert waits.slept == []

    def test_what_the_field_may_say(self):
        assert [retry_after(value, NOW) for value in (None, "", "²", "12", "1" * 11)] == [
            None,
            None,
            None,
            12.0,
            float("inf"),
        ]

    async def test_nothing_is_tried_that_the_total_time_out_would_cut(self, serve_site, open_client):
        site, waits = await serve_site(failing(9, answer(503))), Waits()
        client = open_client(site.url, retries=waits.retries, timeout_s=Timeouts(total_s=1.5))
        assert (await client.get("/")).status == 503
        assert waits.slept == [1]

    def test_a_number_is_enough_and_zero_is_none(self):
        assert Client(retries=0)._retries is None
        assert Client(retries=3)._retries == Retries(most=3)

    def test_a_back_off_that_cannot_be_is_refused(self):
        with pytest.raises(SennitError) as caught:
            Retries(backoff=Backoff(most_s=-1))
        assert caught.value.code == "client.E010"
