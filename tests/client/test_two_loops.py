"""A client belongs to the event loop that it was first used in."""

import asyncio

import pytest

from sennit.client import Client, ConnectFailed


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
    await reader.read()
    writer.close()


async def asked(client: Client) -> str:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return (await client.get(f"http://127.0.0.1:{port}/")).text


def test_e038_it_says_so_when_it_is_used_in_a_second_one() -> None:
    client = Client()
    with asyncio.Runner() as first:
        assert first.run(asked(client)) == "hi"
        with asyncio.Runner() as second, pytest.raises(ConnectFailed, match="another event loop") as raised:
            second.run(asked(client))
        assert raised.value.code == "client.E038"
        assert "SyncClient" in raised.value.fix
        first.run(client.close())
