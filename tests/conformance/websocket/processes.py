"""The processes under test: an echo server or an echo client, of one twin on one loop."""

import json
import subprocess
import sys
from asyncio import to_thread
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

HERE = Path(__file__).parent
STOP_S = 10


class Process:
    """`program LOOP` with the package from `source`. It ends when its input does."""

    def __init__(self, program: str, source: Path, loop: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / program), loop],
            env={"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def ask(self, line: str) -> str:
        """One line in, one line out."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._read_line()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:  # it hangs, in a case that has failed
            self._process.kill()

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process under test has ended"
        return line.rstrip("\n")


class EchoServer(Process):
    def __init__(self, source: Path, loop: str) -> None:
        super().__init__("echo_app.py", source, loop)
        self.port = int(self._read_line())
        self.url = f"ws://127.0.0.1:{self.port}"

    @cached_property
    def about(self) -> dict[str, Any]:
        with urlopen(f"http://127.0.0.1:{self.port}/about") as answer:
            about: dict[str, Any] = json.load(answer)
        return about


class EchoClient(Process):
    def __init__(self, source: Path, loop: str) -> None:
        super().__init__("echo_client.py", source, loop)

    async def play(self, url: str, at_one_time: int) -> None:
        """Come for all cases that are served there."""
        said = await to_thread(self.ask, f"play {at_one_time} {url}")
        assert said == "played", said

    async def exchange(self, url: str, *messages: str) -> list[str]:
        """What comes back for each message, over one WebSocket; then who closed and how: the close code."""
        heard: list[str] = json.loads(await to_thread(self.ask, f"exchange {url} {json.dumps(messages)}"))
        return heard

    @cached_property
    def about(self) -> dict[str, Any]:
        about: dict[str, Any] = json.loads(self.ask("about"))
        return about
