"""A program that is told on its standard input what to do, line by line, and answers each line with one line."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from serving import Failed

END_S = 10.0


@dataclass(frozen=True)
class Dialogue:
    """`first` is what the program said when it was ready."""

    pid: int
    first: str
    _told: IO[str]
    _says: IO[str]
    _errors: IO[str]

    def ask(self, line: str) -> str:
        """Raises Failed, with what the program says about it, when it ends instead of answering."""
        try:
            self._told.write(f"{line}\n")
            self._told.flush()
        except BrokenPipeError:
            pass  # its last words say more
        return answer_of(self._says, self._errors, line)


@contextmanager
def talking_to(
    command: Sequence[str], environment: Mapping[str, str] | None = None, folder: str | None = None
) -> Iterator[Dialogue]:
    """Until the end of the block; then its input ends, and so must it. Raises Failed when it does not start."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )
        assert process.stdin
        assert process.stdout
        try:
            first = answer_of(process.stdout, errors, "start")
            yield Dialogue(process.pid, first, process.stdin, process.stdout, errors)
        finally:
            _end(process)


def answer_of(says: IO[str], errors: IO[str], line: str) -> str:
    answer = says.readline()
    if not answer.endswith("\n"):
        errors.seek(0)
        raise Failed(f"{line}: {errors.read()[-600:].strip() or 'it ended without a word'}")
    return answer.strip()


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
