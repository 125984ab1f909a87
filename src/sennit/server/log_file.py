"""Writes batches of log lines from a thread of its own: a full disk or a slow terminal never holds up the loop."""

import logging
import os
import time
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from ..errors import SennitError

log = logging.getLogger("sennit.server")

MOST_WAITING = 4 * 1024 * 1024
"""Bytes that wait to be written; what comes beyond them is dropped, counted and said."""
SAY_AGAIN_S = 60.0
END_S = 2.0
STANDARD_OUTPUT = 1

_REOPEN = b""


class LogFile:
    """path: appended to, made if need be; None is standard output. Raises SennitError settings.E010 when it cannot be opened."""

    def __init__(self, path: Path | None, *, most_waiting: int = MOST_WAITING) -> None:
        self.path = path
        self.dropped = 0
        self._descriptor = STANDARD_OUTPUT if path is None else _opened(path)
        self._most_waiting = most_waiting
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread: Thread | None = None
        # Each is written by one side only, so that no lock is needed.
        self._given = self._written = 0
        self._said_at = -SAY_AGAIN_S

    def write(self, batch: bytes, lines: int) -> None:
        """Have the thread write it. Never waits."""
        if self._given - self._written + len(batch) > self._most_waiting:
            self._drop(lines)
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, name="sennit-log", daemon=True)
            self._thread.start()
        self._given += len(batch)
        self._queue.put(batch)

    def reopen(self) -> None:
        """After the file has been moved away: go on in a new one of the same name."""
        if self.path is not None:
            self._queue.put(_REOPEN)

    def close(self) -> None:
        """Write what is waiting, 2 s at most."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(END_S)
        if self.path is not None and (self._thread is None or not self._thread.is_alive()):
            os.close(self._descriptor)

    def _drop(self, lines: int) -> None:
        self.dropped += lines
        now = time.monotonic()
        if now - self._said_at >= SAY_AGAIN_S:
            self._said_at = now
            log.warning("the access log cannot keep up: %d lines dropped so far", self.dropped)

    # -- in the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            if batch == _REOPEN:
                self._open_again()
                continue
            try:
                _write_all(self._descriptor, batch)
            except OSError as error:
                self.dropped += batch.count(b"\n")
                self._say(error)
            self._written += len(batch)

    def _open_again(self) -> None:
        assert self.path is not None, "standard output is not opened again"
        try:
            fresh = _opened(self.path)
        except SennitError as error:
            log.error("the access log goes on in the old file: %s", error.what)
            return
        os.close(self._descriptor)
        self._descriptor = fresh

    def _say(self, error: OSError) -> None:
        now = time.monotonic()
        if now - self._said_at >= SAY_AGAIN_S:
            self._said_at = now
            log.warning("the access log cannot be written: %s; %d lines dropped so far", error.strerror, self.dropped)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise SennitError(
            code="settings.E010",
            what=f"the access log cannot be opened: {error.strerror}",
            where=str(path),
            fix="name a file in a folder that exists and may be written to, or leave access_log_file out for standard output",
        ) from error


def _write_all(descriptor: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
