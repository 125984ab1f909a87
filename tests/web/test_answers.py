"""What handlers return, and what goes wrong in them."""

import asyncio
import threading
from dataclasses import dataclass

import pytest

from sennit.errors import NotFound, Problem, SennitError
from sennit.testing.memory import MemoryExchange
from sennit.web import EventStream, FileResponse, Request, Response, Router, back, redirect

from .conftest import SiteClient


@dataclass
class Point:
    x: int


class TestReturnValues:
    @pytest.mark.parametrize(
        ("value", "status", "media_type", "text"),
        [
            ("<b>", 200, "text/html", "<b>"),
            (b"\x00", 200, "application/octet-stream", "\x00"),
            ({"a": 1}, 200, "application/json", '{"a":1}'),
            ([1, 2], 200, "application/json", "[1,2]"),
            (Point(3), 200, "application/json", '{"x":3}'),
            (("made", 201), 201, "text/html", "made"),
            (("x", 202, {"x-a": "b"}), 202, "text/html", "x"),
            (Response("t", media_type="text/css"), 200, "text/css", "t"),
        ],
    )
    async def test_become_responses(self, router, ask, value, status, media_type, text):
        @router.get("/")
        async def show():
            return value

        page = await ask("GET", "/")
        assert (page.status, page.media_type, page.text) == (status, media_type, text)

    async def test_none_is_204_for_unsafe_methods_and_where_it_is_annotated(self, router, ask):
        @router.post("/")
        async def create():
            pass

        @router.get("/none")
        async def nothing() -> None:
            pass

        @router.get("/forgot")
        async def forgot():
            pass

        assert [(await ask(m, u)).status for m, u in [("POST", "/"), ("GET", "/none"), ("GET", "/forgot")]] == [
            204,
            204,
            500,
        ]

    async def test_a_plain_function_runs_in_a_thread_and_inline_on_the_loop(self, router, ask):
        @router.get("/thread")
        def in_thread():
            return str(threading.current_thread() is threading.main_thread())

        @router.get("/inline", inline=True)
        def inline():
            return str(threading.current_thread() is threading.main_thread())

        assert ((await ask("GET", "/thread")).text, (await ask("GET", "/inline")).text) == ("False", "True")

    async def test_an_async_generator_streams(self, router, ask):
        @router.get("/")
        async def stream():
            for n in range(3):
                yield f"part {n}\n"

        page = await ask("GET", "/")
        assert (page.media_type, page.text) == ("text/plain", "part 0\npart 1\npart 2\n")

    async def test_a_stream_that_fails_early_is_a_500_and_later_is_cut(self, router, ask):
        @router.get("/early")
        async def early():
            raise ValueError
            yield ""

        @router.get("/late")
        async def late():
            yield "a"
            raise ValueError

        assert (await ask("GET", "/early")).status == 500
        page = await ask("GET", "/late")
        assert (page.status, page.is_cut) == (200, True)

    async def test_server_sent_events(self, router, ask):
        async def items():
            yield {"event": "tick", "data": {"n": 1}, "id": 7}
            yield "two\nlines"

        @router.get("/")
        async def ticks():
            return EventStream(items())

        page = await ask("GET", "/")
        assert page.media_type == "text/event-stream"
        assert page.text == 'event: tick\nid: 7\ndata: {"n":1}\n\ndata: two\ndata: lines\n\n'

    async def test_a_stream_of_events_that_is_told_to_end_closes_its_generator(self):
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


class TestFiles:
    @pytest.fixture
    def site(self, tmp_path, router):
        (tmp_path / "a.txt").write_bytes(b"0123456789")

        @router.get("/a")
        async def file():
            return FileResponse("a.txt", download_as='né"w.txt')

        @router.get("/gone")
        async def gone():
            return FileResponse("gone.txt")

        return SiteClient(router, tmp_path)

    async def test_whole_ranges_and_conditions(self, site):
        whole = await site("GET", "/a")
        assert (whole.status, whole.text, whole.media_type) == (200, "0123456789", "text/plain")
        assert "filename*=UTF-8''n%C3%A9%22w.txt" in whole.headers["content-disposition"]
        part = await site("GET", "/a", range="bytes=2-4")
        assert (part.status, part.text, part.headers["content-range"]) == (206, "234", "bytes 2-4/10")
        assert (await site("GET", "/a", range="bytes=-3")).text == "789"
        assert (await site("GET", "/a", range="bytes=10-")).status == 416
        assert (await site("GET", "/a", if_none_match=whole.headers["etag"])).status == 304
        assert (await site("GET", "/a", if_modified_since=whole.headers["last-modified"])).status == 304
        assert (await site("GET", "/a", range="bytes=0-1", if_range='"other"')).status == 200

    async def test_a_missing_file_is_404(self, site):
        assert (await site("GET", "/gone")).status == 404


class TestRedirects:
    async def test_to_functions_names_and_paths_of_this_site(self, router, ask):
        @router.get("/a/{id}")
        async def show(id: int):
            return ""

        @router.post("/f")
        async def f():
            return redirect(show, id=3, q="x")

        @router.post("/b")
        async def b():
            return back()

        page = await ask("POST", "/f")
        assert (page.status, page.headers["location"]) == (303, "/a/3?q=x")
        assert (await ask("POST", "/b", referer="http://test/a/1?x=2")).headers["location"] == "/a/1?x=2"
        assert (await ask("POST", "/b", referer="http://evil.example/a")).headers["location"] == "/"

    @pytest.mark.parametrize("target", ["//evil", "/\\evil", "https://evil"])
    async def test_another_host_only_through_external(self, router, ask, target):
        @router.get("/")
        async def go():
            return redirect(target)

        assert (await ask("GET", "/")).status == 500
        assert redirect.external("https://example.org/").target == "https://example.org/"
        with pytest.raises(SennitError):
            redirect.external("javascript:alert(1)")


