"""The WebSockets that are measured: one that echoes, one whose messages go to everybody, written as anybody would."""

from sennit import App, WebSocket, net

app = App(limits={"connections": 20_000})
room: set[WebSocket] = set()


@app.get("/")
async def index():
    return "Hello, World!"


@app.websocket("/echo")
async def echo(ws: WebSocket):
    async for message in ws:
        await ws.send(message)


@app.websocket("/room")
async def talk(ws: WebSocket):
    ws.accept()
    room.add(ws)
    try:
        async for message in ws:
            net.broadcast(room, message)
    finally:
        room.discard(ws)
