"""The interpreter and the packages that a program runs with."""

import platform
import sys
from dataclasses import dataclass
from importlib import metadata


@dataclass(frozen=True, slots=True)
class Environment:
    """packages: names and versions of all installed distributions, by name."""

    python: str
    sennit: str
    platform: str
    executable: str
    packages: tuple[tuple[str, str], ...]


def environment() -> Environment:
    """What is installed, read from the disk: some 10 ms for a hundred packages."""
    return Environment(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sennit=_version("sennit"),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        executable=sys.executable or "",
        packages=_packages(),
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed (run from its source tree)"


def _packages() -> tuple[tuple[str, str], ...]:
    try:
        found = {str(d.metadata["Name"]): d.version for d in metadata.distributions() if d.metadata["Name"]}
    except Exception:
        return ()
    return tuple(sorted(found.items(), key=lambda item: item[0].lower()))
