"""`App(static={...})`, `app.static(...)` and `asset_url(...)` in a whole application."""

import re

import pytest

from sennit import App, NotFound, SennitError, view
from sennit.testing import Client


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr("sennit.web.stored_file.RACY_S", -1)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.css").write_text("body{}")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>docs</h1>")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('<link rel="stylesheet" href="{{ asset_url("app.css") }}">')
    app = App(root=tmp_path, static={"/static": "static/"})
    app.static("/docs", "site", index="index.html")

    @app.get("/")
    @view("page.html")
    def page():
        return {}

    return app


async def test_a_template_names_a_file_with_its_digest(app, tmp_path):
    async with Client(app) as client:
        (url,) = re.findall('href="(.*?)"', (await client.get("/")).text)
        assert re.fullmatch(r"/static/app\.[0-9a-f]{12}\.css", url)
        page = await client.get(url)
        assert (page.text, page.headers["cache-control"]) == ("body{}", "public, max-age=31536000, immutable")
        assert app.asset_url("app.css") == url
        (tmp_path / "static" / "app.css").write_text("body{color:red}")
        (newer,) = re.findall('href="(.*?)"', (await client.get("/")).text)
        assert newer != url and (await client.get(newer)).text == "body{color:red}"


async def test_plain_names_are_asked_for_again(app):
    async with Client(app) as client:
        assert (await client.get("/static/app.css")).headers["cache-control"] == "no-cache"


async def test_a_folder_with_an_index(app):
    async with Client(app) as client:
        page = await client.get("/docs/")
        assert (page.text, page.media_type) == ("<h1>docs</h1>", "text/html")
        assert page.headers["x-frame-options"] == "SAMEORIGIN"
        assert (await client.get("/docs", follow_redirects=True)).text == "<h1>docs</h1>"


async def test_middleware_and_error_handlers_see_static_files(app):
    @app.middleware
    async def mark(request, next):
        response = await next(request)
        response.headers["x-seen"] = request.path
        return response

    @app.error(NotFound)
    async def missing(error):
        return "nothing", 404

    async with Client(app) as client:
        for _ in range(2):
            assert (await client.get("/static/app.css")).headers["x-seen"] == "/static/app.css"
        assert (await client.get("/static/nothing.css")).text == "nothing"


async def test_a_rule_guards_a_folder(app, tmp_path):
    app.static("/private", "static", access=lambda: False)
    async with Client(app) as client:
        assert (await client.get("/private/app.css")).status == 403
        assert (await client.get("/static/app.css")).status == 200


async def test_a_folder_that_is_not_there_stops_the_start(tmp_path):
    app = App(root=tmp_path, static={"/static": "statik"})
    with pytest.raises(ExceptionGroup) as caught:
        app.build(app.settings("test", {}), "test")
    assert [(error.code, "statik" in error.what) for error in caught.value.exceptions] == [("web.E041", True)]


async def test_a_file_that_is_not_there_names_the_nearest(app):
    async with Client(app):
        with pytest.raises(SennitError, match=r"app\.css") as caught:
            app.asset_url("aap.css")
    assert caught.value.code == "web.E040"
