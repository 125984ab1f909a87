"""Answers in the content coding that the client wants."""

import asyncio
import gzip
import zlib
from importlib.util import find_spec

import pytest

from sennit import App, EventStream, FileResponse, Request, Response, Router, SennitError, Session
from sennit.testing import Client
from sennit.web.coders import codings_there
from sennit.web.middleware import Compress, Etag

LONG = "All that is long enough to be worth it. " * 100
EVERYTHING = {"accept-encoding": "gzip, br, zstd"}
GZIP = {"accept-encoding": "gzip"}


def decoded(page) -> bytes:
    match page.headers.get("content-encoding"):
        case "gzip":
            return gzip.decompress(page.body)
        case "br":
            import brotli

            return brotli.decompress(page.body)
        case "zstd":
            from backports import zstd

            return zstd.decompress(page.body)
    return page.body


@pytest.fixture
def app(tmp_path):
    made = App(root=tmp_path, compress=True)

    @made.get("/long")
    async def long():
        return LONG

    return made


@pytest.fixture
async def client(app):
    async with Client(app) as client:
        yield client


class TestCodings:
    @pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
    async def test_each_that_is_installed_brings_the_same_bytes(self, client, coding):
        if coding not in codings_there():
            pytest.skip(f"{coding} is not installed")
        page = await client.get("/long", headers={"accept-encoding": coding})
        assert page.headers["content-encoding"] == coding
        assert page.headers["vary"] == "accept-encoding"
        assert len(page.body) < len(LONG) / 5
        assert decoded(page).decode() == LONG

    async def test_a_client_that_wants_none_gets_none_and_caches_are_told(self, client):
        page = await client.get("/long")
        assert "content-encoding" not in page.headers
        assert page.headers["vary"] == "accept-encoding"
        assert page.text == LONG

    async def test_gzip_works_without_isal(self, monkeypatch, tmp_path):
        monkeypatch.setitem(__import__("sys").modules, "isal", None)
        coding = codings_there()["gzip"]
        coder = coding.make()
        assert gzip.decompress(coder.write(LONG.encode()) + coder.finish()).decode() == LONG

    @pytest.mark.parametrize("name", ["deflate", "nonsense"])
    def test_an_unknown_one_is_an_error_at_start(self, name):
        with pytest.raises(SennitError) as caught:
            Compress(codings=[name])
        assert caught.value.code == "web.E033"

    @pytest.mark.skipif(find_spec("brotli") is not None, reason="Brotli is installed")
    def test_a_missing_one_names_the_extra(self):
        with pytest.raises(SennitError, match="not installed") as caught:
            Compress(codings=["br"])
        assert "sennit[compress]" in caught.value.fix

    async def test_large_answers_are_encoded_off_the_loop(self, app):
        @app.get("/huge")
        async def huge():
            return LONG * 300

        async with Client(app) as client:
            page = await client.get("/huge", headers=GZIP)
            assert decoded(page).decode() == LONG * 300


