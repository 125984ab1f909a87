"""Drives one asyncio client:   python drive.py NAME PORT

NAME stands for NAME_client.py, which has `opened(most)`, an async context manager of the library's own client for `most`
connections, and `get(client, url)`, which returns the body; for large bodies `download` and `upload`, which return octets.

Each line of the input is answered with one line:

    get CONCURRENCY SECONDS     requests N
    download                    octets N
    upload OCTETS               octets N
"""

import asyncio
import sys
from importlib import import_module
from time import monotonic

import uvloop

BODY = b"Hello, World!"


class Driver:
    def __init__(self, library, client, url):
        self.library = library
        self.client = client
        self.url = url

    async def get(self, concurrency, seconds):
        end, asked = monotonic() + float(seconds), 0
        get, client, url = self.library.get, self.client, self.url

        async def ask():
            nonlocal asked
            while monotonic() < end:
                if await get(client, url) != BODY:
                    raise ValueError("a body is not what was sent")
                asked += 1

        async with asyncio.TaskGroup() as tasks:
            for _ in range(int(concurrency)):
                tasks.create_task(ask())
        return f"requests {asked}"

    async def download(self):
        return f"octets {await self.library.download(self.client, self.url)}"

    async def upload(self, octets):
        return f"octets {await self.library.upload(self.client, self.url, int(octets))}"


async def main():
    library, url = import_module(f"{sys.argv[1]}_client"), f"http://127.0.0.1:{sys.argv[2]}/"
    async with library.opened(1024) as client:
        driver = Driver(library, client, url)
        print("ready", flush=True)
        for line in sys.stdin:  # nothing else is to be done until it comes
            what, *numbers = line.split()
            print(await getattr(driver, what)(*numbers), flush=True)


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
