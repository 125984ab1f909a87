"""The differential fuzz: `python tests/fuzz/run.py --steps 1000000 --seed 1` (`make fuzz`, `make fuzz-websocket`).

Every step is run in two processes, one with the compiled twins and one without; the first also asks h11 and llhttp, and
of WebSockets the packages `websockets` and wsproto. What breaks a rule is kept in the corpus and ends the run with status 1.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "tools")]

from plain_source import SOURCE, plain_source  # noqa: E402

BLOCK = 1000


class Kind(NamedTuple):
    """What is fuzzed: the folder of its worker and corpus, and how the files there end."""

    folder: Path
    suffix: str


KINDS = {
    "http": Kind(TESTS / "fuzz", ".http"),
    "websocket": Kind(TESTS / "fuzz" / "websocket", ".ws"),
}


def begin(kind: Kind, source: Path, arguments: list[str]) -> "subprocess.Popen[str]":
    path = os.pathsep.join([str(source), str(TESTS)])
    return subprocess.Popen(
        [sys.executable, str(kind.folder / "worker.py"), *arguments],
        env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )


def blocks(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)
    if process.wait():
        yield {"block": -1, "digest": "", "wrong": [["", f"a worker ended with status {process.returncode}"]]}


def fuzz(
    seed: int, steps: int, plain: Path, told: Callable[[int], None], kind: Kind = KINDS["http"]
) -> Iterator[tuple[str, str]]:
    """(octets in hexadecimal, what is wrong with them) of every step that breaks a rule, as found; `told(steps done)`."""
    size = min(steps, BLOCK)
    numbers = [str(number) for number in (seed, 0, -(-steps // size), size)]
    judged, other = begin(kind, SOURCE, [*numbers, "judge"]), begin(kind, plain, numbers)
    for mine, theirs in zip(blocks(judged), blocks(other), strict=False):
        yield from (tuple(pair) for pair in (*mine["wrong"], *theirs["wrong"]))
        if mine["digest"] != theirs["digest"]:
            yield "", f"block {mine['block']} of seed {seed}: the twins differ"
        if mine["block"] < 0 or theirs["block"] < 0:
            break
        told((mine["block"] + 1) * size)


def keep(kind: Kind, octets: str) -> None:
    """Once wrong, always tried: what broke a rule joins the corpus."""
    if octets:
        data = bytes.fromhex(octets)
        name = f"found-{hashlib.blake2b(data, digest_size=4).hexdigest()}{kind.suffix}"
        (kind.folder / "corpus" / name).write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kind", choices=KINDS, default="http")
    options = parser.parse_args()
    kind = KINDS[options.kind]
    began = time.monotonic()

    def told(done: int) -> None:
        rate = done / (time.monotonic() - began)
        print(f"\r{done:,} of {options.steps:,} steps, {rate:,.0f} a second, seed {options.seed}", end="", flush=True)

    found = 0
    with tempfile.TemporaryDirectory() as place:
        for octets, said in fuzz(options.seed, options.steps, plain_source(Path(place)), told, kind):
            found += 1
            keep(kind, octets)
            print(f"\n{said}\n    {bytes.fromhex(octets)!r}", flush=True)  # at once: a run may be ended early
    print(f"\n{found} of {options.steps:,} steps broke a rule (seed {options.seed})")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
