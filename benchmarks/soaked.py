"""The application of `make soak` and `make slowloris`: everything that HTTP and WebSocket traffic can ask for."""

import asyncio
import gc
import hashlib
import threading
from pathlib import Path

from served import Order

from sennit import App, EventStream, File, FileResponse, Request, WebSocket

app = App(limits={"connections": 20_000})
FILE = Path(__file__).parent / "build" / "download.bin"


@app.get("/")
async def index():
    return "Hello, World!"


@app.get("/thread")
def in_a_thread():
    return "from a thread"


@app.post("/order")
async def order(order: Order):
    return {"pieces": sum(line.quantity for line in order.lines)}


@app.post("/upload")
async def upload(request: Request):
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
    return {"sha256": digest.hexdigest()}


@app.post("/form")
async def form(file: File):
    return {"size": file.size, "sha256": hashlib.sha256(await file.read()).hexdigest()}


@app.get("/stream")
async def stream(pieces: int = 10):
    for _ in range(pieces):
        yield "x" * 4000
        await asyncio.sleep(0)


@app.get("/file")
async def file():
    return FileResponse(FILE)


@app.get("/slow")
async def slow():
    await asyncio.sleep(1)
    return "at last"


@app.get("/ticks")
async def ticks():
    return EventStream(counting())


async def counting():
    number = 0
    while True:
        number += 1
        yield {"event": "tick", "data": number}
        await asyncio.sleep(0.02)


@app.websocket("/echo")
async def echo(ws: WebSocket):
    async for message in ws:
        await ws.send(message)


@app.get("/stats")
async def stats():
    """What a leak would show in; garbage that only waits for its collection is no leak."""
    gc.collect()
    return {
        "tasks": len(asyncio.all_tasks()),
        "objects": len(gc.get_objects()),
        "python_threads": threading.active_count(),
    }
