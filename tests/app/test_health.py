"""`/-/live` says that the process answers, `/-/ready` that it can do its work; neither says more."""

import asyncio

import pytest

from sennit import App, Database
from sennit.app.health import Health
from sennit.testing import Client
from sennit.testing.memory import MemoryExchange


@pytest.fixture
def app(tmp_path):
    return App(root=tmp_path, database="sqlite://")


async def probe(client, path="/-/ready", host="10.0.0.7:8000"):
    exchange = MemoryExchange("GET", path, "", [("host", host)])
    await client.runtime.site(exchange)
    return exchange.status, bytes(exchange.answer).decode()


async def test_both_answer_whatever_the_host(app):
    async with Client(app) as client:
        assert await probe(client, "/-/live") == (200, "live\n")
        assert await probe(client) == (200, "ready\n")
        assert (await probe(client, "/-/other"))[0] == 421
        assert (await client.get("/-/live")).headers["cache-control"] == "no-store"


async def test_not_ready_while_stopping(app):
    async with Client(app) as client:
        client.runtime.health.is_draining = True
        assert await probe(client) == (503, "not ready\n")
        assert await probe(client, "/-/live") == (200, "live\n")


async def test_not_ready_before_the_start(app):
    runtime = app.build(app.settings("test", {}), "test")
    assert not await Health(runtime).is_ready()
    runtime.site.close()


async def test_not_ready_without_the_database(app, caplog):
    async with Client(app) as client:
        await client.runtime.engine.backend.readers.close()

        async def broken(*args, **kwargs):
            raise ConnectionError("no route to host")

        client.runtime.engine.backend.readers.run = broken
        status, text = await probe(client)
        assert (status, text) == (503, "not ready\n")
        assert "the database failed" in caplog.text


class TestOwnChecks:
    @pytest.mark.parametrize(("value", "status"), [(True, 200), (None, 200), (False, 503)])
    async def test_say_yes_unless_they_say_no(self, app, value, status):
        @app.ready
        async def check(db: Database):
            await db.execute("select 1")
            return value

        async with Client(app) as client:
            assert (await probe(client))[0] == status

    async def test_that_fail_are_a_no_and_told_to_the_log_alone(self, app, caplog):
        @app.ready
        async def check():
            raise ZeroDivisionError("a secret")

        async with Client(app) as client:
            assert await probe(client) == (503, "not ready\n")
            assert "a secret" in caplog.text

    async def test_have_a_second(self, app, monkeypatch):
        monkeypatch.setattr("sennit.app.health.CHECK_S", 0.01)

        @app.ready
        async def check():
            await asyncio.Event().wait()

        async with Client(app) as client:
            assert (await probe(client))[0] == 503

    async def test_run_once_however_many_ask(self, app):
        asked, now = [], [0.0]

        @app.ready
        async def check():
            asked.append(1)
            await asyncio.sleep(0)

        async with Client(app) as client:
            client.runtime.health._clock = lambda: now[0]
            await asyncio.gather(*(probe(client) for _ in range(20)))
            await probe(client)
            assert len(asked) == 1
            now[0] += 1
            await probe(client)
            assert len(asked) == 2

    async def test_of_routers_count_too(self, app):
        from sennit import Router

        inner = Router("/in")

        @inner.ready
        async def check():
            return False

        app.include(inner)
        async with Client(app) as client:
            assert (await probe(client))[0] == 503


async def test_may_be_switched_off(tmp_path):
    app = App(root=tmp_path, health=False)

    @app.get("/-/live")
    async def own():
        return "own"

    async with Client(app) as client:
        assert (await client.get("/-/live")).text == "own"
        assert (await client.get("/-/ready")).status == 404
        assert (await probe(client, "/-/live"))[0] == 421
