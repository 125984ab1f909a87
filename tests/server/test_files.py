"""Files over a real socket: sendfile beside the transport, in order, with back-pressure, cut when the file gets shorter."""

import asyncio
import os
import socket
import ssl

import pytest

from sennit.net.send_file import plain_socket
from sennit.web import FileResponse, Router
from sennit.web.assets import Assets, StaticMount
from sennit.web.static import StaticFolder

from ..web.conftest import SiteClient

MIB = 1024 * 1024
CONTENT = bytes(range(256)) * 4096 * 12  # 12 MiB: more than any socket takes at once
SMALL = b"small" * 100


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.fixture
def piecewise(file):
    """A handler that sends a head, a word, parts of the file, a word."""

    async def handler(exchange):
        chunked = exchange.raw_path == "/chunked"
        await exchange.start(200, (), None if chunked else len(CONTENT) + 8)
        await exchange.send(b"head")
        await exchange.send_file(file, 0, 5 * MIB)
        await exchange.send_file(file, 5 * MIB, len(CONTENT) - 5 * MIB)
        await exchange.send(b"tail")
        await exchange.finish()

    return handler


@pytest.fixture
def static(tmp_path, monkeypatch):
    """A site with a static folder, whose files count as settled; `/wait` is a route beside it."""
    monkeypatch.setattr("sennit.web.stored_file.RACY_S", -1)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "large.bin").write_bytes(CONTENT)
    (tmp_path / "static" / "small.txt").write_bytes(SMALL)
    router = Router()

    @router.get("/file")
    async def file():
        return FileResponse("static/large.bin")

    router.include(*Assets([StaticMount("/static", "static")], tmp_path).routers())
    return SiteClient(router, tmp_path).site


def ask(path, *fields):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: test", *fields, "", ""]).encode()


class TestPieces:
    @pytest.mark.parametrize("path", ["/length", "/chunked"])
    @pytest.mark.parametrize("endpoint", ["tcp:0", "unix"])
    async def test_stand_between_what_was_written_before_and_after(
        self, serve, dial, piecewise, tmp_path, path, endpoint
    ):
        running = await serve(piecewise, "tcp:0" if endpoint == "tcp:0" else f"unix:{tmp_path}/s")
        client = await dial(running)
        for _ in range(2):
            answer = await client.ask(ask(path))
            assert answer.body == b"head" + CONTENT + b"tail"

    async def test_a_head_request_gets_none_of_it(self, serve, dial, piecewise):
        client = await dial(await serve(piecewise))
        answer = await client.ask(ask("/").replace(b"GET", b"HEAD"), method="HEAD")
        assert answer.lines[b"content-length"] == b"%d" % (len(CONTENT) + 8)

    async def test_more_than_was_announced_is_cut(self, serve, dial, file):
        async def handler(exchange):
            await exchange.start(200, (), 10)
            await exchange.send_file(file, 0, 11)

        client = await dial(await serve(handler))
        client.send(ask("/"))
        assert b"".join([await client.reader.read()]).count(CONTENT[:11]) == 0

    async def test_a_cold_file_is_read_ahead_in_a_thread(self, serve, dial, piecewise, monkeypatch):
        asked = []

        def preadv(fd, buffers, offset, flags=0):
            if flags and len(asked) < 3:
                asked.append(offset)
                raise BlockingIOError
            return real(fd, buffers, offset, flags)

        real = os.preadv
        monkeypatch.setattr(os, "preadv", preadv)
        client = await dial(await serve(piecewise))
        assert (await client.ask(ask("/"))).body == b"head" + CONTENT + b"tail"
        assert len(asked) == 3


class TestFaults:
    async def test_a_file_that_gets_shorter_is_cut_and_never_ended(self, serve, dial, static, tmp_path, until):
        running = await serve(static)
        client = await dial(running)
        client.send(ask("/static/large.bin"))
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % len(CONTENT) in head
        os.truncate(tmp_path / "static" / "large.bin", 1000)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await client.reader.readexactly(len(CONTENT))
        await until(lambda: not running.connections)

    async def test_a_client_that_leaves_closes_everything(self, serve, dial, static, until):
        await _count_after_leaving(serve, dial, static, until, "/static/large.bin")

    async def test_so_does_one_that_leaves_a_file_response(self, serve, dial, static, until):
        await _count_after_leaving(serve, dial, static, until, "/file")

    async def test_a_client_that_reads_nothing_is_dropped_after_the_write_time(self, serve, dial, static, until):  # R15
        running = await serve(static, write_s=30)
        client = await dial(running)
        client.writer.transport.pause_reading()
        client.send(ask("/static/large.bin"))
        await until(lambda: any(connection.is_blocked for connection in running.connections))
        await asyncio.sleep(0)
        running.jump(1)
        running.jump(31)
        running.jump(31)
        await until(lambda: not running.connections)

    async def test_closing_the_server_cuts_a_file_on_its_way(self, serve, dial, static, until):
        running = await serve(static)
        client = await dial(running)
        client.writer.transport.pause_reading()
        client.send(ask("/static/large.bin"))
        await until(lambda: any(connection.is_blocked for connection in running.connections))
        await running.server.close()
        assert not running.connections


