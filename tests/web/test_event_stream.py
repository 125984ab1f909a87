"""`EventStream` as an answer: what a browser's EventSource gets."""

import asyncio
import contextvars

import pytest

from sennit import SennitError
from sennit.web import Comment, EventStream, Header
from sennit.web.middleware import Cors


async def counted():
    yield {"event": "tick", "data": {"n": 1}, "id": 7}
    yield "two\nlines"
    yield Comment("over")


class TestAnswer:
    async def test_is_one_block_an_item_that_nobody_keeps_or_buffers(self, router, ask):
        @router.get("/")
        async def ticks():
            return EventStream(counted())

        page = await ask("GET", "/")
        assert page.media_type == "text/event-stream"
        assert (page.headers["cache-control"], page.headers["x-accel-buffering"]) == ("no-store", "no")
        assert page.text == 'event: tick\nid: 7\ndata: {"n":1}\n\ndata: two\ndata: lines\n\n: over\n\n'

    async def test_where_the_browser_left_off_is_a_header(self, router, ask):
        """EventSource sends the last `id` when it connects again."""

        @router.get("/")
        async def ticks(last_event_id: Header[int] = 0):
            async def items():
                yield {"id": last_event_id + 1, "data": "next"}

            return EventStream(items())

        assert (await ask("GET", "/")).text == "id: 1\ndata: next\n\n"
        assert (await ask("GET", "/", last_event_id="41")).text == "id: 42\ndata: next\n\n"
        assert (await ask("GET", "/", last_event_id="x")).status == 422

    @pytest.mark.parametrize("ping_s", [0, -1, float("nan")], ids=str)
    def test_pings_have_a_pause(self, ping_s):
        with pytest.raises(SennitError) as caught:
            EventStream(counted(), ping_s=ping_s)
        assert caught.value.code == "web.E051"


class TestGenerator:
    async def test_a_silent_one_opens_at_once_and_is_pinged(self):
        closed = []

        async def silent():
            try:
                await asyncio.Event().wait()
                yield
            finally:
                closed.append(True)

        events = EventStream(silent(), ping_s=0.001)
        pieces = [await anext(events.stream) for _ in range(3)]
        await events.stream.aclose()
        assert (pieces, closed) == ([b":\n\n"] * 3, [True])

    async def test_goes_on_once_its_item_has_been_taken(self):
        sent = []

        async def items():
            for n in range(3):
                yield n
                sent.append(n)

        stream = EventStream(items()).stream
        await anext(stream)
        for _ in range(20):
            await asyncio.sleep(0)
        assert sent == []
        await anext(stream)
        assert sent == [0]
        await stream.aclose()

    async def test_runs_in_one_task(self):
        """A time-out or a context variable that spans several items works."""
        variable = contextvars.ContextVar("variable", default=0)

        async def items():
            async with asyncio.timeout(60):
                for _ in range(3):
                    variable.set(variable.get() + 1)
                    yield variable.get()

        assert [piece async for piece in EventStream(items()).stream] == [
            b"data: 1\n\n",
            b"data: 2\n\n",
            b"data: 3\n\n",
        ]

    async def test_is_closed_when_the_stream_is_told_to_end(self):
        closed = []

        async def items():
            try:
                yield "one"
                await asyncio.Event().wait()
            finally:
                closed.append(True)

        events = EventStream(items())
        pieces = []
        async for piece in events.stream:
            pieces.append(piece)
            events.end()
        assert (pieces, closed) == ([b"data: one\n\n"], [True])

    async def test_that_fails_first_is_a_500_and_later_is_cut_and_logged(self, router, ask, caplog):
        async def failing(count):
            for n in range(count):
                yield n
            raise ValueError("no more")

        @router.get("/{count}")
        async def ticks(count: int):
            return EventStream(failing(count))

        assert (await ask("GET", "/0")).status == 500
        caplog.clear()
        page = await ask("GET", "/1")
        assert (page.status, page.is_cut, page.text) == (200, True, "data: 0\n\n")
        assert "no more" in caplog.text

    async def test_that_fails_while_it_is_closed_is_logged(self, caplog):
        async def items():
            try:
                yield 1
                yield 2
            finally:
                raise ValueError("no end")

        stream = EventStream(items()).stream
        await anext(stream)
        await stream.aclose()
        assert "no end" in caplog.text


@pytest.fixture
def events(router):
    @router.get("/own")
    async def own():
        return EventStream(counted())

    @router.get("/shared", middleware=[Cors(origins=["https://friend.example"], credentials=True)])
    async def shared():
        return EventStream(counted())


@pytest.mark.parametrize(
    ("path", "origin", "status"),
    [
        ("/own", "http://test", 200),
        ("/own", "https://friend.example", 403),
        ("/own", "null", 403),
        ("/shared", "https://friend.example", 200),
        ("/shared", "https://other.example", 403),
        ("/shared", "null", 403),
    ],
    ids=["own", "foreign", "null", "listed", "not listed", "null where some are listed"],
)
async def test_r24_events_are_for_pages_of_this_site_and_listed_ones(events, ask, path, origin, status):
    page = await ask("GET", path, origin=origin, cookie="a=b", sec_fetch_site="cross-site", sec_fetch_mode="cors")
    assert page.status == status
