"""What becomes of requests when their client is closed, and of clients that nobody closes."""

import asyncio
import subprocess
import sys

import pytest

from client.wire.scripted import Peer, ScriptedServer
from sennit.client import Client, ConnectFailed

UNCLOSED = """
import asyncio
from sennit.client import Client

async def ask():
    server = await asyncio.start_server(lambda reader, writer: writer.write(b"HTTP/1.1 204 No\\r\\n\\r\\n"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    return server, client, await client.get(f"http://127.0.0.1:{port}/")

client = Client()
runner = asyncio.Runner()
kept = runner.run(ask())
"""


async def test_a_request_that_waits_for_its_answer_raises_that_the_client_is_closed() -> None:
    async def silent(peer: Peer) -> None:
        await peer.head()
        asked.set()
        await peer.gone()

    asked = asyncio.Event()
    server = ScriptedServer(silent)
    await server.start()
    client = Client()
    request = asyncio.ensure_future(client.get(server.url))
    await asked.wait()
    await client.close()
    with pytest.raises(ConnectFailed, match="the client is closed") as caught:
        await request
    assert (caught.value.code, caught.value.phase) == ("client.E011", "head")
    await server.close()


async def test_and_so_does_one_that_reads_a_body() -> None:
    async def half(peer: Peer) -> None:
        await peer.head()
        await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await peer.gone()

    server = ScriptedServer(half)
    await server.start()
    client = Client()
    async with client.stream("GET", server.url) as response:
        pieces = aiter(response)
        assert await anext(pieces) == b"half"
        await client.close()
        with pytest.raises(ConnectFailed, match="the client is closed") as caught:
            await anext(pieces)
        assert caught.value.phase == "body"
    await server.close()


def test_a_client_that_nobody_closes_ends_with_the_interpreter_without_a_word() -> None:
    ended = subprocess.run([sys.executable, "-c", UNCLOSED], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "")
