"""Live pages under several workers: what one worker commits, a page whose socket ends in another one shows."""

import asyncio
import json
import re
import socket

from websockets.asyncio.client import connect

from sennit.testing.live_region import MARKERS, LiveRegion

PROGRAM = """
from sennit import Database, Mapped, Model, view

app = App(secret="only for tests" * 3, database="sqlite:///todo.db")

class Todo(Model):
    text: Mapped[str]

@app.get("/")
@view("todo.html")
def todos():
    return {"items": Todo.all().order_by(Todo.id)}

@app.get("/worker")
async def worker():
    return str(os.getpid())

@app.post("/add")
async def add(db: Database):
    db.add(Todo(text="milk"))
"""
PAGE = """<!doctype html><html><head>{{ live_script() }}</head><body>
<ul>{% live for t in items key t.id %}<li>{{ t.text }}</li>{% endlive %}</ul></body></html>"""


async def test_a_page_follows_the_commits_of_every_worker(served, tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "todo.html").write_text(PAGE)
    server = await served(PROGRAM, "--workers", "2")
    workers = await server.serves()
    page = await server.get()
    token_found = re.search(r'sennit-live" content="([^"]+)"', page)
    assert token_found, "\n".join([page, *server.log])
    token = token_found[1]
    lines = {pid: await connection_to(server.port, pid) for pid in workers}
    sockets = {}
    for pid, line in lines.items():
        sockets[pid] = await connect(
            f"ws://127.0.0.1:{server.port}/-/sennit/live", sock=line, subprotocols=["sennit.1"]
        )
        (region,) = (LiveRegion(*match.groups()) for match in MARKERS.finditer(page))
        await sockets[pid].send(json.dumps(["join", token, [[region.shape, region.digest]]]))
    for number, pid in enumerate(workers, 1):
        await post(await connection_to(server.port, pid), "/add")
        for ws in sockets.values():
            await shows(ws, "milk", number)
    for ws in sockets.values():
        await ws.close()


async def connection_to(port, worker):
    """A connection that this worker has accepted."""
    while True:
        line = socket.create_connection(("127.0.0.1", port))
        if int(await exchange(line, "GET", "/worker")) == worker:
            return line
        line.close()


async def post(line, path):
    with line:
        await exchange(line, "POST", path)


async def exchange(line, method, path):
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(line, f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n".encode())
    answer = b""
    while not (found := re.search(rb"\r\n\r\n", answer)):
        answer += await loop.sock_recv(line, 65536)
    head, body = answer[: found.end()], answer[found.end() :]
    assert head.startswith(b"HTTP/1.1 20"), head
    return body


async def shows(ws, text, times):
    """Frames come until so many rows of this text have come in all."""
    ws.seen = getattr(ws, "seen", 0)
    while ws.seen < times:
        ws.seen += json.dumps(json.loads(await ws.recv())).count(text)