class TestErrors:
    async def test_in_the_askers_form(self, router, ask):
        page = await ask("GET", "/nowhere", accept="text/html,*/*")
        assert page.media_type == "text/html"
        page = await ask("GET", "/nowhere", user_agent="curl/8", accept="*/*")
        assert (page.media_type, page.text.splitlines()[0]) == ("text/plain", "404 Not Found")
        page = await ask("GET", "/nowhere", accept="application/json")
        assert page.json()["status"] == 404
        assert page.json()["instance"] == "/nowhere"

    async def test_nothing_of_the_request_is_markup_on_the_page(self, router, ask):
        @router.get("/{n}")
        async def show(n: int):
            return ""

        assert "<script>" not in (await ask("GET", "/%3Cscript%3E", accept="text/html")).text

    async def test_own_handlers_by_class_and_status_innermost_first(self, router, ask):
        @router.error(NotFound)
        async def missing(request: Request, error: NotFound):
            return f"nothing at {request.path}", 404

        @router.error(418)
        async def teapot(error):
            return None

        @router.get("/gone")
        async def gone():
            raise NotFound

        @router.get("/teapot")
        async def pot():
            raise Problem(418, title="I am a teapot", detail="Short and stout")

        assert (await ask("GET", "/gone")).text == "nothing at /gone"
        page = await ask("GET", "/teapot", accept="application/json")
        assert (page.status, page.json()["title"]) == (418, "I am a teapot")

    async def test_a_crash_is_a_500_that_tells_nothing_but_a_number(self, router, ask):
        @router.get("/")
        async def crash():
            raise RuntimeError("the password is hunter2")

        page = await ask("GET", "/", accept="text/html")
        assert page.status == 500
        assert "hunter2" not in page.text

    async def test_work_after_runs_whatever_the_answer(self, router, ask):
        done = []

        @router.get("/")
        async def show(request: Request):
            request.after(lambda: done.append(1))
            raise NotFound

        await ask("GET", "/")
        assert done == [1]


class TestMiddleware:
    async def test_it_wraps_from_the_outside_in_and_sees_errors(self, router):
        seen = []
        inner = Router("/in")

        @router.middleware
        async def outer(request: Request, next):
            seen.append("outer")
            response = await next(request)
            response.headers["x-status"] = str(response.status)
            return response

        @inner.middleware
        async def second(request: Request, next):
            seen.append("inner")
            return await next(request)

        @inner.get("/")
        async def show():
            raise NotFound

        router.include(inner)
        page = await SiteClient(router)("GET", "/in/")
        assert seen == ["outer", "inner"]
        assert page.status == 404


class TestSession:
    async def test_it_is_signed_http_only_and_comes_back(self, router):
        @router.get("/set")
        async def put(session):
            session["n"] = session.get("n", 0) + 1
            return str(session["n"])

        site = SiteClient(router)
        first = await site("GET", "/set")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        value = cookie.split(";")[0]
        assert (await site("GET", "/set", cookie=value)).text == "2"
        assert (await site("GET", "/set", cookie=value[:-2] + "xx")).text == "1"
        assert first.headers["cache-control"] == "private, no-cache"

    async def test_without_use_there_is_none(self, router, ask):
        @router.get("/")
        async def show():
            return "x"

        assert "set-cookie" not in (await ask("GET", "/")).headers


class TestCrossSite:  # threat R30
    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"sec_fetch_site": "same-origin"}, 204),
            ({"sec_fetch_site": "none"}, 204),
            ({"sec_fetch_site": "cross-site"}, 403),
            ({"sec_fetch_site": "same-site"}, 403),
        ],
    )
    async def test_sec_fetch_site_decides(self, router, ask, fields, status):
        @router.post("/")
        async def create():
            pass

        assert (await ask("POST", "/", **fields)).status == status

    @pytest.mark.parametrize(
        ("lines", "status"),
        [
            ([("origin", "http://test")], 204),
            ([("origin", "http://test:80")], 204),
            ([("origin", "https://test")], 403),
            ([("origin", "null")], 403),
            ([("origin", "http://evil.example")], 403),
            ([], 204),
            ([("cookie", "a=b")], 403),
        ],
    )
    async def test_without_it_the_origin_and_without_that_no_cookie(self, router, lines, status):
        @router.post("/")
        async def create():
            pass

        exchange = MemoryExchange("POST", "/", "", [("host", "test"), *lines])
        await SiteClient(router).site(exchange)
        assert exchange.status == status


class TestHosts:  # threat R4
    @pytest.mark.parametrize(("host", "status"), [("test", 200), ("TEST:80".lower(), 200), ("evil", 421), ("", 421)])
    async def test_only_allowed_hosts_are_answered(self, router, host, status):
        @router.get("/")
        async def show():
            return ""

        exchange = MemoryExchange("GET", "/", "", [("host", host)])
        await SiteClient(router).site(exchange)
        assert exchange.status == status


class TestCancelling:  # threat R22
    async def test_a_commit_that_has_begun_ends(self, router):
        committed = asyncio.Event()
        begun = asyncio.Event()

        @router.post("/")
        async def create(request: Request):
            async def commit():
                begun.set()
                await asyncio.sleep(0)
                committed.set()

            request._context.before_response(commit)
            return "x"

        exchange = MemoryExchange("POST", "/", "", [("host", "test")])
        task = asyncio.ensure_future(SiteClient(router).site(exchange))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert committed.is_set()
