"""Starts the program in a child process and starts it again whenever a Python or settings file below its folder changes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

CHILD = "SENNIT_RELOADED"
_WATCHED = (".py", ".toml")
_SKIPPED = frozenset({".venv", "venv", "node_modules", "__pycache__", ".git", ".sennit", "build", "dist"})
_POLL_S = 0.5
_SETTLE_S = 0.1


def run_reloading(target: str | None) -> int:
    """The exit status of the last child once it is stopped from outside."""
    folder = _folder(target)
    watcher = _Child()
    signal.signal(signal.SIGTERM, watcher.pass_on)
    signal.signal(signal.SIGINT, watcher.pass_on)
    while True:
        watcher.start()
        for changed in _changes(folder, watcher):
            click.echo(f"{changed} changed: starting again", err=True)
            watcher.stop()
            break
        else:
            return watcher.wait()


class _Child:
    """The running program; signals to this process are passed on to it, once."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.is_stopping = False

    def start(self) -> None:
        command = [sys.executable, "-m", "sennit", *sys.argv[1:]]
        self.process = subprocess.Popen(command, env=os.environ | {CHILD: "1"}, start_new_session=True)

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def has_ended_well(self) -> bool:
        return self.process is not None and self.process.poll() is not None and self.is_stopping

    def wait(self) -> int:
        return self.process.wait() if self.process is not None else 0


def _folder(target: str | None) -> Path:
    place = (target or "app.py").partition(":")[0]
    return Path(place).resolve().parent if place.endswith(".py") else Path.cwd()


def _changes(folder: Path, child: _Child) -> Iterator[str]:
    """Names of changed files; ends when the child has been stopped from outside. A child that failed waits for a change."""
    before = _stamps(folder)
    while not child.has_ended_well:
        time.sleep(_POLL_S)
        after = _stamps(folder)
        if after != before:
            time.sleep(_SETTLE_S)
            changed = {name for name, _ in set(after.items()) ^ set(before.items())}
            before = _stamps(folder)
            yield str(Path(min(changed)).relative_to(folder))


def _stamps(folder: Path) -> dict[str, int]:
    stamps: dict[str, int] = {}
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in files:
            if name.endswith(_WATCHED):
                path = os.path.join(parent, name)
                try:
                    stamps[path] = os.stat(path).st_mtime_ns
                except FileNotFoundError:
                    continue
    return stamps
