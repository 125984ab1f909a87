"""The access log: one line for each request, refused ones too (threat R44)."""

import asyncio
import json
import re

import pytest

from sennit.http import Address, Disconnected
from sennit.server import AccessLog, Both, LogFile, RequestMetrics
from sennit.server.access_log import BATCH_LINES, LONGEST_FIELD, LONGEST_TARGET

TEXT = ((b"content-type", b"text/plain"),)
AT = 1_763_000_000  # 2025-11-13 02:13:20 UTC

COMMON = re.compile(
    r"127\.0\.0\.1 - - \[13/Nov/2025:02:13:20 \+0000\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<bytes>\d+|-) '
    r'"(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)" (?P<us>\d+|-) (?P<id>\S+)'
)


@pytest.fixture
def logged(serve, tmp_path):
    """`lines = await logged(handler, ask, format)`: serves, lets `ask(running)` talk to it, and returns what was written."""

    async def logged(handler, ask, format="common", **limits):
        running = await serve(handler, **limits)
        log = AccessLog(format, LogFile(tmp_path / "access.log"), clock=lambda: AT)
        running.server.access_log = log
        await ask(running)
        await log.close()
        return (tmp_path / "access.log").read_text("utf-8").splitlines()

    return logged


def hello(exchange):
    exchange.respond(200, TEXT, b"hello")