async def _count_after_leaving(serve, dial, static, until, path):
    running = await serve(static)
    warm = await dial(running)
    await warm.ask(ask(path, "Range: bytes=0-0"))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        client = await dial(running)
        client.writer.transport.pause_reading()
        client.send(ask(path))
        await until(lambda: any(connection.is_blocked for connection in running.connections))
        client.writer.transport.abort()
        await until(lambda: len(running.connections) == 1)
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)


class TestShortcuts:
    """The second request for a static file takes the short way; nobody can tell."""

    async def test_the_answer_is_the_same(self, serve, dial, static):
        client = await dial(await serve(static))
        for path, content in (("/static/large.bin", CONTENT), ("/static/small.txt", SMALL)):
            first, second = await client.ask(ask(path)), await client.ask(ask(path))
            assert path in static.shortcuts.by_path
            assert first.body == second.body == content
            assert {**first.lines, b"date": b""} == {**second.lines, b"date": b""}

    async def test_pipelined_answers_keep_their_order(self, serve, dial, static):
        client = await dial(await serve(static))
        await client.ask(ask("/static/large.bin"))
        await client.ask(ask("/static/small.txt"))
        paths = ["/static/small.txt", "/static/large.bin", "/static/small.txt", "/static/large.bin", "/nowhere"]
        client.send(b"".join(map(ask, paths)))
        answers = [await client.answer() for _ in paths]
        assert [a.body for a in answers[:4]] == [SMALL, CONTENT, SMALL, CONTENT]
        assert answers[4].status == 404

    async def test_a_change_a_condition_a_range_a_host_or_another_method_takes_the_long_way(
        self, serve, dial, static, tmp_path
    ):
        client = await dial(await serve(static))
        etag = (await client.ask(ask("/static/small.txt"))).lines[b"etag"].decode()
        assert (await client.ask(ask("/static/small.txt", f"If-None-Match: {etag}"))).status == 304
        assert (await client.ask(ask("/static/small.txt", "Range: bytes=0-4"))).body == b"small"
        assert (await client.ask(ask("/static/small.txt").replace(b"GET", b"HEAD"), "HEAD")).status == 200
        assert (await client.ask(ask("/static/small.txt").replace(b"GET", b"POST"))).status == 405
        assert (await client.ask(ask("/static/small.txt").replace(b"Host: test", b"Host: evil"))).status == 421
        (tmp_path / "static" / "small.txt").write_bytes(b"changed")
        assert (await client.ask(ask("/static/small.txt"))).body == b"changed"
        (tmp_path / "static" / "small.txt").unlink()
        assert (await client.ask(ask("/static/small.txt"))).status == 404

    async def test_none_where_middleware_or_a_rule_has_a_say(self, serve, dial, tmp_path, monkeypatch):
        monkeypatch.setattr("sennit.web.stored_file.RACY_S", -1)
        (tmp_path / "small.txt").write_bytes(SMALL)
        router = Router()
        router.include(*Assets([StaticMount("/static", ".", access=lambda: True)], tmp_path).routers())
        site = SiteClient(router, tmp_path).site
        client = await dial(await serve(site))
        assert (await client.ask(ask("/static/small.txt"))).body == SMALL
        assert not site.shortcuts.by_path

    async def test_none_for_an_own_handler_or_below_a_guarded_router(self, serve, dial, tmp_path, monkeypatch):
        monkeypatch.setattr("sennit.web.stored_file.RACY_S", -1)
        (tmp_path / "small.txt").write_bytes(SMALL)
        router, guarded, files = Router(), Router("/in", access=lambda: True), StaticFolder(tmp_path)

        @router.get("/own", inline=True)
        def own():
            return files.respond("small.txt")

        guarded.include(*Assets([StaticMount("/static", ".")], tmp_path).routers())
        router.include(guarded)
        site = SiteClient(router, tmp_path).site
        client = await dial(await serve(site))
        for path in ("/own", "/in/static/small.txt"):
            assert (await client.ask(ask(path))).body == SMALL
        assert not site.shortcuts.by_path

    async def test_http_1_0_is_closed_behind_the_file(self, serve, dial, static):
        running = await serve(static)
        for _ in range(2):
            client = await dial(running)
            client.send(ask("/static/large.bin").replace(b"HTTP/1.1", b"HTTP/1.0"))
            assert (await client.rest()).endswith(CONTENT)


class TestTransports:
    async def test_files_go_past_a_plain_transport_only(self, serve, dial, static):
        running = await serve(static)
        await dial(running)
        server, client = socket.socketpair()
        made = asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=client)
        transport, _ = await made
        assert plain_socket(transport) == client.fileno()
        transport.abort()
        server.close()

        class Wrapped(asyncio.Transport):
            def get_extra_info(self, name, default=None):
                return client

        assert plain_socket(Wrapped()) == -1

    async def test_not_past_tls(self):
        pytest.importorskip("trustme")
        import trustme

        authority = trustme.CA()
        accepting, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
        authority.issue_cert("localhost").configure_cert(accepting)
        authority.configure_trust(trusting)
        seen = asyncio.get_running_loop().create_future()

        class Server(asyncio.Protocol):
            def connection_made(self, transport):
                seen.set_result(plain_socket(transport))
                transport.close()

        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, "127.0.0.1", 0, ssl=accepting)
        port = server.sockets[0].getsockname()[1]
        transport, _ = await loop.create_connection(
            asyncio.Protocol, "127.0.0.1", port, ssl=trusting, server_hostname="localhost"
        )
        assert await seen == -1
        assert plain_socket(transport) == -1
        transport.abort()
        server.close()
