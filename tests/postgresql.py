"""A PostgreSQL of our own: made anew, on a Unix socket in a folder of its own, gone at the end."""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import system_parts

USER = "sennit"
START_S = 60


class PostgreSQL:
    """`with PostgreSQL() as server:` … `server.folder` holds its socket; database and user are `USER`, without password."""

    def __init__(self) -> None:
        program = system_parts.PARTS["postgresql"].find()
        assert program is not None, 'mark the test with @pytest.mark.needs("postgresql")'
        self._programs = Path(os.path.realpath(program)).parent
        self.folder = tempfile.mkdtemp(prefix="sennit-pg-")  # short: a socket's path has at most 107 octets
        self._data = str(Path(self.folder, "data"))
        self._numbers = itertools.count(1)
        self._account: dict[str, str] = {}
        if os.geteuid() == 0:  # it refuses to be run by root
            shutil.chown(self.folder, "nobody")
            self._account = {"user": "nobody"}

    def __enter__(self) -> Self:
        self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        self._process = subprocess.Popen(
            [
                self._programs / "postgres", "-D", self._data, "-k", self.folder,
                "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB",
            ],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._account,
        )  # fmt: skip
        deadline = time.monotonic() + START_S
        while subprocess.run([self._programs / "pg_isready", "-q", "-h", self.folder], check=False).returncode:
            assert self._process.poll() is None, "PostgreSQL ended at once"
            assert time.monotonic() < deadline, "PostgreSQL does not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()  # SIGTERM waits for connections that are open, SIGINT does not
        self._process.send_signal(2)
        self._process.wait(START_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """The URL of an empty database; it is gone at the end, whoever is still connected to it."""
        import psycopg

        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=self.folder, user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            try:
                yield f"postgresql://{USER}@/{name}?host={self.folder}"
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._account,
        )
        assert done.returncode == 0, done.stderr
