"""Accepting, refusing, draining."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sennit import net
from sennit.errors import SennitError

SOURCE = Path(__file__).parents[2] / "src"


class Echo(net.Protocol[bytes, bytes]):
    def received(self, messages):
        for data in messages:
            self.connection.write(data)


class Held(net.Protocol[bytes, bytes]):
    """Does not close when shutdown begins."""

    def draining(self):
        self.connection.write(b"soon")


async def test_bytes_travel_both_ways(listen, dial):
    listener = await listen(Echo)
    reader, writer = await dial(listener)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    assert len(listener.connections) == 1


async def test_small_answers_are_not_held_back_by_the_kernel(listen, dial):
    listener = await listen(Echo)
    reader, writer = await dial(listener)
    writer.write(b"x")
    await reader.readexactly(1)
    (connection,) = listener.connections
    opened = connection._transport.get_extra_info("socket")
    assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_unix_socket_is_served_and_its_file_removed_at_the_end(listen, dial, tmp_path):
    listener = await listen(Echo, f"unix:{tmp_path}/s:mode=600")
    reader, writer = await dial(listener)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    assert (os.stat(tmp_path / "s").st_mode & 0o777) == 0o600
    await listener.close()
    assert not (tmp_path / "s").exists()


async def test_the_socket_file_of_a_killed_process_is_taken_over(listen, tmp_path):
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "s"))
    await listen(Echo, f"unix:{tmp_path}/s")


async def test_a_taken_port_is_said_with_the_way_out(listen):
    first = await listen(Echo)
    with pytest.raises(SennitError) as caught:
        await listen(Echo, f"tcp:{first.addresses[0].port}")
    assert caught.value.code == "net.E004"
    assert "another program listens there" in caught.value.fix


async def test_an_inherited_descriptor_is_served(listen, dial):
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        listener = await listen(Echo, f"fd:{opened.fileno()}")
        reader, writer = await dial(listener)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"


async def test_connections_over_the_limit_are_closed_at_once_and_room_is_used_again(listen, dial):
    listener = await listen(Echo, limits=net.Limits(connections=2))
    reader, writer = await dial(listener)
    writer.write(b"a")
    await reader.readexactly(1)
    second, second_writer = await dial(listener)
    second_writer.write(b"b")
    await second.readexactly(1)
    third, _ = await dial(listener)
    assert await third.read() == b""
    writer.close()
    while len(listener.connections) == 2:
        await asyncio.sleep(0)
    again, again_writer = await dial(listener)
    again_writer.write(b"c")
    assert await again.readexactly(1) == b"c"


async def test_connections_of_one_address_have_their_own_limit(listen, dial, monkeypatch):
    monkeypatch.setattr(net.Address, "is_near", False)
    listener = await listen(Echo, limits=net.Limits(per_ip=2))
    reader, writer = await dial(listener)
    writer.write(b"a")
    await reader.readexactly(1)
    await dial(listener)
    third, _ = await dial(listener)
    assert await third.read() == b""
    writer.close()
    while len(listener.connections) == 2:
        await asyncio.sleep(0)
    again, again_writer = await dial(listener)
    again_writer.write(b"c")
    assert await again.readexactly(1) == b"c"


async def test_a_burst_up_to_the_limit_is_served(listen):
    listener = await listen(Echo, limits=net.Limits(connections=100))
    loop = asyncio.get_running_loop()
    clients = [socket.create_connection(listener.addresses[0]) for _ in range(101)]
    for client in clients:
        client.setblocking(False)
        client.send(b"x")
    answers = [await loop.sock_recv(client, 1) for client in clients[:100]]
    assert answers == [b"x"] * 100
    with pytest.raises(ConnectionResetError):
        if await loop.sock_recv(clients[100], 1) == b"":
            raise ConnectionResetError
    for client in clients:
        client.close()


DRY = """
import asyncio, logging, resource, socket, sys, time
from sennit import net

class Echo(net.Protocol):
    def received(self, messages):
        self.connection.write(messages[0])

async def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    listener = net.Listener("tcp:0", Echo, name="echo")
    await listener.start()
    used = len(__import__("os").listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, used + 200))
    print(listener.addresses[0].port, flush=True)
    begin, cpu = time.monotonic(), time.process_time()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(f"cpu {(time.process_time() - cpu) / (time.monotonic() - begin):.3f}", flush=True)

