"""`import sennit` loads nothing that it does not need at once."""

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

LAZY = {"sqlalchemy", "jinja2", "click", "redis", "aiosqlite", "alembic", "argon2", "lxml", "uvloop", "watchfiles"}


def run(root: Path, code: str) -> str:
    """Output of a fresh interpreter that finds the package in the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_sennit_loads_no_library_that_may_wait(root: Path) -> None:
    loaded = run(root, "import sys, sennit; print(*{name.split('.')[0] for name in sys.modules})").split()
    assert not LAZY & set(loaded)


def test_import_sennit_reports_its_cost_over_bare_python(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            f"\n`import sennit` takes {best_ms(root, 'import sennit') - best_ms(root, 'pass'):.0f} ms over bare Python"
        )


def best_ms(root: Path, code: str) -> float:
    """The fastest of three, in milliseconds: what the machine does beside it only ever adds."""
    durations = []
    for _ in range(3):
        begun = perf_counter()
        run(root, code)
        durations.append(1000 * (perf_counter() - begun))
    return min(durations)


def test_importing_has_no_effect_that_can_be_seen_from_outside(root: Path) -> None:
    code = """
import asyncio, os, threading
before = (dict(os.environ), threading.active_count(), os.listdir("/dev/fd") if os.path.exists("/dev/fd") else [])
import sennit
after = (dict(os.environ), threading.active_count(), os.listdir("/dev/fd") if os.path.exists("/dev/fd") else [])
assert before == after, "importing opened something, started a thread or changed the environment"
"""
    run(root, code)
