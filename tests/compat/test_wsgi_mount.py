"""WSGI applications below a path, held to PEP 3333 by the standard library's own checker."""

import asyncio
import io
import threading
from wsgiref.validate import validator

import pytest

from sennit import App
from sennit.compat import WsgiMount
from sennit.compat.wsgi_input import WsgiInput
from sennit.testing import Client

TEXT = [("Content-Type", "text/plain")]


def plain(function):
    """An application of `function(environ) -> pieces`, with the standard library's checker around it."""

    def application(environ, start_response):
        start_response("200 OK", list(TEXT))
        return function(environ)

    return validator(application)


@plain
def telling(environ):
    """Answers with its environment, a line each, and the body."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    lines = [f"{name}={value}" for name, value in environ.items() if isinstance(value, str)]
    return ["\n".join([*lines, "", ""]).encode("latin-1") + body]


async def told(client, path: str, **options) -> dict[str, str]:
    page = await client.get(path, **options)
    assert page.status == 200, page.text
    lines = page.body.decode("latin-1").partition("\n\n")[0].splitlines()
    return dict(line.split("=", 1) for line in lines)


class TestRequests:
    async def test_script_name_is_what_led_here_and_path_info_the_rest(self, client):
        environ = await told(await client(telling), "/shop/a%2Fb/%C3%A9?x=%201")
        assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/shop", "/a/b/é".encode().decode("latin-1"))
        assert (environ["QUERY_STRING"], environ["REQUEST_METHOD"]) == ("x=%201", "GET")
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["SERVER_PROTOCOL"]) == (
            "test",
            "80",
            "HTTP/1.1",
        )
        assert environ["HTTP_HOST"] == "test"

    async def test_a_mount_of_the_whole_site_has_no_script_name(self, client):
        environ = await told(await client(telling, path="/"), "/a")
        assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/a")

    async def test_the_body_is_a_file_and_bounded(self, client):
        asked = await client(telling, limits={"body": 200_000})
        page = await asked.post("/shop/", body=b"x" * 200_000, headers={"content-length": "200000"})
        assert page.body.endswith(b"\n\n" + b"x" * 200_000)
        assert (await asked.post("/shop/", body=b"x" * 200_001, headers={"content-length": "200001"})).status == 413

    async def test_r8_names_with_an_underscore_and_proxy_are_left_out(self, client):
        headers = {"x_admin": "yes", "x-admin": "no", "proxy": "http://evil.example", "content_length": "7"}
        environ = await told(await client(telling), "/shop/", headers=headers)
        assert (environ["HTTP_X_ADMIN"], "HTTP_PROXY" in environ, environ["CONTENT_LENGTH"]) == ("no", False, "")

    async def test_lines_of_one_name_are_joined(self, client):
        environ = await told(await client(telling), "/shop/", headers={"cookie": "a=1", "accept": "x, y"})
        assert (environ["HTTP_COOKIE"], environ["HTTP_ACCEPT"]) == ("a=1", "x, y")

    async def test_it_takes_no_websockets(self, client):
        async with (await client(telling)).websocket("/shop/ws") as ws:
            assert ws.status == 404


class TestAnswers:
    async def test_its_own_404_is_its_own(self, client):
        def missing(environ, start_response):
            start_response("404 Not Here", [*TEXT, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
            return [b"not in my shop"]

        page = await (await client(validator(missing))).get("/shop/x")
        assert (page.status, page.text, page.headers.get_all("set-cookie")) == (404, "not in my shop", ["a=1", "b=2"])

    async def test_pieces_and_what_write_was_given_come_in_order(self, client):
        def application(environ, start_response):
            write = start_response("200 OK", TEXT)
            write(b"one ")
            write(b"two ")
            yield b"three "
            yield b""
            yield b"four"

        page = await (await client(application)).get("/shop/")
        assert page.text == "one two three four"

    async def test_head_tells_the_length_and_has_no_body(self, client):
        closed = threading.Event()

        class Pieces:
            def __iter__(self):
                yield b"x" * 5
                yield b"y" * 5

            def close(self):
                closed.set()

        def sized(environ, start_response):
            start_response("200 OK", [*TEXT, ("Content-Length", "10")])
            return Pieces()

        asked = await client(sized)
        assert (await asked.get("/shop/")).text == "xxxxxyyyyy"
        closed.clear()
        assert (await asked.head("/shop/")).body == b""
        assert await asyncio.to_thread(closed.wait, 5)

    async def test_a_file_in_blocks(self, client):
        closed = threading.Event()

        class File(io.BytesIO):
            def close(self):
                closed.set()

        def application(environ, start_response):
            start_response("200 OK", TEXT)
            return environ["wsgi.file_wrapper"](File(b"z" * 100_000), 8192)

        assert (await (await client(application)).get("/shop/")).body == b"z" * 100_000
        assert await asyncio.to_thread(closed.wait, 5)

    @pytest.mark.parametrize("wrong", ["raises", "no start", "bad status", "splits", "twice"])
    async def test_an_application_that_misbehaves_is_a_500_and_one_entry_in_the_log(self, client, caplog, wrong):
        def application(environ, start_response):
            if wrong == "raises":
                raise RuntimeError("broken")
            if wrong == "bad status":
                start_response("OK", TEXT)
            if wrong == "splits":
                start_response("200 OK", [("x-evil", "a\r\nset-cookie: b=c")])
            if wrong == "twice":
                start_response("200 OK", TEXT)
                start_response("200 OK", TEXT)
            return [b"x"]

        assert (await (await client(application)).get("/shop/")).status == 500
        assert [record.levelname for record in caplog.records].count("ERROR") == 1

    async def test_an_error_page_may_replace_what_was_not_sent_yet(self, client):
        def application(environ, start_response):
            start_response("200 OK", TEXT)
            try:
                raise RuntimeError("broken")
            except RuntimeError:
                import sys

                start_response("503 Busy", TEXT, sys.exc_info())
            return [b"sorry"]

        page = await (await client(application)).get("/shop/")
        assert (page.status, page.text) == (503, "sorry")

    async def test_one_that_breaks_off_in_the_middle_is_cut_and_not_ended_cleanly(self, client):
        @plain
        def half(environ):
            yield b"half"
            yield b" of it"
            raise RuntimeError("broken")

        assert (await (await client(half)).get("/shop/")).is_cut


class TestThreads:
    async def test_requests_run_beside_each_other_up_to_the_number_of_threads(self, client):
        meeting = threading.Barrier(3)

        @plain
        def application(environ):
            meeting.wait(5)
            return [b"met"]

        asked = await client(WsgiMount(application, threads=3))
        pages = await asyncio.gather(*(asked.get("/shop/") for _ in range(3)))
        assert [page.text for page in pages] == ["met"] * 3

    async def test_further_ones_wait(self, client):
        running, most = [], []

        @plain
        def application(environ):
            running.append(1)
            most.append(len(running))
            running.pop()
            return [b"done"]

        asked = await client(WsgiMount(application, threads=1))
        await asyncio.gather(*(asked.get("/shop/") for _ in range(20)))
        assert max(most) == 1


async def test_an_adapter_may_be_started_again():
    adapter, app = WsgiMount(telling), App("outer")
    app.mount("/shop", adapter)
    for _ in range(2):
        async with Client(app) as asked:
            assert (await asked.get("/shop/")).status == 200


class TestBackPressure:
    async def test_a_thread_that_writes_faster_than_its_client_reads_waits(self, dial, until):
        sent, closed = [0], threading.Event()

        class Flood:
            def __iter__(self):
                for _ in range(10_000):
                    sent[0] += 1
                    yield b"x" * 65_536

            def close(self):
                closed.set()

        def application(environ, start_response):
            start_response("200 OK", TEXT)
            return Flood()

        wire = await dial(application)
        wire.send(b"GET /shop/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await wire.head()
        await until(lambda: sent[0] > 2)
        before = -1
        while before != sent[0]:
            before = sent[0]
            await asyncio.sleep(0.05)
        assert sent[0] * 65_536 < 32 * 1024 * 1024
        wire.hang_up()
        assert await asyncio.to_thread(closed.wait, 5), "the thread is let go when its client has gone"

    async def test_an_upload_is_read_no_faster_than_the_application_asks(self, dial):
        proceed = threading.Event()

        @plain
        def slow(environ):
            first = environ["wsgi.input"].read(1)
            proceed.wait(5)
            return [str(len(first) + len(environ["wsgi.input"].read(size - 1))).encode()]

        size = 8 * 1024 * 1024
        wire = await dial(slow)
        wire.send(b"POST /shop/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size)
        writing = asyncio.ensure_future(write_all(wire, size))
        done, _ = await asyncio.wait({writing}, timeout=0.2)
        assert not done, "the client waits, for nobody reads"
        proceed.set()
        await writing
        assert b" 200 " in await wire.head()
        assert str(size).encode() in await wire.reader.readuntil(b"\r\n0\r\n\r\n")

    async def test_a_chunked_body_ends_by_itself(self, dial):
        @plain
        def counting(environ):
            return [str(len(environ["wsgi.input"].read(1_000_000))).encode()]

        wire = await dial(counting)
        head = b"POST /shop/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire.send(head + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        await wire.head()
        assert await wire.reader.readuntil(b"\r\n0\r\n\r\n") == b"2\r\n11\r\n0\r\n\r\n"


async def write_all(wire, size):
    for _ in range(size // 65_536):
        wire.writer.write(b"x" * 65_536)
        await wire.writer.drain()


class TestInput:
    """`wsgi.input` reads like a file, however the body is cut."""

    async def pieces(self, data: bytes, size: int):
        for start in range(0, len(data), size):
            yield data[start : start + size]

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
    async def test_every_way_to_read(self, size):
        data = b"one\ntwo\n\nthree"
        loop = asyncio.get_running_loop()
        ways = [
            lambda file: file.read(),
            lambda file: file.read(3) + file.read(2) + file.read(),
            lambda file: b"".join(file.readlines()),
            lambda file: b"".join(file),
            lambda file: file.readline() + file.readline(2) + file.read(100),
            lambda file: b"".join(iter(file.readline, b"")),
        ]
        for read in ways:
            file = WsgiInput(self.pieces(data, size), loop)
            assert await asyncio.to_thread(read, file) == data
            assert await asyncio.to_thread(file.read, 10) == await asyncio.to_thread(file.readline) == b""
        lines = await asyncio.to_thread(WsgiInput(self.pieces(data, size), loop).readlines)
        assert lines == data.splitlines(keepends=True)

    async def test_no_body_is_an_empty_file(self):
        file = WsgiInput(None, asyncio.get_running_loop())
        assert (file.read(), file.readline(), file.readlines()) == (b"", b"", [])


async def test_a_foreign_application_and_an_app_share_one_site(client):
    app = App("outer")
    app.mount("/old", telling)

    @app.get("/")
    async def front(request):
        return request.url_for("old")

    async with Client(app) as asked:
        assert (await asked.get("/")).text == "/old/"
        assert (await told(asked, "/old/x"))["PATH_INFO"] == "/x"