if sys.argv[1] == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_r17_without_descriptors_accepting_pauses_without_spinning_and_recovers(loop):
    process = subprocess.Popen(
        [sys.executable, "-c", DRY, loop],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(SOURCE)},
        text=True,
    )
    port = int(process.stdout.readline())
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(30)]
    assert "accepting pauses" in process.stdout.readline()
    for client in clients:
        client.close()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"again")
        assert client.recv(5) == b"again"
    output, _ = process.communicate("stop\n", timeout=10)
    assert output.count("accepting pauses") == 0
    assert float(output.split()[-1]) < 0.05  # of one core, over the second that accepting pauses


async def test_an_exception_in_one_protocol_cuts_one_connection(listen, dial, caplog):
    class Fragile(Echo):
        def received(self, messages):
            if messages[0] == b"crash":
                raise ValueError("no")
            super().received(messages)

    listener = await listen(Fragile)
    reader, writer = await dial(listener)
    other, other_writer = await dial(listener)
    writer.write(b"crash")
    with pytest.raises(ConnectionResetError):
        if not await reader.read():
            raise ConnectionResetError
    other_writer.write(b"fine")
    assert await other.readexactly(4) == b"fine"
    assert "ValueError" in caplog.text


class TestDraining:
    async def test_no_more_is_accepted_and_every_connection_is_told(self, listen, dial):
        listener = await listen(Held)
        reader, _ = await dial(listener)
        while not listener.connections:
            await asyncio.sleep(0)
        listener.drain()
        assert await reader.readexactly(4) == b"soon"
        with pytest.raises(OSError):
            await dial(listener)

    async def test_drained_returns_when_the_last_connection_has_gone(self, listen, dial):
        listener = await listen(Held)
        reader, writer = await dial(listener)
        while not listener.connections:
            await asyncio.sleep(0)
        listener.drain()
        waiting = asyncio.ensure_future(listener.drained())
        await reader.readexactly(4)
        assert not waiting.done()
        writer.close()
        await waiting

    async def test_a_listener_without_connections_drains_at_once(self, listen):
        listener = await listen(Echo)
        listener.drain()
        await listener.drained()

    async def test_what_the_kernel_had_accepted_already_is_served(self, listen):
        listener = await listen(Echo)
        with socket.create_connection(listener.addresses[0]) as client:
            client.sendall(b"early")
            listener.drain()
            client.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(client, 5) == b"early"

    async def test_close_cuts_what_is_left(self, listen, dial):
        listener = await listen(Held)
        await dial(listener)
        while not listener.connections:
            await asyncio.sleep(0)
        await listener.close()
        assert not listener.connections


class TestAdoptedSockets:
    """Somebody else has bound them and keeps them: a supervisor."""

    async def test_they_are_listened_on_and_left_open(self, dial, tmp_path):
        path = str(tmp_path / "s")
        with socket.socket(socket.AF_UNIX) as owned:
            owned.bind(path)
            owned.listen()
            listener = net.Listener(f"unix:{path}", Echo)
            listener.adopt([owned.dup()])
            await listener.start()
            _, writer = await dial(listener)
            writer.close()
            await listener.close()
            assert os.path.exists(path)
            with socket.socket(socket.AF_UNIX) as waiting:
                waiting.connect(path)

    async def test_others_may_be_given_while_it_runs(self, dial):
        with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
            listener = net.Listener("tcp:0", Echo)
            listener.adopt([first.dup()], at_once=1)
            await listener.start()
            listener.adopt([first.dup(), second.dup()])
            for owned in (first, second):
                reader, writer = await asyncio.open_connection(*owned.getsockname())
                writer.write(b"x")
                assert await reader.readexactly(1) == b"x"
                writer.close()
            await listener.close()

    async def test_a_hand_over_leaves_waiting_connections_to_the_others(self):
        with socket.create_server(("127.0.0.1", 0)) as owned:
            listener, heir = net.Listener("tcp:0", Echo), net.Listener("tcp:0", Echo)
            listener.adopt([owned.dup()])
            await listener.start()
            with socket.create_connection(owned.getsockname()) as waiting:
                listener.hands_over = True
                listener.drain()
                await listener.drained()
                await listener.close()
                heir.adopt([owned.dup()])
                await heir.start()
                waiting.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(waiting, b"x")
                assert await loop.sock_recv(waiting, 1) == b"x"
            await heir.close()

    async def test_none_are_taken_after_the_end(self):
        with socket.create_server(("127.0.0.1", 0)) as owned:
            listener = net.Listener("tcp:0", Echo)
            listener.adopt([owned.dup()])
            await listener.start()
            await listener.close()
            late = owned.dup()
            listener.adopt([late])
            assert late.fileno() == -1
