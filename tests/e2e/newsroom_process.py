"""The newsroom as its users start it: a process of its own, with a database of its own, on ports that are free."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "examples" / "newsroom" / "app.py"
OPEN = "The Strand is open."
START_S = 60


class Newsroom:
    """`url` of its front page, `wire_port` of its wire, `said` all that it has printed."""

    def __init__(self, folder: Path) -> None:
        self.port, self.wire_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.said: list[str] = []
        self._is_open = threading.Event()
        environment = os.environ | {
            "PYTHONPATH": str(ROOT / "src"),
            "DATABASE_URL": f"sqlite:///{folder / 'newsroom.db'}",
            "SENNIT_SECRET": "only for tests, " + "and long enough",
            "WIRE_PORT": str(self.wire_port),
        }
        command = [sys.executable, "-m", "sennit", "run", str(APP), "--port", str(self.port), "--no-reload"]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if OPEN in line:
                self._is_open.set()
        self._is_open.set()

    def wait_until_open(self) -> None:
        self._is_open.wait(START_S)
        assert self.process.poll() is None, "the newsroom has ended:\n" + "".join(self.said)
        assert any(OPEN in line for line in self.said), "the newsroom does not open:\n" + "".join(self.said)

    def send(self, data: bytes, *, is_ended: bool = True) -> bytes:
        """Everything the wire answers to these bytes; `is_ended` closes our side after them, as `nc` does."""
        with socket.create_connection(("127.0.0.1", self.wire_port), timeout=10) as wire:
            try:
                wire.sendall(data)
                if is_ended:
                    wire.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all was sent: the answer is there all the same
            return read_all(wire)

    def stop(self) -> int:
        """Its exit status after SIGTERM."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(5)
        return status


def read_all(wire: socket.socket) -> bytes:
    pieces = []
    while True:
        try:
            piece = wire.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; taken together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running(folder: Path) -> Iterator[Newsroom]:
    newsroom = Newsroom(folder)
    try:
        newsroom.wait_until_open()
        yield newsroom
        assert newsroom.stop() == 0, "".join(newsroom.said)
    finally:
        newsroom.stop()
