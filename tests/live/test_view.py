"""What is wrong with a view is told at start; what is wrong with a page, when it is shown."""

import logging

import pytest

from sennit.app import App
from sennit.errors import SennitError
from sennit.live import tick, view
from sennit.testing.client import Client
from sennit.web import Header, Request


def nothing():
    return {}


def app_with(folder, text, function, **options):
    (folder / "templates").mkdir()
    (folder / "templates" / "page.html").write_text(text)
    app = App(root=folder, secret="s" * 40)
    app.get("/")(view(options.pop("template", "page.html"), **options)(function))
    return app


async def start_errors(app):
    with pytest.raises(ExceptionGroup) as caught:
        async with Client(app):
            pass
    return [error.code for error in caught.value.exceptions]


async def test_a_missing_template_is_told_at_start(tmp_path):
    app = app_with(tmp_path, "", nothing, template="pgae.html")
    assert await start_errors(app) == ["view.E001"]


async def test_a_region_in_the_wrong_place_is_told_at_start(tmp_path):
    app = app_with(tmp_path, "<title>{% live %}{{ a }}{% endlive %}</title>", lambda: {"a": 1})
    assert await start_errors(app) == ["live.E002"]


@pytest.mark.parametrize("annotation", [{"request": Request}, {"x": Header[str]}])
async def test_inputs_that_a_live_view_cannot_keep_are_told_at_start(tmp_path, annotation):
    (name,) = annotation
    namespace = {}
    exec(f"def page({name}): return {{}}", namespace)
    page = namespace["page"]
    page.__annotations__ = annotation
    assert await start_errors(app_with(tmp_path, "x", page)) == ["live.E004"]


async def test_a_plain_view_may_use_the_request_and_has_no_markers(tmp_path):
    def page(request: Request):
        return {"path": request.path}

    app = app_with(tmp_path, "<p>{% live %}{{ path }}{% endlive %}</p>", page, live=False)
    async with Client(app) as client:
        assert (await client.get("/")).text == "<p>/</p>"


async def test_a_page_may_name_the_request_outside_its_regions(tmp_path):
    app = app_with(tmp_path, "<i>{{ request.path }}</i><p>{% live %}{{ a }}{% endlive %}</p>", lambda: {"a": 1})
    async with Client(app) as client:
        assert "<i>/</i>" in (await client.get("/")).text


@pytest.mark.parametrize(
    "text", ["<head></head><p>{% live %}{{ a }}{% endlive %}</p>", "{% live %}{{ a }}{% endlive %}"]
)
async def test_a_page_with_regions_has_the_script_even_where_its_author_forgot_it(tmp_path, text):
    async with Client(app_with(tmp_path, text, lambda: {"a": 1})) as client:
        page = (await client.get("/")).text
        assert page.count("<script src=") == 1 and page.count('name="sennit-live"') == 1
        if "</head>" in page:
            assert page.index("<script") < page.index("</head>")


async def test_the_script_is_cached_for_ever_under_a_name_of_its_text(tmp_path):
    async with Client(
        app_with(tmp_path, "{{ live_script(nonce='n\"') }}{% live %}{{ a }}{% endlive %}", lambda: {"a": 1})
    ) as client:
        page = (await client.get("/")).text
        assert 'nonce="n&#34;"' in page
        answer = await client.get(page.partition('src="')[2].partition('"')[0])
        assert answer.status == 200 and "immutable" in answer.headers["cache-control"]
        assert answer.media_type == "text/javascript"
        assert (await client.get("/-/sennit/static/live-0000.js")).status == 404


async def test_a_view_returns_names(tmp_path, caplog):
    async with Client(app_with(tmp_path, "x", lambda: [1])) as client:
        assert (await client.get("/")).status == 500
    assert "live.E009" in caplog.text


async def test_a_huge_region_is_shown_but_not_live(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    app = app_with(tmp_path, "<p>{% live %}{{ a }}{% endlive %}</p>", lambda: {"a": "x" * 300_000})
    async with Client(app) as client:
        page = (await client.get("/")).text
        assert "<!--live" not in page and len(page) > 300_000 and "live.E010" in caplog.text


async def test_in_development_a_region_that_differs_each_time_is_an_error(tmp_path, caplog):
    import itertools

    app = app_with(tmp_path, "{% live %}{{ a() }}{% endlive %}", lambda: {"a": itertools.count().__next__})
    async with Client(app) as client:
        client.runtime.hub.is_development = True
        assert (await client.get("/")).status == 500 and "live.E007" in caplog.text


async def test_in_development_a_region_that_the_whole_page_misplaces_is_an_error(tmp_path, caplog):
    app = app_with(
        tmp_path, "{% extends 'base.html' %}{% block b %}{% live %}{{ a }}{% endlive %}{% endblock %}", lambda: {"a": 1}
    )
    (tmp_path / "templates" / "base.html").write_text("<table>{% block b %}{% endblock %}</table>")
    async with Client(app) as client:
        client.runtime.hub.is_development = True
        assert (await client.get("/")).status == 500 and "live.E002" in caplog.text


@pytest.mark.parametrize("make", [lambda: view("x.html", hz=0), lambda: view("x.html", hz=1000), lambda: tick(0)])
def test_rates_that_make_no_sense_are_refused(make):
    with pytest.raises(SennitError) as caught:
        make()
    assert caught.value.code == "live.E008"
