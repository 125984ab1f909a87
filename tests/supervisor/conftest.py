"""`sennit serve` as a process of its own, on a free port, with a program that the test writes."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

HEAD = 'import asyncio, os, sys, time\nfrom sennit import App, net\n\napp = App(secret="only for tests")\n'


class Served:
    """log: the lines of standard error so far. Waiting is for a line, never for time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: list[str] = []
        self._grew = asyncio.Event()

    def write(self, program: str) -> None:
        (self.folder / "program.py").write_text(HEAD + program, "utf-8")

    async def start(self, *options: str, bind: str) -> None:
        command = [sys.executable, "-m", "sennit", "serve", "program.py", "--bind", bind, *options]
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        self._reading = asyncio.create_task(self._read())

    async def said(self, pattern: str, after: int = 0) -> re.Match[str]:
        """The first line, from number `after` on, in which the pattern is found."""
        while True:
            for line in self.log[after:]:
                if found := re.search(pattern, line):
                    return found
            assert not self._reading.done(), "\n".join(self.log)
            self._grew.clear()
            await self._grew.wait()

    async def serves(self) -> list[int]:
        """The workers, once all of the last generation are up."""
        return [int(pid) for pid in (await self.said(r"serving with \d+ workers?: (.+)"))[1].split(", ")]

    @property
    def port(self) -> int:
        return int(next(found[1] for line in self.log if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line))))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def get(self, path: str = "/") -> str:
        reader, writer = await self.connect()
        writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer.partition(b"\r\n\r\n")[2].decode()

    async def reload(self, program: str | None = None, pattern: str = "serving with") -> list[str]:
        """Lines that the reload has brought."""
        if program is not None:
            self.write(program)
        lines = len(self.log)
        self.process.send_signal(signal.SIGHUP)
        await self.said(pattern, lines)
        return self.log[lines:]

    async def ended(self) -> int:
        status = await self.process.wait()
        await self._reading
        return status

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log.append(line.decode().rstrip())
            self._grew.set()
        self._grew.set()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Served]]]:
    """`await served(program, *options)`: a process that serves it; it is stopped at the end of the test."""
    running: list[Served] = []

    async def serve(program: str, *options: str, bind: str = "tcp:127.0.0.1:0") -> Served:
        made = Served(tmp_path)
        made.write(program)
        await made.start(*options, bind=bind)
        running.append(made)
        return made

    yield serve
    for made in running:
        if made.process.returncode is None:
            made.process.terminate()
            await made.ended()
