"""ASGI applications below a path."""

import asyncio
import json

import pytest

from sennit import App
from sennit.compat import AsgiMount
from sennit.errors import SennitError
from sennit.testing import Client

from .asgi_checker import checked

TEXT = [(b"content-type", b"text/plain")]


def http(function):
    """An application that only knows HTTP."""

    async def application(scope, receive, send):
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        await function(scope, receive, send)

    return checked(application)


async def start(send, status=200, headers=TEXT):
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def body(send, data=b"", *, more=False):
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def whole_body(receive):
    data = b""
    while True:
        message = await receive()
        data += message["body"]
        if not message["more_body"]:
            return data


@http
async def telling(scope, receive, send):
    """Answers with its scope and the body."""
    told = {**scope, "body": await whole_body(receive)}
    await start(send, headers=[(b"content-type", b"application/json"), (b"x-one", b"1"), (b"x-one", b"2")])
    await body(send, json.dumps(told, default=lambda value: value.decode("latin-1")).encode())


class TestRequests:
    async def test_the_path_is_whole_and_root_path_is_what_led_here(self, client):
        page = await (await client(telling)).get("/shop/a%2Fb/%C3%A9?x=%201")
        told = page.json()
        assert (told["root_path"], told["path"], told["raw_path"]) == ("/shop", "/shop/a/b/é", "/shop/a%2Fb/%C3%A9")
        assert (told["method"], told["query_string"]) == ("GET", "x=%201")
        assert page.headers.get_all("x-one") == ["1", "2"]

    async def test_a_mount_of_the_whole_site_has_no_root(self, client):
        told = (await (await client(telling, path="/")).get("/a")).json()
        assert (told["root_path"], told["path"]) == ("", "/a")

    async def test_the_body_comes_in_pieces_and_is_bounded(self, client):
        asked = await client(telling, limits={"body": 200_000})
        assert len((await asked.post("/shop/", body=b"x" * 200_000)).json()["body"]) == 200_000
        assert (await asked.post("/shop/", body=b"x" * 200_001)).status == 413

    async def test_r8_names_with_an_underscore_are_left_out(self, client):
        """Frameworks make HTTP_X_ADMIN of both spellings."""
        page = await (await client(telling)).get("/shop/", headers={"x_admin": "yes", "x-admin": "no"})
        assert [value for name, value in page.json()["headers"] if "admin" in name] == ["no"]

    async def test_the_rules_of_the_mount_apply(self):
        async def nobody():
            return False

        app = App("outer")
        app.mount("/shop", telling, access=nobody)
        async with Client(app) as asked:
            assert (await asked.get("/shop/x")).status == 403

    async def test_its_own_404_is_its_own(self, client):
        @http
        async def missing(scope, receive, send):
            await start(send, 404)
            await body(send, b"not in my shop")

        page = await (await client(missing)).get("/shop/x")
        assert (page.status, page.text) == (404, "not in my shop")


class TestAnswers:
    async def test_head_tells_the_length_and_has_no_body(self, client):
        @http
        async def sized(scope, receive, send):
            await start(send, headers=[(b"content-length", b"5")])
            await body(send, b"he", more=True)
            await body(send, b"llo")

        asked = await client(sized)
        assert (await asked.get("/shop/")).text == "hello"
        head = await asked.head("/shop/")
        assert (head.status, head.body) == (200, b"")

    async def test_fields_of_the_connection_are_the_servers(self, client):
        @http
        async def forward(scope, receive, send):
            await start(send, headers=[(b"Connection", b"close"), (b"transfer-encoding", b"chunked"), (b"date", b"x")])
            await body(send, b"ok")

        page = await (await client(forward)).get("/shop/")
        assert (page.text, "connection" in page.headers, "date" in page.headers) == ("ok", False, False)

    @pytest.mark.parametrize("wrong", ["silent", "raises", "splits", "twice", "body first"])
    async def test_an_application_that_misbehaves_is_a_500_and_one_entry_in_the_log(self, client, caplog, wrong):
        @http
        async def application(scope, receive, send):
            if wrong == "raises":
                raise RuntimeError("broken")
            if wrong == "body first":
                await body(send, b"x")
            if wrong == "splits":
                await start(send, headers=[(b"x-evil", b"a\r\nset-cookie: b=c")])
                await body(send, b"x")
            if wrong == "twice":
                await start(send)
                await start(send)

        page = await (await client(application)).get("/shop/")
        assert page.status == 500
        assert [record.levelname for record in caplog.records].count("ERROR") == 1

    async def test_one_that_breaks_off_in_the_middle_is_cut_and_not_ended_cleanly(self, client):
        @http
        async def half(scope, receive, send):
            await start(send)
            await body(send, b"half", more=True)
            await body(send, b" of it", more=True)
            raise RuntimeError("broken")

        page = await (await client(half)).get("/shop/")
        assert page.is_cut

    async def test_work_after_the_answer_goes_on(self, client, until):
        done = asyncio.Event()

        @http
        async def later(scope, receive, send):
            await start(send)
            await body(send, b"soon")
            if await receive() == {"type": "http.disconnect"}:
                done.set()

        assert (await (await client(later)).get("/shop/")).text == "soon"
        await until(done.is_set)


