"""What was measured is kept as JSON in benchmarks/results, with the machine it was measured on."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


def keep(kind: str, record: dict[str, object]) -> Path:
    """The file, named for kind and time, relative to the project."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{kind}-{now:%Y%m%dT%H%M%SZ}.json"
    whole = {"kind": kind, "at": f"{now:%Y-%m-%d %H:%M} UTC", "commit": commit(), "machine": machine(), **record}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path.relative_to(HERE.parent)


def newest(kind: str) -> dict[str, object] | None:
    found = sorted(RESULTS.glob(f"{kind}-*.json"))
    return json.loads(found[-1].read_text("utf-8")) if found else None


def commit() -> str:
    """Short name of the commit, with a plus when files differ from it; empty outside a repository."""
    named = _git("rev-parse", "--short", "HEAD")
    return f"{named}+" if named and _git("status", "--porcelain", "--untracked-files=no") else named


def machine() -> str:
    found = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    model = found[0].partition(":")[2].strip() if found else platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release().partition('-')[0]}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
