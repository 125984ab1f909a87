"""The client of every case: `python echo_client.py LOOP` does what the lines say that it reads, and says when it has.

`play AT_ONE_TIME URL` comes for Autobahn's cases; `exchange URL MESSAGES` sends each message and awaits what comes; `about` tells
which twin and which loop this is.
"""

import asyncio
import json
import os
import sys

import sennit
from sennit.client.websocket_opening import open_websocket
from sennit.http import WebSocketClosed

MOST = 16 * 1024 * 1024


async def play(url: str, at_one_time: int) -> str:
    """Autobahn's rules for clients: ask how many there are, echo in each of them, ask for the verdicts."""
    counting = await open_websocket(f"{url}/getCaseCount")
    count = int(await counting.recv())
    await counting.close()
    places = asyncio.Semaphore(at_one_time)
    await asyncio.gather(*(play_case(f"{url}/runCase?case={n}&agent=sennit", places) for n in range(1, count + 1)))
    await (await open_websocket(f"{url}/updateReports?agent=sennit")).close()
    return "played"


async def play_case(url: str, places: asyncio.Semaphore) -> None:
    async with places:
        ws = await open_websocket(url, max_message=MOST)
        try:
            async for message in ws:
                await ws.send(message)
        except WebSocketClosed:
            pass  # left between a message and its echo
        finally:
            await ws.close()


async def exchange(url: str, messages: list[str]) -> str:
    ws = await open_websocket(url, max_message=MOST)
    heard = []
    for message in messages:
        await ws.send(message)
        heard.append(await ws.recv())
    await ws.close()
    return json.dumps([*heard, ws.close_code])


async def about() -> str:
    compiled = sorted(name for name, module in sys.modules.items() if _is_compiled(name, module))
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    return json.dumps({"loop": loop, "compiled": compiled, "source": os.path.dirname(sennit.__file__)})


def _is_compiled(name: str, module: object) -> bool:
    return name.startswith("sennit.") and str(getattr(module, "__file__", "")).endswith((".so", ".pyd"))


async def obey(line: str) -> str:
    what, _, rest = line.strip().partition(" ")
    if what == "play":
        at_one_time, _, url = rest.partition(" ")
        return await play(url, int(at_one_time))
    if what == "exchange":
        url, _, messages = rest.partition(" ")
        return await exchange(url, json.loads(messages))
    return await about()


async def main() -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            print(await obey(line), flush=True)
        except Exception as error:  # told, and the next line is obeyed all the same
            print(f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(main())
    else:
        asyncio.run(main())
