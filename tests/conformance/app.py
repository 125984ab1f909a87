"""The small app behind the conformance suite, and the process that serves it: `python app.py LOOP UNIX_PATH`.

Every request travels the whole framework: hosts, routes, cross-site check, binder, response.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

import sennit
import sennit.web.stored_file
from sennit import App, FileResponse, Request, Response, WebSocket
from sennit.errors import SennitError

HERE = Path(tempfile.mkdtemp(prefix="sennit-conformance-"))
(HERE / "file.txt").write_bytes(b"0123456789")
os.utime(HERE / "file.txt", (1_000_000_000, 1_000_000_000))  # Sun, 09 Sep 2001 01:46:40 GMT
sennit.web.stored_file.RACY_S = 0.0  # its tag must not turn from weak to strong between two answers that are compared

app = App(secret="x" * 32, hosts=["a.example", "b.example", "[::1]", "127.0.0.1"], limits={"body": 70_000}, root=HERE)

ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")
gates: dict[str, asyncio.Event] = {}
seen: list[str] = []


@app.get("/")
async def hello():
    return "hello"


@app.route("/echo", methods=ANY)
async def echo(request: Request):
    return await request.body()


@app.post("/huge", limits={"body": "64M"})
async def huge(request: Request):
    return str(len(await request.body()))


@app.route("/ignore", methods=ANY)
async def ignore():
    return "ignored"


@app.route("/seen", methods=ANY)
async def understood(request: Request):
    """How the request was understood, one line."""
    exchange = request.exchange
    parts = (exchange.method, exchange.raw_path, exchange.query_string, exchange.host, exchange.http_version)
    return Response(" ".join(part or "-" for part in parts), media_type="text/plain")


@app.route("/fields", methods=ANY)
async def fields(request: Request):
    """The fields as the app sees them, after the body was read: trailers are not among them."""
    await request.body()
    return Response(json.dumps(request.headers.lines()), media_type="text/plain")


@app.get("/path/{rest:path}")
async def path(rest: str):
    return Response(rest, media_type="text/plain; charset=utf-8")


@app.get("/empty")
async def empty():
    return Response(status=204)


@app.get("/unchanged")
async def unchanged():
    return Response(status=304, headers={"etag": '"1"'})


@app.get("/stream")
async def stream():
    for n in range(3):
        yield f"part {n}\n"


@app.post("/stream-back")
async def stream_back(request: Request):
    """Answers while it reads."""
    yield "begin "
    async for piece in request.stream():
        yield piece


@app.get("/broken-stream")
async def broken_stream():
    yield "part 0\n"
    raise ConnectionError("the source has gone")


@app.get("/file")
async def file():
    return FileResponse("file.txt")


@app.get("/turns/{count}")
async def turns(count: int):
    """Answers after `count` turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)
    return str(count)


@app.get("/large/{size}")
async def large(size: int):
    seen.append("large")
    return b"x" * size


@app.get("/set/{field}")
async def set_field(field: str, value: str):
    """What setting a field says: the code of the error, or nothing."""
    response = Response("set")
    try:
        response.headers[field] = value
    except SennitError as error:
        return Response(error.code, 400, media_type="text/plain")
    return response


@app.get("/wait/{gate}")
async def wait(gate: str):
    seen.append(f"began {gate}")
    try:
        await gates.setdefault(gate, asyncio.Event()).wait()
    except asyncio.CancelledError:
        seen.append(f"cancelled {gate}")
        raise
    return "waited"


@app.post("/wait/{gate}")
async def work(gate: str):
    await wait(gate)
    seen.append(f"finished {gate}")
    return "worked"


@app.post("/open/{gate}")
async def open_gate(gate: str):
    gates.setdefault(gate, asyncio.Event()).set()
    return "open"


@app.get("/seen-so-far")
async def seen_so_far():
    return seen


@app.websocket("/socket")
async def socket(ws: WebSocket):
    async for message in ws:
        await ws.send(message)


@app.get("/about")
async def about():
    """Which twin and which loop this process really runs."""
    compiled = sorted(
        name
        for name, module in sys.modules.items()
        if name.startswith("sennit.") and str(getattr(module, "__file__", "")).endswith((".so", ".pyd"))
    )
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    return {"loop": loop, "compiled": compiled, "source": os.path.dirname(sennit.__file__)}


async def serve(unix_path: str) -> None:
    gates.setdefault("open", asyncio.Event()).set()
    overrides = {"bind": ["tcp:127.0.0.1:0", f"unix:{unix_path}"]}
    runtime = app.build(app.settings("serve", {}, overrides), "serve")
    await runtime.start()
    port = next(address.port for server in runtime.http for address in server.addresses if address.port)
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until whoever started it has gone
    await runtime.stop(drain_s=0)


if __name__ == "__main__":
    if sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(serve(sys.argv[2]))
    else:
        asyncio.run(serve(sys.argv[2]))
