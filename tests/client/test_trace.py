"""Where the time of a request went."""

from client.answering import answer
from sennit.client import Backoff, Retries


async def test_where_the_time_went(serve_site, open_client):
    site = await serve_site(lambda asked: answer(200, "x"))
    client = open_client(site.url)
    first, second = [(await client.get("/", trace=True)).trace for _ in range(2)]
    assert (first.reused, second.reused) == (False, True)
    assert first.connect_s is not None and second.connect_s is None
    assert 0 < first.first_byte_s <= first.total_s < 10
    assert (first.tls_s, first.proxy_s) == (None, None)
    assert (await client.get("/")).trace is None


async def test_of_a_request_that_was_tried_again_the_phases_are_those_of_the_last_try(serve_site, open_client):
    left = [answer(503)]
    site = await serve_site(lambda asked: left.pop() if left else answer(200))
    client = open_client(site.url, retries=Retries(backoff=Backoff(first_s=0.001)))
    trace = (await client.get("/", trace=True)).trace
    assert trace.reused and trace.connect_s is None