class TestLines:
    async def test_common_is_apaches_combined_log_with_duration_and_id(self, logged, dial, request_for):
        def handler(exchange):
            exchange.request_id = "an-id"
            exchange.respond(201, TEXT, b"hello")

        async def ask(running):
            client = await dial(running)
            await client.ask(request_for("/path?a=1", "POST", b"x", Referer="http://a.example/x", User_Agent="test/1"))

        (line,) = await logged(handler, ask)
        found = COMMON.fullmatch(line)
        assert found, line
        assert found["request"] == "POST /path?a=1 HTTP/1.1"
        assert (found["status"], found["bytes"], found["id"]) == ("201", "5", "an-id")
        assert (found["referer"], found["agent"]) == ("http://a.example/x", "test/1")
        assert 0 < int(found["us"]) < 10_000_000

    async def test_json_is_an_object_a_line(self, logged, dial, request_for):
        async def ask(running):
            await (await dial(running)).ask(request_for("/path", User_Agent='"quoted"', version="1.0"))

        (line,) = await logged(hello, ask, "json")
        members = json.loads(line)
        assert 0 <= members.pop("duration_us") < 10_000_000
        assert members == {
            "time": "2025-11-13T02:13:20Z",
            "client": "127.0.0.1",
            "method": "GET",
            "target": "/path",
            "version": "1.0",
            "status": 200,
            "bytes": 5,
            "referer": "-",
            "agent": r"\"quoted\"",
            "id": None,
        }

    async def test_streams_tell_their_bytes_when_they_end(self, logged, dial, request_for):
        async def handler(exchange):
            await exchange.start(200, TEXT)
            await exchange.send(b"12345")
            await exchange.send(b"678")
            await exchange.finish()

        async def ask(running):
            await (await dial(running)).ask(request_for("/stream"))

        (line,) = await logged(handler, ask)
        assert COMMON.fullmatch(line)["bytes"] == "8"

    @pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
    async def test_what_has_no_body_sent_none(self, logged, dial, request_for, method, status):
        def handler(exchange):
            exchange.respond(status, (), b"hello")

        async def ask(running):
            await (await dial(running)).ask(request_for("/", method), method)

        (line,) = await logged(handler, ask)
        assert COMMON.fullmatch(line)["bytes"] == "-"

    async def test_pipelined_requests_have_a_line_each(self, logged, dial, request_for):
        async def ask(running):
            client = await dial(running)
            client.send(b"".join(request_for(f"/{n}") for n in range(40)))
            for _ in range(40):
                await client.answer()

        lines = await logged(hello, ask)
        assert [COMMON.fullmatch(line)["request"] for line in lines] == [f"GET /{n} HTTP/1.1" for n in range(40)]

    async def test_a_websocket_has_one_when_it_opens(self, logged, dial):
        async def handler(exchange):
            await exchange.accept_websocket(None, (), max_message=100).close()

        async def ask(running):
            client = await dial(running)
            client.send(
                b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            await client.answer()

        (line,) = await logged(handler, ask)
        assert COMMON.fullmatch(line)["status"] == "101"


class TestRefused:
    @pytest.mark.parametrize(
        ("octets", "status"),
        [
            (b"NONSENSE\r\n\r\n", "400"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nA: \x1b[2J\x00\r\n\r\n", "400"),
            (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", "414"),
            (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 200 + b"\r\n", "431"),
        ],
        ids=["no request", "control character", "long target", "many fields"],
    )
    async def test_what_is_no_request_gives_one_line(self, logged, dial, octets, status):
        async def ask(running):
            client = await dial(running)
            client.send(octets)
            await client.answer()

        (line,) = await logged(hello, ask)
        found = COMMON.fullmatch(line)
        assert (found["request"], found["status"]) == ("-", status)

    async def test_a_head_that_never_ends(self, logged, dial, until):
        async def ask(running):
            client = await dial(running)
            client.send(b"GET / HTTP/1.1\r\n")
            await until(lambda: any(True for _ in running.connections))
            await asyncio.sleep(0.01)
            running.jump(11)
            await client.answer()

        (line,) = await logged(hello, ask, "json")
        assert json.loads(line) == {"time": "2025-11-13T02:13:20Z", "client": "127.0.0.1", "status": 408}

    async def test_a_crash_and_a_handler_too_slow_have_theirs(self, logged, dial, request_for, until):
        waits = []

        async def handler(exchange):
            if exchange.raw_path == "/crash":
                raise ZeroDivisionError
            waits.append(1)
            await asyncio.Event().wait()

        async def ask(running):
            await (await dial(running)).ask(request_for("/crash"))
            client = await dial(running)
            client.send(request_for("/slow"))
            await until(lambda: waits)
            running.jump(11)
            running.jump(11)
            await client.answer()

        lines = await logged(handler, ask, request_s=10)
        assert [COMMON.fullmatch(line)["status"] for line in lines] == ["500", "503"]

    async def test_a_client_that_left_is_told_as_499_or_with_what_it_got(self, logged, dial, request_for, until):
        waits, gone = [], []

        async def handler(exchange):
            exchange.cancel_on_disconnect = True
            try:
                if exchange.raw_path == "/half":
                    await exchange.start(200, TEXT)
                    await exchange.send(b"123")
                waits.append(1)
                await asyncio.Event().wait()
            except (asyncio.CancelledError, Disconnected):
                gone.append(1)
                raise

        async def ask(running):
            for path in ("/none", "/half"):
                client = await dial(running)
                client.send(request_for(path))
                await until(lambda: waits)
                waits.clear()
                client.writer.transport.abort()
                await until(lambda: gone and not running.connections)
                gone.clear()

        lines = [COMMON.fullmatch(line) for line in await logged(handler, ask)]
        assert [(line["status"], line["bytes"]) for line in lines] == [("499", "-"), ("200", "3")]


class TestHostileText:  # threat R44
    @pytest.mark.parametrize("format", ["common", "json"])
    async def test_cannot_end_a_line_or_steer_a_terminal(self, logged, dial, request_for, format):
        async def ask(running):
            client = await dial(running)
            client.send(
                b'GET /a"b\\c HTTP/1.1\r\nHost: a\r\n'
                b'User-Agent: x\t" 200 - "\x9b2J\xe9\r\nReferer: http://a/?password=hunter2&b=\x85\r\n\r\n'
            )
            await client.answer()

        (line,) = await logged(hello, ask, format)
        assert line.isprintable()
        assert "hunter2" not in line
        if format == "common":
            found = COMMON.fullmatch(line)
            assert found["agent"] == r"x\x09\" 200 - \"\x9b2J\xe9".replace(r"\xe9", "é")
        else:
            assert json.loads(line)["referer"] == r"http://a/?password=[masked]&b=\x85"

    async def test_secrets_in_a_query_are_masked(self, logged, dial, request_for):
        async def ask(running):
            await (await dial(running)).ask(request_for("/in?user=ann&pass%77ord=hunter2&token=abc&code=1&page=2"))

        (line,) = await logged(hello, ask)
        request = COMMON.fullmatch(line)["request"]
        masked = "pass%77ord=[masked]&token=[masked]&code=[masked]"
        assert request == f"GET /in?user=ann&{masked}&page=2 HTTP/1.1"

    async def test_is_cut(self, logged, dial, request_for):
        async def ask(running):
            await (await dial(running)).ask(request_for("/" + "a" * 8000, User_Agent="b" * 8000))

        (line,) = await logged(hello, ask)
        assert len(line) < LONGEST_TARGET + LONGEST_FIELD + 200


class TestBatches:
    async def test_are_handed_over_after_a_while_and_when_full(self):
        batches = []

        class File:
            dropped = 0

            def write(self, batch: bytes, lines: int) -> None:
                batches.append(lines)

        log = AccessLog("common", File(), clock=lambda: AT)
        for _ in range(BATCH_LINES + 3):
            log.refused(Address("127.0.0.1", 1), 400)
        assert batches == [BATCH_LINES]
        log.flush()
        log.flush()
        assert batches == [BATCH_LINES, 3]

    async def test_the_time_is_made_once_a_second(self):
        now = [float(AT)]
        log = AccessLog("json", LogFile(None), clock=lambda: now[0])
        assert log.time("%S") == "20"
        assert log.time("ignored: made already") == "20"
        now[0] += 1
        assert log.time("%S") == "21"


class TestMetrics:
    async def test_count_by_route_method_and_class_of_status(self, serve, dial, request_for):
        metrics = RequestMetrics()

        def handler(exchange):
            exchange.route = "a route" if exchange.raw_path == "/" else None
            exchange.respond(200 if exchange.raw_path == "/" else 404, TEXT, b"hello")

        running = await serve(handler)
        running.server.access_log = metrics
        client = await dial(running)
        for path, method in (("/", "GET"), ("/", "GET"), ("/", "HEAD"), ("/x", "GET"), ("/y", "GET")):
            await client.ask(request_for(path, method), method)
        counts = {key: series.count for key, series in metrics}
        assert counts == {("a route", "GET", 2): 2, ("a route", "HEAD", 2): 1, (None, "GET", 4): 2}
        series = metrics.series["a route", "GET", 2]
        assert series.sent == 10 and sum(series.buckets) == 2 and 0 < series.durations < 10

    async def test_a_client_does_not_choose_how_many_series_there_are(self, serve, dial, request_for):
        metrics = RequestMetrics()
        running = await serve(hello)
        running.server.access_log = metrics
        client = await dial(running)
        for n in range(20):
            await client.ask(request_for("/", f"METHOD{n}"))
        assert {key: series.count for key, series in metrics} == {(None, "other", 2): 20}

    async def test_beside_the_access_log(self, serve, dial, request_for, tmp_path):
        metrics, log = RequestMetrics(), AccessLog("common", LogFile(tmp_path / "log"))
        running = await serve(hello)
        running.server.access_log = Both(log, metrics)
        client = await dial(running)
        await client.ask(request_for())
        client.send(b"NONSENSE\r\n\r\n")
        await client.answer()
        await log.close()
        assert len((tmp_path / "log").read_text().splitlines()) == 2
        assert metrics.refused_by_status == {400: 1}
