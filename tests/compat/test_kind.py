"""ASGI and WSGI applications are told apart by how they are called."""

import functools

import pytest

from sennit import App
from sennit.compat import AsgiMount, WsgiMount, mounted
from sennit.errors import SennitError
from sennit.testing import Client
from sennit.web import Router


async def asgi(scope, receive, send): ...


def wsgi(environ, start_response): ...


class Asgi:
    async def __call__(self, scope, receive, send): ...


class Wsgi:
    def __call__(self, environ, start_response): ...


class Both:
    def __call__(self, scope, receive, send, extra=None): ...


@pytest.mark.parametrize(
    "application", [asgi, Asgi(), Both(), functools.partial(asgi), lambda scope, receive, send: None]
)
def test_asgi(application):
    assert isinstance(mounted(application, "here"), AsgiMount)


@pytest.mark.parametrize(
    "application", [wsgi, Wsgi(), functools.partial(wsgi), lambda environ, start_response: [], lambda *both: []]
)
def test_wsgi(application):
    assert isinstance(mounted(application, "here"), WsgiMount)


def test_an_adapter_is_taken_as_it_is():
    adapter = WsgiMount(wsgi, threads=2)
    assert mounted(adapter, "here") is adapter


@pytest.mark.parametrize("application", [Wsgi, object(), "app", None, len, lambda x: x])
def test_anything_else_is_refused(application):
    with pytest.raises(SennitError) as caught:
        mounted(application, "shop.py:7")
    assert (caught.value.code, caught.value.where) == ("route.E018", "shop.py:7")


class TestApps:
    """An App mounted in an App: its own handlers, the outer one's database, accounts and settings."""

    def shop(self, root=None, **options) -> App:
        shop = App("shop", root=root, **options)

        @shop.get("/")
        async def front():
            return "front"

        @shop.get("/limited")
        async def limited(request):
            return str(request.limits.body)

        @shop.middleware
        async def stamped(request, next):
            response = await next(request)
            response.headers["x-shop"] = "1"
            return response

        @shop.error(404)
        async def missing(error):
            return "not in the shop", 404

        return shop

    async def test_it_keeps_its_middleware_error_handlers_limits_and_static_files(self, tmp_path):
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / "a.txt").write_text("static")
        outer = App("outer")
        outer.mount("/shop", self.shop(tmp_path, static={"/static": "files"}, limits={"body": 77}))
        outer.get("/")(lambda: "outer")
        async with Client(outer) as asked:
            page = await asked.get("/shop/")
            assert (page.text, page.headers["x-shop"]) == ("front", "1")
            assert (await asked.get("/shop/limited")).text == "77"
            assert (await asked.get("/shop/static/a.txt")).text == "static"
            assert (await asked.get("/shop/nope")).text == "not in the shop"
            assert "x-shop" not in (await asked.get("/")).headers
            assert (await asked.get("/nope")).text != "not in the shop"

    async def test_what_it_starts_and_stops_starts_and_stops(self):
        heard = []
        outer, shop = App("outer"), self.shop()

        @shop.on_start
        async def begin():
            heard.append("start")

        @shop.on_stop
        async def end():
            heard.append("stop")

        outer.mount("/shop", shop)
        async with Client(outer):
            pass
        assert heard == ["start", "stop"]

    @pytest.mark.parametrize("own", [{"database": "sqlite:///shop.db"}, {"accounts": True}, {"admin": "/admin"}])
    def test_a_database_or_accounts_of_its_own_are_a_mistake(self, own):
        outer, around = App("outer"), Router("/in")
        around.mount("/shop", self.shop(**own))
        outer.include(around)
        with pytest.raises(SennitError) as caught:
            outer.build(outer.settings("test", {}), "test")
        assert caught.value.code == "route.E022"
