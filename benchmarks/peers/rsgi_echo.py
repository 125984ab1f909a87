"""A WebSocket echo on bare RSGI (granian's own interface)."""

from granian.rsgi import WebsocketMessageType


async def app(scope, protocol):
    ws = await protocol.accept()
    while (message := await ws.receive()).kind != WebsocketMessageType.close:
        await ws.send_bytes(message.data)
    protocol.close()
