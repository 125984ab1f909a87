"""Hooks: `before`, `after` and `teardown` on apps, routers and controllers."""

import asyncio

import pytest

from sennit import App, Controller, Database, Mapped, Model, NotFound, Request, Response, Router, get, post
from sennit.testing import Client
from sennit.web.hooks import Hooks
from sennit.web.middleware import Cors


class HookNote(Model):
    id: Mapped[int]
    text: Mapped[str]


@pytest.fixture
def app(tmp_path):
    return App(root=tmp_path, database="sqlite://")


class TestOrder:
    async def test_is_that_of_layers(self, app):
        said = []
        inner = Router("/in")
        for router, name in ((app, "app"), (inner, "router")):

            @router.before
            async def first(name=name):
                said.append(f"{name} before 1")

            @router.before
            async def second(name=name):
                said.append(f"{name} before 2")

            @router.after
            async def third(response, name=name):
                said.append(f"{name} after 1")

            @router.after
            async def fourth(response, name=name):
                said.append(f"{name} after 2")

        @inner.get("/")
        async def handler():
            said.append("handler")
            return ""

        app.include(inner)
        async with Client(app) as client:
            await client.get("/in/")
        assert said == [
            "app before 1", "app before 2", "router before 1", "router before 2", "handler",
            "router after 2", "router after 1", "app after 2", "app after 1",
        ]  # fmt: skip

    async def test_hooks_stand_where_the_first_was_declared_among_the_middleware(self, app):
        said = []

        @app.middleware
        async def outer(request: Request, next):
            said.append("outer")
            return await next(request)

        @app.before
        async def hook():
            said.append("hook")

        @app.middleware
        async def inner(request: Request, next):
            said.append("inner")
            return await next(request)

        async with Client(app) as client:
            await client.get("/nothing")
        assert said == ["outer", "hook", "inner"]

    def test_without_any_there_is_nothing_to_call(self, app):
        assert app.registrations.middleware == []


class TestBefore:
    async def test_what_it_returns_is_the_answer(self, app):
        called = []

        @app.before
        async def closed(request: Request):
            return ("closed", 503) if request.path == "/" else None

        @app.get("/")
        async def handler():
            called.append(1)
            return ""

        @app.get("/open")
        async def open_():
            return "open"

        async with Client(app) as client:
            page = await client.get("/")
            assert (page.status, page.text) == (503, "closed")
            assert not called
            assert (await client.get("/open")).text == "open"

    async def test_shares_its_providers_with_the_handler(self, app):
        made = []

        @app.provide
        async def counter():
            made.append(1)
            return len(made)

        @app.before
        async def look(counter): ...

        @app.get("/")
        async def handler(counter):
            return str(counter)

        async with Client(app) as client:
            assert (await client.get("/")).text == "1"

    async def test_an_exception_in_it_is_answered_as_one_of_a_handler(self, app):
        @app.before
        async def look():
            raise NotFound(detail="not today")

        async with Client(app) as client:
            assert (await client.get("/")).status == 404

    async def test_may_be_a_plain_function(self, app):
        @app.before
        def look():
            return "from a function"

        async with Client(app) as client:
            assert (await client.get("/")).text == "from a function"

    async def test_writes_are_committed_with_the_handlers(self, app):
        @app.before
        async def note(db: Database, request: Request):
            if request.method == "POST":
                db.add(HookNote(text="before"))

        @app.post("/")
        async def handler(db: Database):
            db.add(HookNote(text="handler"))

        @app.post("/fails")
        async def fails(db: Database):
            raise NotFound

        async with Client(app) as client:
            await client.post("/")
            await client.post("/fails")
            async with app.database() as db:
                assert [note.text for note in await db.all(HookNote.all())] == ["before", "handler"]

    async def test_writes_of_one_that_answers_are_committed(self, app):
        @app.before
        async def note(db: Database):
            db.add(HookNote(text="answered"))
            return "done"

        @app.post("/")
        async def handler(): ...

        async with Client(app) as client:
            assert (await client.post("/")).status == 200
            async with app.database() as db:
                assert len(await db.all(HookNote.all())) == 1

    def test_a_parameter_that_nobody_provides_is_found_at_start(self, app):
        @app.before
        async def look(nobody): ...

        with pytest.raises(ExceptionGroup) as caught:
            app.build(app.settings("test", {}), "test")
        assert "nobody" in str(caught.value.exceptions[0])

    async def test_health_probes_pass_by(self, app):
        @app.before
        async def closed():
            return ("closed", 503)

        async with Client(app) as client:
            assert (await client.get("/-/live")).status == 200
            assert (await client.get("/")).status == 503


