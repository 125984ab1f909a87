"""Server-sent events received (HTML standard §9.2): the format, and when it is connected again."""

import asyncio

import pytest

from client.answering import answer
from client.conftest import in_use
from sennit.client import Backoff, ConnectFailed, Event, ProtocolFailed, StatusError, TooLarge
from sennit.client.errors import ClientError
from sennit.client.event_source import EventSource
from sennit.client.event_stream import EventStream
from sennit.client.limits import Limits


def decoded(octets):
    return EventStream().receive_data(octets)


class TestFormat:  # §9.2.6
    @pytest.mark.parametrize(
        ("octets", "events"),
        [
            (b"data: a\n\n", [Event("a")]), (b"data:a\n\n", [Event("a")]), (b"data:  a\n\n", [Event(" a")]),
            (b"data: a\ndata: b\n\n", [Event("a\nb")]), (b"data\n\n", [Event("")]), (b"data\ndata\n\n", [Event("\n")]),
            (b"event: x\ndata: a\n\ndata: b\n\n", [Event("a", "x"), Event("b")]), (b"event: x\n\ndata: b\n\n", [Event("b")]),
            (b"id: 1\ndata: a\n\ndata: b\n\n", [Event("a", id="1"), Event("b", id="1")]),
            (b"id: 1\ndata: a\n\nid\ndata: b\n\n", [Event("a", id="1"), Event("b")]),
            (b"id: a\0b\ndata: a\n\n", [Event("a")]), (b": a comment\ndata: a\n:\n\n", [Event("a")]),
            (b"nonsense: x\nDATA: y\ndata: a\n\n", [Event("a")]),
            (b"data: never ended\n", []), (b"data: a\n\ndata: b", [Event("a")]), (b"\n\n\n", []),
            (b"data: a:b: c\n\n", [Event("a:b: c")]),
            ("data: zoë\n\n".encode(), [Event("zoë")]), (b"data: \xff\n\n", [Event("\ufffd")]),
            (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
            (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []), (b"\n\xef\xbb\xbfdata: a\n\n", []),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
    def test_wherever_it_is_cut_and_however_lines_end(self, octets, events, end):
        octets = octets.replace(b"\n", end)
        assert decoded(octets) == events
        for cut in range(len(octets) + 1):
            stream = EventStream()
            assert stream.receive_data(octets[:cut]) + stream.receive_data(octets[cut:]) == events, cut
        stream = EventStream()
        assert [
            event for place in range(len(octets)) for event in stream.receive_data(octets[place : place + 1])
        ] == events

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [("5", 0.005), ("0", 0.0), ("9" * 30, 3600.0), ("", None), ("-1", None), ("1.5", None), ("²", None)],
    )
    def test_retry_is_a_number_of_milliseconds_or_nothing(self, value, seconds):
        stream = EventStream()
        stream.receive_data(f"retry: {value}\n\n".encode())
        assert stream.retry_s == seconds

    def test_an_id_counts_once_its_event_has_ended(self):
        stream = EventStream()
        stream.receive_data(b"id: 1\ndata: a\n")
        assert stream.last_event_id == ""
        stream.receive_data(b"\n")
        assert stream.last_event_id == "1"


def stream_of(octets, status=200, media_type="text/event-stream"):
    return answer(status, octets, content_type=media_type)


def telling(*answers):
    """A site that gives one answer after the other, and 204 at the end."""
    left = list(answers)
    return lambda asked: left.pop(0) if left else answer(204)


@pytest.fixture
async def events_of(serve_site, open_client):
    """`source = await events_of(handler)`; its pauses are written down in `source.slept` instead of waited for."""

    async def make(handler, limits=Limits(), options=None, **more):
        site = await serve_site(handler)
        slept = []

        async def sleep(seconds):
            slept.append(seconds)

        source = EventSource(open_client(site.url, limits=limits), "/", options or {}, sleep=sleep, **more)
        source.slept, source.site = slept, site
        return source

    return make


class TestConnecting:  # §9.2.3
    async def test_it_goes_on_from_the_last_event_until_the_server_says_204(self, events_of):
        source = await events_of(telling(stream_of("id: 7\ndata: a\n\ndata: b\n\n"), stream_of("id: ü\ndata: c\n\n")))
        async with source:
            assert [(event.data, event.id) async for event in source] == [("a", "7"), ("b", "7"), ("c", "ü")]
        assert [asked.headers.get("last-event-id") for asked in source.site.asked] == [
            None,
            "7",
            "ü".encode().decode("latin-1"),
        ]
        assert source.last_event_id == "ü"
        assert {asked.headers["accept"] for asked in source.site.asked} == {"text/event-stream"}
        assert {asked.headers["cache-control"] for asked in source.site.asked} == {"no-store"}

    async def test_a_last_event_id_may_be_given(self, events_of):
        source = await events_of(telling(), last_event_id="9", options={"headers": {"X-Mine": "1"}})
        assert [event async for event in source] == []
        assert source.site.asked[0].headers["last-event-id"] == "9"
        assert source.site.asked[0].headers["x-mine"] == "1"

    async def test_the_pause_is_what_the_server_says_at_least_and_at_random_up_to_twice_that(self, events_of):
        source = await events_of(telling(*[stream_of("retry: 2000\ndata: a\n\n")] * 4))
        assert len([event async for event in source]) == 4
        assert all(2 <= pause <= 4 for pause in source.slept) and len(set(source.slept)) > 1

    async def test_without_that_it_is_three_to_six_seconds_and_longer_with_each_failure(self, events_of):
        quiet = Backoff(first_s=6, most_s=60, tries=10, chance=lambda: 0.0)
        source = await events_of(telling(stream_of(""), *[answer(503)] * 5, stream_of("data: a\n\n")), reconnect=quiet)
        assert [event.data async for event in source] == ["a"]
        assert source.slept == [6, 6, 12, 24, 48, 60, 6]

    @pytest.mark.parametrize(
        "passing", [answer(503), answer(502), answer(429), None], ids=["503", "502", "429", "hang up"]
    )
    async def test_what_may_pass_is_tried_again(self, events_of, passing):
        source = await events_of(telling(passing, stream_of("data: a\n\n")))
        assert [event.data async for event in source] == ["a"]

    async def test_so_many_failures_in_a_row_are_too_many(self, events_of):
        source = await events_of(telling(stream_of("data: a\n\n"), *[answer(503)] * 9), reconnect=Backoff(tries=3))
        seen = []
        with pytest.raises(StatusError):
            async for event in source:
                seen.append(event.data)
        assert (seen, len(source.site.asked)) == (["a"], 4)

    @pytest.mark.parametrize(
        ("said", "error", "code"),
        [
            (answer(404), StatusError, "client.E007"), (answer(401), StatusError, "client.E007"),
            (answer(200, "x", content_type="text/html"), ProtocolFailed, "client.E033"),
            (stream_of("", 206), ProtocolFailed, "client.E033"),
        ],
    )  # fmt: skip
    async def test_what_is_meant_is_not(self, events_of, said, error, code):
        source = await events_of(telling(said))
        with pytest.raises(error) as caught:
            await anext(aiter(source))
        assert (caught.value.code, len(source.site.asked)) == (code, 1)

    async def test_nobody_there(self, open_client, unused_tcp_port):
        source = open_client(f"http://127.0.0.1:{unused_tcp_port}").events(
            "/", reconnect=Backoff(first_s=0.001, tries=2)
        )
        with pytest.raises(ConnectFailed):
            await anext(aiter(source))

    async def test_an_event_without_an_end_is_too_large(self, events_of):
        source = await events_of(telling(stream_of(b"data: " + b"x" * 5000)), limits=Limits(event=1000))
        with pytest.raises(TooLarge, match="1000"):
            await anext(aiter(source))
        assert in_use() == 0


class TestEnding:
    async def open_stream(self, serve_site, open_client):
        async def handler(asked):
            await asked.peer.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: a\n\n")
            await asked.peer.gone()

        site = await serve_site(handler)
        return site, open_client(site.url)

    async def test_leaving_the_block_frees_the_connection(self, serve_site, open_client):
        _, client = await self.open_stream(serve_site, open_client)
        async with client.events("/") as events:
            async for event in events:
                assert event.data == "a"
                break
        assert in_use() == 0

    async def test_closed_by_another_task_the_iteration_ends(self, serve_site, open_client):
        site, client = await self.open_stream(serve_site, open_client)
        events = client.events("/")
        seen = []

        async def listen():
            async for event in events:
                seen.append(event.data)

        task = asyncio.create_task(listen())
        async with asyncio.timeout(5):
            while not seen:
                await asyncio.sleep(0)
            events.close()
            await task
        assert (seen, len(site.asked), in_use()) == (["a"], 1, 0)

    async def test_a_client_that_is_closed_raises(self, serve_site, open_client):
        _, client = await self.open_stream(serve_site, open_client)
        iterator = aiter(client.events("/", reconnect=Backoff(first_s=0.001)))
        assert (await anext(iterator)).data == "a"
        await client.close()
        with pytest.raises(ClientError):
            await anext(iterator)


class TestOfOneAnswer:
    async def test_any_answer_has_events(self, serve_site, open_client):
        site = await serve_site(lambda asked: stream_of(b"data: " + asked.body + b"\n\n"))
        async with open_client(site.url).stream("POST", "/", json=1) as response:
            assert [event.data async for event in response.events()] == ["1"]
        assert len(site.asked) == 1
