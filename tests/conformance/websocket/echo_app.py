"""What every case is played against: an echo, by the whole framework. `python echo_app.py LOOP` prints its port."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

import sennit
from sennit import App, WebSocket

HERE = Path(tempfile.mkdtemp(prefix="sennit-websocket-"))
app = App(secret="x" * 32, hosts=["127.0.0.1", "localhost"], limits={"ws_message": "16M"}, root=HERE)


@app.websocket("/echo")
async def echo(ws: WebSocket):
    async for message in ws:
        await ws.send(message)


@app.websocket("/offered")
async def offered(ws: WebSocket):
    """Takes the last subprotocol of the offer; the first message names it and tells the extensions that were asked for."""
    ws.accept(ws.subprotocols[-1] if ws.subprotocols else None)
    await ws.send(json.dumps([ws.subprotocol, ws.request.headers.get("sec-websocket-extensions")]))
    await echo(ws)


@app.get("/")
async def page():
    """For browsers: a page of the origin that the WebSocket is of."""
    return "echo"


@app.get("/about")
async def about():
    compiled = sorted(name for name, module in sys.modules.items() if _is_compiled(name, module))
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    return {"loop": loop, "compiled": compiled, "source": os.path.dirname(sennit.__file__)}


def _is_compiled(name: str, module: object) -> bool:
    return name.startswith("sennit.") and str(getattr(module, "__file__", "")).endswith((".so", ".pyd"))


async def serve() -> None:
    runtime = app.build(app.settings("serve", {}, {"bind": ["tcp:127.0.0.1:0"]}), "serve")
    await runtime.start()
    print(next(address.port for server in runtime.http for address in server.addresses), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until whoever started it has gone
    await runtime.stop(drain_s=0)


if __name__ == "__main__":
    if sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(serve())
    else:
        asyncio.run(serve())
