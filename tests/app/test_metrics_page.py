"""`/-/metrics` in Prometheus's text format 0.0.4, for whom the app's rule lets in."""

import asyncio
import re

import pytest

from sennit import App, Request, public
from sennit.app.metrics_page import sample
from sennit.testing import Client

LINE = re.compile(r'[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? [-+.e\d]+|# (?:HELP|TYPE) [a-z_]+ .+')


def values(text: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


@pytest.fixture
async def served(tmp_path):
    """An app on a free port, and how to ask it raw."""
    app = App(root=tmp_path, metrics=public, hosts=["localhost"])

    @app.get("/things/{id}")
    async def thing(id: int):
        return str(id)

    runtime = app.build(app.settings("test", {}, {"bind": ["tcp:127.0.0.1:0"]}), "test")
    await runtime.start()

    async def ask(target: str) -> str:
        reader, writer = await asyncio.open_connection(*runtime.http[0].addresses[0])
        writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer.partition(b"\r\n\r\n")[2].decode()

    yield ask
    await runtime.stop(drain_s=1)


class TestFormat:
    async def test_every_line_can_be_read(self, served):
        await served("/things/1")
        text = await served("/-/metrics")
        assert text.endswith("\n")
        assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []

    async def test_each_family_is_told_once_before_its_samples(self, served):
        text = await served("/-/metrics")
        told = re.findall(r"# TYPE (\S+)", text)
        assert len(told) == len(set(told))

    def test_labels_are_escaped(self):
        assert sample("a", {"b": 'c"\\\n'}, 1) == 'a{b="c\\"\\\\\\n"} 1'


class TestCounts:
    async def test_are_by_pattern_and_never_by_path(self, served):
        for target in ("/things/1", "/things/2", "/things/x", "/nothing/1", "/nothing/2"):
            await served(target)
        found = values(await served("/-/metrics"))
        counts = 'sennit_http_requests_total{route="%s",method="GET",status="%s"}'
        assert found[counts % ("/things/{id}", "2xx")] == 2
        assert found[counts % ("/things/{id}", "4xx")] == 1
        assert found[counts % ("none", "4xx")] == 2
        assert "nothing" not in str(found)

    async def test_durations_are_a_histogram(self, served):
        await served("/things/1")
        await served("/things/x")
        found = values(await served("/-/metrics"))
        name, labels = "sennit_http_request_duration_seconds", 'route="/things/{id}",method="GET"'
        buckets = [value for key, value in found.items() if key.startswith(f"{name}_bucket{{{labels}")]
        assert buckets == sorted(buckets) and buckets[-1] == 2
        assert found[f"{name}_count{{{labels}}}"] == 2
        assert 0 < found[f"{name}_sum{{{labels}}}"] < 20

    async def test_connections_and_the_process(self, served):
        await served("/things/1")
        found = values(await served("/-/metrics"))
        assert found["sennit_connections_accepted_total"] == 2
        assert found["sennit_connections_open"] == 1
        assert found["sennit_connections_refused_total"] == 0
        assert found["sennit_live_viewers"] == 0
        assert found["sennit_loop_lag_seconds"] >= 0
        assert found["process_cpu_seconds_total"] > 0
        assert found["process_start_time_seconds"] > 1_700_000_000
        assert found.get("process_resident_memory_bytes", 1e7) > 1e6
        assert found.get("process_open_fds", 5) > 3


class TestAccess:
    async def test_without_a_rule_there_are_none(self, tmp_path):
        app = App(root=tmp_path)
        async with Client(app) as client:
            assert (await client.get("/-/metrics")).status == 404
            assert client.runtime.metrics is None

    async def test_the_rule_decides(self, tmp_path):
        async def with_token(request: Request) -> bool:
            return request.headers.get("authorization") == "Bearer abc"

        async with Client(App(root=tmp_path, metrics=with_token)) as client:
            assert (await client.get("/-/metrics")).status == 403
            page = await client.get("/-/metrics", headers={"authorization": "Bearer abc"})
            assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert "sennit_http_requests_total" in page.text
