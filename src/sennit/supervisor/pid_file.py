"""The file that names the supervisor's process, locked as long as that process lives."""

import fcntl
import os
from pathlib import Path

from ..errors import SennitError


class PidFile:
    """Taken by `take`, given up by `release`. The lock tells a stale file from one in use, whatever number stands in it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = -1

    def take(self) -> None:
        """Write this process's number. Raises SennitError: serve.E002 in use, serve.E003 cannot be written."""
        try:
            self._open_locked()
        except BlockingIOError:
            raise self._in_use(self._number(), "another `sennit serve`") from None
        except OSError as error:
            raise self._unwritable(error) from error
        number = self._number()
        if number and number != os.getpid() and _lives_since_before(number, self.path):
            raise self._in_use(number, "another program")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _open_locked(self) -> None:
        """Again, when the one before has removed the file between our opening and our lock."""
        while True:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(self.path) and os.path.samestat(os.stat(self.path), os.fstat(self._descriptor)):
                return
            os.close(self._descriptor)

    def release(self) -> None:
        """Remove it. Where the folder does not allow that (privileges were given up), it is left empty."""
        if self._descriptor < 0:
            return
        try:
            os.unlink(self.path)
        except OSError:
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1

    def _number(self) -> int:
        text = os.pread(self._descriptor, 32, 0).strip()
        return int(text) if text.isdigit() else 0

    def _in_use(self, number: int, who: str) -> SennitError:
        os.close(self._descriptor)
        self._descriptor = -1
        return SennitError(
            code="serve.E002",
            what=f"the pid file is in use by {who}, process {number}",
            where=self.path,
            fix=f"stop it (kill {number}), make it reload (sennit reload --pid-file {self.path}), or choose another file",
        )

    def _unwritable(self, error: OSError) -> SennitError:
        return SennitError(
            code="serve.E003",
            what=f"the pid file cannot be written: {error.strerror or error}",
            where=self.path,
            fix="create its folder, or choose a place that this user may write to",
        )


def running_process(path: str) -> int:
    """The number of the supervisor that holds this pid file. Raises SennitError serve.E004 when there is none."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(32).strip()
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        if text.isdigit():
            return int(text)
    except OSError:
        pass
    raise SennitError(
        code="serve.E004",
        what="no `sennit serve` runs with this pid file",
        where=path,
        fix="look at the --pid-file that it was started with; start it with: sennit serve --pid-file " + path,
    )


def _lives_since_before(number: int, path: str) -> bool:
    """Whether the process may have written the file: it lives, and is not a later one that was given an old number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    begun = _begun_at(number)
    return begun is None or begun <= os.stat(path).st_mtime + 1


def _begun_at(number: int) -> float | None:
    """When a process began, in seconds since 1970; None where the system does not say."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        booted = next(line for line in Path("/proc/stat").read_text("ascii").splitlines() if line.startswith("btime"))
        return int(booted.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, StopIteration, IndexError, ValueError):
        return None
