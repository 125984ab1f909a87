"""Drives treq on Twisted's epoll reactor:   python drive_treq.py PORT   (the lines are those of drive.py)"""

import sys
from time import monotonic

from twisted.internet import epollreactor

epollreactor.install()

from treq.client import HTTPClient  # noqa: E402 - the reactor is chosen above
from twisted.internet import task  # noqa: E402
from twisted.internet.defer import Deferred, gatherResults  # noqa: E402
from twisted.web.client import Agent, HTTPConnectionPool  # noqa: E402

BODY = b"Hello, World!"


async def ask(client, url, end):
    asked = 0
    while monotonic() < end:
        response = await client.get(url)
        if await response.content() != BODY:
            raise ValueError("a body is not what was sent")
        asked += 1
    return asked


async def main(reactor):
    pool = HTTPConnectionPool(reactor)
    pool.maxPersistentPerHost = 1024
    client, url = HTTPClient(Agent(reactor, pool=pool)), f"http://127.0.0.1:{sys.argv[1]}/"
    print("ready", flush=True)
    for line in sys.stdin:
        _, concurrency, seconds = line.split()
        end = monotonic() + float(seconds)
        asking = [Deferred.fromCoroutine(ask(client, url, end)) for _ in range(int(concurrency))]
        print(f"requests {sum(await gatherResults(asking, consumeErrors=True))}", flush=True)


task.react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
