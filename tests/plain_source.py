"""The plain twins by themselves: a copy of the sources without compiled modules, for a process of its own."""

import shutil
import tempfile
from pathlib import Path

from copy_plain import SOURCE as PACKAGE
from copy_plain import copy_plain

SOURCE = PACKAGE.parent
COMPILED = [*SOURCE.rglob("*.so"), *SOURCE.rglob("*.pyd")]


def plain_source(shared: Path) -> Path:
    """`shared`/plain-source, made if it is not there. Several processes may ask at one time."""
    place = shared / "plain-source"
    if not place.exists():
        aside = Path(tempfile.mkdtemp(dir=shared))  # made aside and renamed: others see all of it or nothing
        copy_plain(aside)
        try:
            aside.rename(place)
        except OSError:
            shutil.rmtree(aside)  # another process was first
    return place