class TestAfter:
    async def test_changes_the_answer(self, app):
        @app.after
        async def mark(response: Response, request: Request):
            response.headers["x-path"] = request.path

        @app.get("/")
        async def handler():
            return "x"

        async with Client(app) as client:
            assert (await client.get("/")).headers["x-path"] == "/"

    async def test_replaces_the_answer_by_what_it_returns(self, app):
        @app.after
        async def other(response: Response):
            return Response("other", 202)

        async with Client(app) as client:
            page = await client.get("/")
            assert (page.status, page.text) == (202, "other")

    @pytest.mark.parametrize("level", ["app", "router"])
    async def test_sees_errors_too(self, app, level):
        inner = Router("/in")
        router = app if level == "app" else inner

        @router.after
        async def mark(response: Response):
            response.headers["x-seen"] = str(response.status)

        @inner.get("/missing")
        async def missing():
            raise NotFound

        @inner.get("/crash")
        async def crash():
            raise ZeroDivisionError

        app.include(inner)
        async with Client(app) as client:
            assert (await client.get("/in/missing")).headers["x-seen"] == "404"
            assert (await client.get("/in/crash")).headers["x-seen"] == "500"

    async def test_writes_are_committed(self, app):
        @app.after
        async def note(response: Response, db: Database):
            db.add(HookNote(text="after"))

        @app.post("/")
        async def handler(db: Database):
            db.add(HookNote(text="handler"))

        async with Client(app) as client:
            await client.post("/")
            async with app.database() as db:
                assert {note.text for note in await db.all(HookNote.all())} == {"handler", "after"}

    async def test_an_error_answered_with_200_commits_nothing(self, app):
        inner = Router("/in")

        @inner.after
        async def mark(response: Response): ...

        @inner.error(ZeroDivisionError)
        async def mended(error):
            return "mended"

        @inner.post("/")
        async def handler(db: Database):
            db.add(HookNote(text="half"))
            await db.flush()
            raise ZeroDivisionError

        app.include(inner)
        async with Client(app) as client:
            assert (await client.post("/in/")).text == "mended"
            async with app.database() as db:
                assert await db.all(HookNote.all()) == []


class TestTeardown:
    async def test_runs_after_the_answer_was_sent_with_what_the_handler_had(self, app):
        said = []

        @app.provide
        async def thing():
            yield "thing"
            said.append("clean-up")

        @app.teardown
        async def end(error, thing, request: Request):
            said.append((error, thing, request.exchange.is_finished))

        @app.get("/")
        async def handler(thing):
            return thing

        async with Client(app) as client:
            await client.get("/")
        assert said == [(None, "thing", True), "clean-up"]

    async def test_is_told_the_exception(self, app):
        errors = []

        @app.teardown
        async def end(error):
            errors.append(type(error))

        @app.get("/")
        async def handler():
            raise ZeroDivisionError

        async with Client(app) as client:
            await client.get("/")
            await client.get("/nothing")
        assert errors == [ZeroDivisionError, NotFound]

    async def test_all_run_though_one_fails(self, app, caplog):
        said = []

        @app.teardown
        async def first(error):
            said.append(1)

        @app.teardown
        async def second(error):
            raise ZeroDivisionError

        async with Client(app) as client:
            await client.get("/")
        assert said == [1]
        assert "teardown hook" in caplog.text

    async def test_runs_when_the_client_leaves(self, app):
        said, waits = [], asyncio.Event()

        @app.teardown
        async def end(error):
            said.append(type(error))

        @app.get("/")
        async def handler():
            waits.set()
            await asyncio.Event().wait()

        async with Client(app) as client:
            asking = asyncio.ensure_future(client.get("/"))
            await waits.wait()
            asking.cancel()
            await asyncio.wait([asking])
        assert said == [asyncio.CancelledError]


class TestControllers:
    async def test_methods_are_hooks_and_middleware(self, app):
        said = []

        class Things(Controller, path="/things", middleware=[Cors(origins=["https://app.example"])]):
            @Controller.middleware
            async def around(self, request: Request, next):
                said.append("middleware")
                return await next(request)

            @Controller.before
            async def start(self, request: Request):
                said.append("before")

            @Controller.after
            async def finish(self, response: Response):
                said.append("after")

            @Controller.teardown
            async def end(self, error):
                said.append("teardown")

            @get("/")
            async def index(self):
                said.append("handler")
                return ""

            @post("/")
            async def create(self): ...

        app.include(Things)

        @app.get("/")
        async def outside():
            return ""

        async with Client(app) as client:
            page = await client.get("/things/", headers={"origin": "https://app.example"})
            assert page.headers["access-control-allow-origin"] == "https://app.example"
            assert sorted(said) == sorted(["middleware", "before", "handler", "after", "teardown"])
            said.clear()
            await client.get("/")
            assert said == []

    async def test_those_of_a_base_class_serve_its_children(self, app):
        class Base(Controller):
            @Controller.before
            async def closed(self):
                return ("closed", 503)

        class Child(Base, path="/child"):
            @get("/")
            async def index(self):
                return "open"

        app.include(Child)
        async with Client(app) as client:
            assert (await client.get("/child/")).status == 503


class TestWebSockets:
    async def test_before_refuses_a_handshake_and_after_leaves_an_accepted_one_alone(self, app):
        changed, torn = [], []

        @app.before
        async def look(request: Request):
            return ("no", 403) if request.path == "/closed" else None

        @app.after
        async def mark(response: Response):
            changed.append(response.status)

        @app.teardown
        async def end(error):
            torn.append(error)

        @app.websocket("/open")
        async def open_(ws):
            await ws.send("hello")

        @app.websocket("/closed")
        async def closed(ws):
            await ws.send("never")

        async with Client(app) as client:
            async with client.websocket("/open") as ws:
                assert await ws.recv() == "hello"
            assert changed == []
            async with client.websocket("/closed") as ws:
                assert ws.status == 403
        assert changed == [403]
        assert len(torn) == 2


def test_hooks_of_one_router_are_one_middleware(app):
    app.before(lambda: None)
    app.teardown(lambda error: None)
    (hooks,) = app.registrations.middleware
    assert isinstance(hooks, Hooks) and len(hooks.functions) == 2