class TestBackPressure:
    async def test_an_application_that_writes_faster_than_its_client_reads_is_held_back(self, dial, until):
        sent = [0]

        @http
        async def flood(scope, receive, send):
            await start(send)
            for _ in range(10_000):
                await body(send, b"x" * 65_536, more=True)
                sent[0] += 1
            await body(send)

        wire = await dial(flood)
        wire.send(b"GET /shop/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await wire.head()
        await until(lambda: sent[0] > 2)
        for _ in range(200):
            await asyncio.sleep(0)
        held = sent[0]
        for _ in range(2000):
            await asyncio.sleep(0)
        assert sent[0] - held <= 2
        assert sent[0] * 65_536 < 32 * 1024 * 1024

    async def test_an_upload_is_read_no_faster_than_the_application_asks(self, dial):
        proceed, seen = asyncio.Event(), []

        @http
        async def slow(scope, receive, send):
            seen.append(await receive())
            await proceed.wait()
            rest = await whole_body(receive)
            await start(send)
            await body(send, str(len(seen[0]["body"]) + len(rest)).encode())

        wire = await dial(slow)
        size = 8 * 1024 * 1024
        wire.send(b"POST /shop/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size)
        writing = asyncio.ensure_future(write_all(wire, size))
        done, _ = await asyncio.wait({writing}, timeout=0.2)
        assert not done, "the client waits, for nobody reads"
        proceed.set()
        await writing
        assert b" 200 " in await wire.head()
        assert await wire.reader.readexactly(len(str(size))) == str(size).encode()

    async def test_an_application_is_told_that_its_client_has_gone(self, dial, until):
        heard = []

        @http
        async def waiting(scope, receive, send):
            await whole_body(receive)
            await start(send)
            await body(send, b"first", more=True)
            heard.append(await receive())
            try:
                await body(send, b"second", more=True)
            except OSError as error:
                heard.append(error)

        wire = await dial(waiting)
        wire.send(b"GET /shop/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await wire.head()
        wire.hang_up()
        await until(lambda: len(heard) == 2)
        assert heard[0] == {"type": "http.disconnect"}


async def write_all(wire, size):
    for _ in range(size // 65_536):
        wire.writer.write(b"x" * 65_536)
        await wire.writer.drain()


@checked
async def sockets(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError
    assert await receive() == {"type": "websocket.connect"}
    if scope["path"].endswith("/no"):
        await send({"type": "websocket.close"})
        return
    if scope["path"].endswith("/crash"):
        raise RuntimeError("broken")
    wanted = scope["subprotocols"][:1]
    await send({"type": "websocket.accept", "subprotocol": wanted[0] if wanted else None})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000, "reason": "as you wish"})
            return
        await send({"type": "websocket.send", **{k: v for k, v in message.items() if k != "type"}})
    scope["state"]["left"].append(message["code"])


class TestWebSockets:
    async def test_messages_go_both_ways_as_text_and_as_bytes(self, client):
        asked = await client(sockets)
        async with asked.websocket("/shop/ws", subprotocols=("chat",)) as ws:
            assert ws.socket.subprotocol == "chat"
            for message in ("hello", b"\x00\xff"):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.send("close")
            with pytest.raises(ConnectionError):
                await ws.recv()
            assert ws.close_code == 4000

    async def test_a_handshake_that_it_closes_is_refused(self, client):
        async with (await client(sockets)).websocket("/shop/no") as ws:
            assert ws.status == 403

    async def test_one_that_it_fails_at_is_a_500(self, client):
        async with (await client(sockets)).websocket("/shop/crash") as ws:
            assert ws.status == 500

    async def test_it_is_told_when_the_peer_leaves(self, until):
        left = []

        async def application(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                scope["state"]["left"] = left
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await send({"type": "lifespan.shutdown.complete"})
            else:
                await sockets(scope, receive, send)

        app = App("outer")
        app.mount("/shop", application)
        async with Client(app) as asked:
            async with asked.websocket("/shop/ws"):
                pass
            await until(lambda: left)


class TestLifespan:
    async def test_it_starts_before_the_first_request_and_ends_after_the_last(self):
        heard = []

        @checked
        async def application(scope, receive, send):
            if scope["type"] == "lifespan":
                heard.append((await receive())["type"])
                scope["state"]["made"] = "at start"
                await send({"type": "lifespan.startup.complete"})
                heard.append((await receive())["type"])
                await send({"type": "lifespan.shutdown.complete"})
                return
            heard.append(scope["state"]["made"])
            scope["state"]["made"] = "changed"
            await start(send)
            await body(send)

        app = App("outer")
        app.mount("/shop", application)
        async with Client(app) as asked:
            await asked.get("/shop/")
            await asked.get("/shop/")
        assert heard == ["lifespan.startup", "at start", "at start", "lifespan.shutdown"]

    async def test_one_that_cannot_start_stops_the_start(self):
        async def application(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})

        app = App("outer")
        app.mount("/shop", application)
        with pytest.raises(SennitError) as caught:
            async with Client(app):
                pass
        assert caught.value.code == "compat.E001" and "no database" in caught.value.what

    async def test_one_that_says_nothing_is_not_waited_for_for_ever(self, monkeypatch):
        monkeypatch.setattr("sennit.compat.lifespan.STARTUP_S", 0.01)

        async def application(scope, receive, send):
            await asyncio.Event().wait()

        mount = AsgiMount(application)
        with pytest.raises(SennitError) as caught:
            await mount.start()
        assert caught.value.code == "compat.E002"
        await mount.stop()
