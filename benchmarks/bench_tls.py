"""TLS by our own layer beside the loop's own: server CPU for a small echo, and memory of an idle connection.

    .venv/bin/python benchmarks/bench_tls.py [--echoes N] [--idle N]

Each figure comes from a process of its own; compare ratios, not microseconds.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import socket
import ssl
import tempfile
import time
from multiprocessing.connection import Connection as Pipe

import trustme
import uvloop

from sennit import net

MESSAGE = b"x" * 100
KINDS = ("plain, sennit", "TLS, sennit", "TLS, the loop's")


class Echo(net.Protocol[bytes, bytes]):
    def received(self, messages: list[bytes]) -> None:
        self.connection.write(b"".join(messages))


class BareEcho(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[attr-defined]


def serve(kind: str, loop: str, folder: str, pipe: Pipe) -> None:
    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serving(kind, folder, pipe))


async def serving(kind: str, folder: str, pipe: Pipe) -> None:
    if kind == "TLS, the loop's":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/both.pem")
        server = await asyncio.get_running_loop().create_server(BareEcho, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
    else:
        endpoint = "tcp:0" if kind.startswith("plain") else f"tls:0:cert={folder}/both.pem"
        listener = net.Listener(endpoint, Echo)
        await listener.start()
        port = listener.addresses[0].port
    pipe.send(port)
    while True:
        await asyncio.sleep(0.05)
        if pipe.poll():
            if pipe.recv() == "stop":
                return
            gc.collect()
            pipe.send((time.process_time(), resident()))


def resident() -> int:
    """KiB."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def connect(kind: str, port: int, context: ssl.SSLContext) -> socket.socket:
    raw = socket.create_connection(("127.0.0.1", port))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw if kind.startswith("plain") else context.wrap_socket(raw, server_hostname="localhost")


def echo(opened: socket.socket, times: int) -> None:
    for _ in range(times):
        opened.sendall(MESSAGE)
        opened.recv(200)


def measure(kind: str, loop: str, folder: str, echoes: int, idle: int) -> tuple[float, float]:
    """Microseconds of the server's CPU for an echo, KiB for an idle connection."""
    starting = multiprocessing.get_context("spawn")  # a forked heap would hide what connections cost
    pipe, other = starting.Pipe()
    process = starting.Process(target=serve, args=(kind, loop, folder, other))
    process.start()
    port, context = pipe.recv(), ssl.create_default_context(cafile=f"{folder}/authority.pem")

    def ask() -> tuple[float, int]:
        pipe.send("how much")
        return pipe.recv()

    opened = [connect(kind, port, context)]
    echo(opened[0], 1000)
    before = ask()
    echo(opened[0], echoes)
    after = ask()
    for _ in range(idle):
        opened.append(connect(kind, port, context))
        echo(opened[-1], 1)
    full = ask()
    pipe.send("stop")
    process.join()
    return (after[0] - before[0]) / echoes * 1e6, (full[1] - after[1]) / idle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--echoes", type=int, default=20_000)
    parser.add_argument("--idle", type=int, default=400)
    options = parser.parse_args()
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(f"{folder}/both.pem")
        os.chmod(f"{folder}/both.pem", 0o600)
        authority.cert_pem.write_to_path(f"{folder}/authority.pem")
        print(f"{'':18}{'':10}{'µs an echo':>12}{'KiB idle':>10}")
        for loop in ("asyncio", "uvloop"):
            for kind in KINDS:
                cpu, memory = measure(kind, loop, folder, options.echoes, options.idle)
                print(f"{kind:18}{loop:10}{cpu:12.1f}{memory:10.1f}", flush=True)


if __name__ == "__main__":
    main()
