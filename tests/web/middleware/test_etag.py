"""Conditional requests for answers that handlers make (RFC 9110 §13)."""

import datetime

import pytest

from sennit import App, Request, Response, SennitError
from sennit.http.date import parse_http_date
from sennit.http.etag import parse_etags
from sennit.testing import Client
from sennit.web.middleware import Etag

MOMENT = datetime.datetime(2026, 11, 25, 12, 0, 0, 500_000, tzinfo=datetime.UTC)
DATE = "Wed, 25 Nov 2026 12:00:00 GMT"
LATER = "Wed, 25 Nov 2026 12:00:01 GMT"
EARLIER = "Wed, 25 Nov 2026 11:59:59 GMT"


@pytest.fixture
def app(tmp_path):
    app = App(root=tmp_path)

    @app.get("/tagged")
    async def tagged():
        response = Response("content", headers={"cache-control": "max-age=60"})
        response.set_etag("v7")
        return response

    @app.get("/dated")
    async def dated():
        response = Response("content")
        response.set_last_modified(MOMENT)
        return response

    @app.put("/tagged")
    async def change(request: Request):
        request.check_conditions(etag="v7", last_modified=MOMENT)
        return "changed"

    @app.put("/new")
    async def create(request: Request):
        request.check_conditions()
        return "created"

    return app


@pytest.fixture
async def client(app):
    async with Client(app) as client:
        yield client


class TestReading:
    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({}, 200),
            ({"if-none-match": '"v7"'}, 304),
            ({"if-none-match": 'W/"v7"'}, 304),
            ({"if-none-match": '"v6", "v7"'}, 304),
            ({"if-none-match": "*"}, 304),
            ({"if-none-match": '"v6"'}, 200),
            ({"if-none-match": "v7"}, 200),
            ({"if-none-match": '"v7-gzip"'}, 304),
            ({"if-match": '"v7"'}, 200),
            ({"if-match": '"v6"'}, 412),
            ({"if-match": 'W/"v7"'}, 412),
            ({"if-match": "*"}, 200),
        ],
    )
    async def test_a_tag(self, client, fields, status):
        page = await client.get("/tagged", headers=fields)
        assert page.status == status
        assert page.headers["etag"] == '"v7"'
        assert page.headers["cache-control"] == "max-age=60"
        assert page.text == ("content" if status == 200 else "")
        assert ("content-type" in page.headers) == (status == 200)

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"if-modified-since": DATE}, 304),
            ({"if-modified-since": LATER}, 304),
            ({"if-modified-since": EARLIER}, 200),
            ({"if-modified-since": "yesterday"}, 200),
            ({"if-modified-since": DATE, "if-none-match": '"other"'}, 200),
            ({"if-unmodified-since": DATE}, 200),
            ({"if-unmodified-since": EARLIER}, 412),
        ],
    )
    async def test_a_date(self, client, fields, status):
        page = await client.get("/dated", headers=fields)
        assert (page.status, page.headers["last-modified"]) == (status, DATE)

    async def test_head_is_answered_as_get(self, client):
        assert (await client.head("/tagged", headers={"if-none-match": '"v7"'})).status == 304

    async def test_errors_have_no_state_to_compare(self, tmp_path):
        app = App(root=tmp_path)

        @app.get("/")
        async def failing():
            response = Response("no", 404)
            response.set_etag("v7")
            return response

        async with Client(app) as client:
            assert (await client.get("/", headers={"if-none-match": '"v7"'})).status == 404


class TestChanging:
    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({}, 200),
            ({"if-match": '"v7"'}, 200),
            ({"if-match": '"v7-br"'}, 200),
            ({"if-match": "*"}, 200),
            ({"if-match": '"v6"'}, 412),
            ({"if-match": 'W/"v7"'}, 412),
            ({"if-none-match": "*"}, 412),
            ({"if-none-match": '"v6"'}, 200),
            ({"if-unmodified-since": DATE}, 200),
            ({"if-unmodified-since": EARLIER}, 412),
        ],
    )
    async def test_only_the_state_that_the_client_means(self, client, fields, status):
        assert (await client.put("/tagged", headers=fields)).status == status

    @pytest.mark.parametrize(
        ("fields", "status"), [({"if-none-match": "*"}, 200), ({"if-match": "*"}, 412), ({"if-match": '"v7"'}, 412)]
    )
    async def test_what_is_not_there_yet(self, client, fields, status):
        assert (await client.put("/new", headers=fields)).status == status


class TestEtag:
    async def test_tags_whole_answers_by_their_content(self, tmp_path):
        app = App(root=tmp_path, etag=True)
        text = ["one"]

        @app.get("/")
        async def handler():
            return text[0]

        async with Client(app) as client:
            first = await client.get("/")
            known = {"if-none-match": first.headers["etag"]}
            assert (await client.get("/", headers=known)).status == 304
            text[0] = "two"
            assert (await client.get("/", headers=known)).text == "two"

    async def test_leaves_streams_unsafe_methods_and_own_tags_alone(self, tmp_path):
        app = App(root=tmp_path, middleware=[Etag()])

        @app.get("/stream")
        async def stream():
            yield "a"

        @app.post("/")
        async def change():
            return "changed"

        @app.get("/own")
        async def own():
            response = Response("x")
            response.set_etag("own", weak=True)
            return response

        async with Client(app) as client:
            assert "etag" not in (await client.get("/stream")).headers
            assert "etag" not in (await client.post("/")).headers
            assert (await client.get("/own")).headers["etag"] == 'W/"own"'


class TestMistakes:
    @pytest.mark.parametrize("value", ["a b", 'a"b', "a\r\n", "\u20ac"])
    def test_what_cannot_be_a_tag(self, value):
        with pytest.raises(SennitError) as caught:
            Response().set_etag(value)
        assert caught.value.code == "web.E034"


class TestHostileConditions:  # threat R40
    @pytest.mark.parametrize(
        "text",
        [
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +99999999999999",
            "Sun, 06 Nov 1994 99999999999999999999:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "\u0663 Nov 1994 08:49:37 GMT",
            "x" * 100_000,
            "",
        ],
        ids=lambda text: text[:20],
    )
    def test_no_date_is_no_condition(self, text):
        assert parse_http_date(text) is None

    @pytest.mark.parametrize(
        "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
    )
    def test_the_three_forms_of_a_date(self, text):
        assert parse_http_date(text) == datetime.datetime(1994, 11, 6, 8, 49, 37, tzinfo=datetime.UTC).timestamp()

    def test_a_list_is_read_to_its_hundredth_tag(self):
        assert parse_etags('"a",' * 99 + '"b"')[-1] == '"b"'
        assert '"b"' not in parse_etags('"a",' * 100_000 + '"b"')