class TestWhatIsLeftAlone:
    @pytest.mark.parametrize(
        ("response", "why"),
        [
            (lambda: Response(b"x" * 5000, media_type="image/png"), "compressed already"),
            (lambda: Response(b"x" * 5000, media_type="application/zip"), "compressed already"),
            (lambda: Response(b"x" * 5000), "unknown bytes"),
            (lambda: Response("short"), "small"),
            (lambda: Response(LONG, headers={"content-encoding": "gzip"}), "coded by the handler"),
            (lambda: Response(LONG, headers={"cache-control": "no-transform"}), "not to be changed"),
            (lambda: Response(LONG, 206, {"content-range": "bytes 0-1/2"}), "a part"),
            (lambda: EventStream(_events()), "server-sent events"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    async def test_kinds(self, app, response, why):
        @app.get("/")
        async def handler():
            return response()

        async with Client(app) as client:
            page = await client.get("/", headers=GZIP)
            assert page.headers.get("content-encoding") in (None, "gzip") and "vary" not in page.headers
            if "content-encoding" in page.headers:
                assert page.text == LONG

    async def test_a_handler_may_say_no(self, app):
        @app.get("/")
        async def handler():
            response = Response(LONG)
            response.compress = False
            return response

        async with Client(app) as client:
            assert "content-encoding" not in (await client.get("/", headers=GZIP)).headers

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_head_has_the_fields_of_get(self, client, method):
        page = await client.request(method, "/long", headers=GZIP)
        assert page.headers["content-encoding"] == "gzip"
        assert bool(page.body) == (method == "GET")


class TestSecrets:
    """BREACH: an attacker who can write into a page learns by its compressed length what else stands in it."""

    @pytest.fixture
    def app(self, app):
        @app.get("/session")
        async def session(session: Session):
            return LONG

        @app.get("/cookie")
        async def cookie():
            response = Response(LONG)
            response.set_cookie("a", "b")
            return response

        @app.get("/allowed")
        async def allowed(session: Session):
            response = Response(LONG)
            response.compress = True
            return response

        @app.get("/allowed-route", middleware=[Compress(secrets=True)])
        async def allowed_route(session: Session):
            return LONG

        return app

    @pytest.mark.parametrize(
        ("path", "coding"),
        [("/session", None), ("/cookie", None), ("/allowed", "gzip"), ("/allowed-route", "gzip")],
    )
    async def test_go_uncompressed_unless_allowed(self, client, path, coding):
        page = await client.get(path, headers=GZIP)
        assert page.headers.get("content-encoding") == coding
        assert decoded(page).decode() == LONG

    async def test_basic_credentials_are_sent_by_browsers_themselves(self, client):
        page = await client.get("/long", headers={**GZIP, "authorization": "Basic YTpi"})
        assert "content-encoding" not in page.headers


class TestStreams:
    async def test_each_piece_can_be_decoded_before_the_next_is_there(self, app):
        asked = asyncio.Queue()

        @app.get("/stream")
        async def stream():
            yield "first "
            await asked.get()
            yield "second"

        async with Client(app) as client:
            exchange = client._make_exchange("GET", "http://test/stream", "", b"", GZIP)
            answering = asyncio.ensure_future(client.runtime.site(exchange))
            decoder = zlib.decompressobj(31)
            text = b""
            while text != b"first ":
                await asyncio.sleep(0)
                taken, exchange.answer = bytes(exchange.answer), bytearray()
                text += decoder.decompress(taken)
            asked.put_nowait(None)
            await answering
            assert text + decoder.decompress(bytes(exchange.answer)) == b"first second"
            assert decoder.eof

    @pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
    async def test_of_every_coding_and_of_large_pieces(self, app, coding):
        if coding not in codings_there():
            pytest.skip(f"{coding} is not installed")

        @app.get("/stream")
        async def stream():
            yield "a"
            yield ""
            yield LONG * 100
            yield "z"

        async with Client(app) as client:
            page = await client.get("/stream", headers={"accept-encoding": coding})
            assert decoded(page).decode() == "a" + LONG * 100 + "z"

    async def test_that_breaks_off_is_cut_and_closed(self, app):
        closed = []

        @app.get("/stream")
        async def stream():
            try:
                yield LONG
                raise ZeroDivisionError
            finally:
                closed.append(1)

        async with Client(app) as client:
            page = await client.get("/stream", headers=GZIP)
            assert page.is_cut and closed == [1]

    async def test_events_only_when_asked_for(self, tmp_path):
        app = App(root=tmp_path, middleware=[Compress(events=True)])

        @app.get("/")
        async def handler():
            return EventStream(_events())

        async with Client(app) as client:
            page = await client.get("/", headers=GZIP)
            assert page.headers["content-encoding"] == "gzip"
            assert decoded(page) == b"data: 1\n\ndata: 2\n\n"


class TestValidators:
    async def test_a_strong_tag_is_marked_and_the_mark_is_known_again(self, tmp_path):
        app = App(root=tmp_path, compress=True, etag=True)

        @app.get("/")
        async def handler():
            return LONG

        async with Client(app) as client:
            plain = await client.get("/")
            coded = await client.get("/", headers=GZIP)
            tag = coded.headers["etag"]
            assert tag != plain.headers["etag"]
            assert tag.replace("-gzip", "") == plain.headers["etag"]
            again = await client.get("/", headers={**GZIP, "if-none-match": tag})
            assert again.status == 304

    async def test_a_files_tag_becomes_weak_and_its_ranges_are_not_offered(self, app, tmp_path):
        (tmp_path / "long.txt").write_text(LONG)

        @app.get("/file")
        async def file():
            return FileResponse("long.txt")

        async with Client(app) as client:
            page = await client.get("/file", headers=GZIP)
            assert decoded(page).decode() == LONG
            assert page.headers["etag"].startswith('W/"')
            assert page.headers["accept-ranges"] == "none"
            again = await client.get("/file", headers={**GZIP, "if-none-match": page.headers["etag"]})
            assert again.status == 304
            part = await client.get("/file", headers={**GZIP, "range": "bytes=0-9"})
            assert (part.status, part.text) == (206, LONG[:10])


async def test_on_a_router_it_serves_that_router_only(tmp_path):
    app = App(root=tmp_path)
    inner = Router("/in", middleware=[Compress(), Etag()])
    for router in (app, inner):

        @router.get("/", name=f"index{router.prefix[1:]}")
        async def handler(request: Request):
            return LONG

    app.include(inner)
    async with Client(app) as client:
        assert (await client.get("/in/", headers=GZIP)).headers["content-encoding"] == "gzip"
        assert "content-encoding" not in (await client.get("/", headers=GZIP)).headers


async def _events():
    yield 1
    yield 2
