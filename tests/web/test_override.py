"""`app.override`: a test puts something else in a provider's place."""

from collections.abc import Iterator
from typing import Annotated

import pytest

from sennit import App, Provide, Router
from sennit.testing import Client


def weather() -> dict[str, str]:
    raise AssertionError("asks a server far away")


def slug(name: str) -> str:
    return f"the {name}"


def make() -> App:
    app = App(secret="x" * 32, hosts=["test"])
    inner = Router(prefix="/inner")
    app.provide(weather)

    @app.get("/")
    async def index(weather: dict[str, str]):
        return weather

    @inner.get("/{name}")
    async def show(name: str, found: Annotated[str, Provide(slug)]):
        return found

    app.include(inner)
    return app


@pytest.mark.parametrize("provider", ["weather", weather], ids=["by name", "by function"])
async def test_a_provider_is_replaced(provider):
    app = make()
    app.override(provider, lambda: {"sky": "blue"})
    async with Client(app) as client:
        assert (await client.get("/")).json() == {"sky": "blue"}


async def test_so_is_one_that_a_parameter_names_itself():
    app = make()
    app.override(slug, lambda name: f"no {name}")
    async with Client(app) as client:
        assert (await client.get("/inner/boat")).text == "no boat"


async def test_what_stands_in_its_place_may_ask_for_more_and_cleans_up():
    app, ended = make(), []

    def other(request) -> Iterator[dict[str, str]]:
        yield {"path": request.path}
        ended.append(request.path)

    app.override("weather", other)
    async with Client(app) as client:
        assert (await client.get("/")).json() == {"path": "/"}
    assert ended == ["/"]


async def test_a_name_that_nothing_provides_is_a_mistake_with_the_nearest_name():
    app = make()
    app.override("wether", dict)
    with pytest.raises(ExceptionGroup) as caught:
        async with Client(app):
            pass
    assert caught.group_contains(Exception, match="weather")
