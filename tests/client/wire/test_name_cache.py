"""Names that have been resolved, for a while."""

import asyncio
import socket

import pytest

from sennit.client.name_cache import MOST_NAMES, NameCache


class Resolver:
    """In place of the loop's: `asked`, and `answers` by name; a name without one is unknown."""

    def __init__(self, monkeypatch):
        self.asked = []
        self.answers = {"a.example": ["192.0.2.1", "192.0.2.1", "192.0.2.2"]}
        self.wait = asyncio.Event()
        self.wait.set()
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.getaddrinfo)

    async def getaddrinfo(self, host, port, **options):
        self.asked.append(host)
        await self.wait.wait()
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in self.answers[host]]


@pytest.fixture
async def resolver(monkeypatch):
    return Resolver(monkeypatch)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


async def test_a_name_is_asked_for_once_and_its_addresses_are_in_order(resolver):
    names = NameCache()
    for _ in range(3):
        assert await names.resolve("a.example", 80) == (
            (socket.AF_INET, ("192.0.2.1", 80)),
            (socket.AF_INET, ("192.0.2.2", 80)),
        )
    assert resolver.asked == ["a.example"]


async def test_after_its_time_it_is_asked_for_again(resolver):
    clock = Clock()
    names = NameCache(ttl_s=60, clock=clock)
    for clock.now in (0, 59.9, 60.0):
        await names.resolve("a.example", 80)
    assert len(resolver.asked) == 2


async def test_and_so_it_is_when_none_of_its_addresses_has_answered(resolver):
    names = NameCache()
    await names.resolve("a.example", 80)
    names.forget("a.example", 80)
    names.forget("never.example", 80)
    await names.resolve("a.example", 80)
    assert len(resolver.asked) == 2


async def test_those_who_ask_at_the_same_time_share_the_question(resolver):
    names = NameCache()
    resolver.wait.clear()
    asking = [asyncio.create_task(names.resolve("a.example", 80)) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()  # one who goes takes nothing from the others
    await asyncio.sleep(0)
    resolver.wait.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert all(len(each) == 2 for each in outcomes[1:])
    assert resolver.asked == ["a.example"]


async def test_a_name_that_is_not_known_is_not_remembered(resolver):
    names = NameCache()
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await names.resolve("b.example", 80)
    resolver.answers["b.example"] = ["192.0.2.9"]
    assert len(await names.resolve("b.example", 80)) == 1


@pytest.mark.parametrize(
    ("host", "found"),
    [("192.0.2.7", (socket.AF_INET, ("192.0.2.7", 80))), ("2001:db8::7", (socket.AF_INET6, ("2001:db8::7", 80, 0, 0)))],
)
async def test_an_address_is_asked_of_nobody(resolver, host, found):
    assert await NameCache().resolve(host, 80) == (found,)
    assert resolver.asked == []


async def test_r9_no_more_names_are_kept_than_the_limit(resolver):
    names = NameCache()
    for number in range(MOST_NAMES + 1):
        resolver.answers[f"{number}.example"] = ["192.0.2.1"]
        await names.resolve(f"{number}.example", 80)
    before = len(resolver.asked)
    await names.resolve(f"{MOST_NAMES}.example", 80)
    assert len(resolver.asked) == before
    await names.resolve("0.example", 80)
    assert len(resolver.asked) == before + 1, "the oldest has gone"


async def test_closed_while_somebody_waits_it_says_so(resolver):
    names = NameCache()
    resolver.wait.clear()
    asking = asyncio.create_task(names.resolve("a.example", 80))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    names.close()
    with pytest.raises(ConnectionAbortedError):
        await asking
