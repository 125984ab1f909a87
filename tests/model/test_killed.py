"""A process that is killed in the middle of writing loses nothing that it has said is there."""

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

WRITER = """
import asyncio, sys
from pathlib import Path
from sennit.model import Engine, Mapped, Model, models_of

class Entry(Model):
    n: Mapped[int]

async def main(start):
    engine = Engine("sqlite:///written.db", root=Path.cwd())
    await engine.start()
    await engine.create_tables(models_of([__name__]))
    for n in range(start, start + 1000):
        async with engine() as db:
            db.add(Entry(n=n))
        print(n, flush=True)

asyncio.run(main(int(sys.argv[1])))
"""


def killed_after(folder: Path, start: int, count: int) -> list[int]:
    """Those that a writer had acknowledged when it was killed."""
    command = [sys.executable, "-c", WRITER, str(start)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(count)]
        writer.send_signal(signal.SIGKILL)
        return [*said, *map(int, writer.stdout.read().split("\n")[:-1])]


def test_every_acknowledged_write_is_there_after_kill_9(tmp_path):
    chance, acknowledged = random.Random(1), []
    for round in range(3):
        acknowledged += killed_after(tmp_path, 1000 * round, chance.randint(1, 60))
    connection = sqlite3.connect(tmp_path / "written.db")
    found = [n for (n,) in connection.execute("SELECT n FROM entry ORDER BY id")]
    (state,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    assert state == "ok"
    assert set(acknowledged) <= set(found)
    # One at most in each round was written and could not be acknowledged any more.
    assert len(found) <= len(acknowledged) + 3
