"""The parts of a system that tests speak to: found, or installed, or missed aloud.

A test says what it needs with `@pytest.mark.needs("chromium")`. Run as a program (`make test` does) this finds the parts
that some test needs. As root, or with SENNIT_INSTALL=1, it installs missing ones with apt-get; otherwise it prints one line
for each with the command to run, and their tests are skipped. With CI=true a part that stays missing is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from glob import glob
from pathlib import Path

TESTS = Path(__file__).resolve().parent
_NEED = re.compile(r"""mark\.needs\(\s*["'](\w+)["']""")


@dataclass(frozen=True)
class Part:
    """programs: names on PATH or glob patterns, the first found counts. apt, brew: the package that brings it."""

    name: str
    programs: tuple[str, ...]
    apt: str
    brew: str

    def find(self) -> str | None:
        """The path of its program, None where it is missing."""
        for program in self.programs:
            matches = sorted(glob(program)) if "/" in program else [shutil.which(program)]
            if matches and matches[-1]:
                return matches[-1]
        return None

    @property
    def command(self) -> str:
        """What a person types to install it here."""
        if shutil.which("apt-get"):
            return f"sudo apt-get install {self.apt}"
        return f"brew install {self.brew}" if shutil.which("brew") else f"install {self.name} ({self.apt})"


PARTS = {
    "chromium": Part(
        "Chromium",
        (
            "chromium",
            "chromium-browser",
            "google-chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        ),
        "chromium",
        "--cask chromium",
    ),
    "postgresql": Part("PostgreSQL", ("postgres", "/usr/lib/postgresql/*/bin/postgres"), "postgresql", "postgresql"),
    "redis": Part("Redis", ("redis-server", "valkey-server"), "redis-server", "redis"),
    "nats": Part("NATS", ("nats-server",), "nats-server", "nats-server"),
    "openssl": Part("OpenSSL", ("openssl",), "openssl", "openssl"),
    "curl": Part("curl", ("curl",), "curl", "curl"),
    "mariadb": Part("MariaDB", ("mariadbd", "/usr/sbin/mariadbd"), "mariadb-server", "mariadb"),
}


def needed() -> list[str]:
    """The parts that some test is marked to need."""
    names = {name for path in TESTS.rglob("*.py") for name in _NEED.findall(path.read_text("utf-8"))}
    return sorted(names & PARTS.keys())


def missing(names: Iterable[str]) -> list[Part]:
    return [PARTS[name] for name in names if PARTS[name].find() is None]


def may_install() -> bool:
    allowed = os.environ.get("SENNIT_INSTALL")
    return shutil.which("apt-get") is not None and (allowed == "1" or (allowed != "0" and os.geteuid() == 0))


def install(parts: list[Part]) -> None:
    """Installs with apt-get, quietly; its output is shown when it fails."""
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    print(f"installing {', '.join(part.name for part in parts)} for the tests", flush=True)
    packages = [part.apt for part in parts]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*sudo, "apt-get", "-q", *command],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)


def main() -> int:
    wanted = needed()
    lacking = missing(wanted)
    if lacking and may_install():
        install(lacking)
        lacking = missing(wanted)
    for part in lacking:
        print(f"MISSING: {part.name}. Its tests do not run. To run them: {part.command}", file=sys.stderr)
    if lacking and os.environ.get("CI") == "true":
        print("CI=true: a missing part is a failure.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
