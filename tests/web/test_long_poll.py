"""Long polling: the value when it comes, 204 when it does not."""

import asyncio

import pytest

from sennit import Request, Response
from sennit.web import long_poll
from sennit.web.middleware import Cors


@pytest.fixture
def polling(router):
    """`polling(make, **options)`: a route at `/` that polls for what `make()` gives."""

    def declare(make, *, middleware=(), **options):
        @router.get("/", middleware=middleware)
        async def poll(request: Request):
            return await long_poll(request, make(), **options)

    return declare


async def value(it):
    return it


class TestSources:
    async def test_a_queue(self, polling, ask):
        queue = asyncio.Queue()
        polling(queue.get)
        asking = asyncio.create_task(ask("GET", "/"))
        await asyncio.sleep(0)
        queue.put_nowait({"n": 1})
        page = await asking
        assert (page.status, page.json(), page.headers["cache-control"]) == (200, {"n": 1}, "no-store")

    async def test_a_condition(self, router, ask):
        said, messages = asyncio.Condition(), ["a"]

        @router.get("/")
        async def newer(request: Request, after: int = 0):
            async with said:
                return await long_poll(request, said.wait_for(lambda: messages[after:]))

        assert (await ask("GET", "/")).json() == ["a"]
        asking = asyncio.create_task(ask("GET", "/?after=1"))
        for _ in range(20):
            await asyncio.sleep(0)
        async with said:
            messages.append("b")
            said.notify_all()
        assert (await asking).json() == ["b"]

    async def test_an_async_iterator_whose_next_item_is_meant(self, polling, ask):
        closed = []

        async def items():
            try:
                yield "first"
                yield "second"
            finally:
                closed.append(True)

        polling(items)
        assert (await ask("GET", "/")).text == "first"
        assert closed == [True]

    async def test_an_iterator_that_is_over(self, polling, ask):
        async def items():
            for each in ():
                yield each

        polling(items)
        assert (await ask("GET", "/")).status == 204


class TestAnswers:
    @pytest.mark.parametrize(
        ("it", "status", "text"),
        [
            ([], 200, "[]"),
            ("", 200, ""),
            (None, 204, ""),
            (("made", 201), 201, "made"),
            (Response(b"x", 202), 202, "x"),
        ],
        ids=["empty list", "empty text", "None", "tuple", "Response"],
    )
    async def test_are_what_a_handler_may_return(self, polling, ask, it, status, text):
        polling(lambda: value(it))
        page = await ask("GET", "/")
        assert (page.status, page.text) == (status, text)

    async def test_204_after_the_time_out_which_cancels(self, polling, ask):
        ended = []

        async def never():
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        polling(never, timeout_s=0.001)
        page = await ask("GET", "/")
        assert (page.status, page.headers["cache-control"], ended) == (204, "no-store", [True])

    async def test_what_comes_in_the_last_moment_is_not_lost(self, polling, ask):
        async def late():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return "late"

        polling(late, timeout_s=0.001)
        assert (await ask("GET", "/")).text == "late"

    async def test_what_fails_is_the_handlers_failure(self, polling, ask, caplog):
        async def failing():
            raise ValueError("no news")

        polling(failing)
        assert (await ask("GET", "/")).status == 500
        assert "no news" in caplog.text

    @pytest.mark.parametrize("timeout_s", [0, -1, 300, float("nan")], ids=str)
    async def test_a_time_out_lies_below_the_limit_of_the_request(self, polling, ask, caplog, timeout_s):
        polling(asyncio.Event().wait, timeout_s=timeout_s)
        assert (await ask("GET", "/")).status == 500
        assert "web.E051" in caplog.text


@pytest.mark.parametrize(
    ("origin", "listed", "status"),
    [
        ("http://test", (), 200),
        ("https://friend.example", (), 403),
        ("null", (), 403),
        ("https://friend.example", ("https://friend.example",), 200),
    ],
    ids=["own", "foreign", "null", "listed"],
)
async def test_r24_polls_are_for_pages_of_this_site_and_listed_ones(polling, ask, origin, listed, status):
    shared = [Cors(origins=listed, credentials=True)] if listed else []
    polling(lambda: value("news"), middleware=shared)
    page = await ask("GET", "/", origin=origin, cookie="a=b", sec_fetch_site="cross-site", sec_fetch_mode="cors")
    assert page.status == status
