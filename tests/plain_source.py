"""The plain twins by themselves: a copy of the sources without compiled modules, for a process of its own."""

import shutil
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
COMPILED = [*SOURCE.rglob("*.so"), *SOURCE.rglob("*.pyd")]
_LEFT_OUT = (".so", ".pyd", ".c", ".pyx", ".pxd", ".css", ".js")


def plain_source(shared: Path) -> Path:
    """`shared`/plain-source, made if it is not there. Several processes may ask at one time."""
    place = shared / "plain-source"
    if not place.exists():
        aside = Path(tempfile.mkdtemp(dir=shared))  # made aside and renamed: others see all of it or nothing
        shutil.copytree(SOURCE / "sennit", aside / "sennit", ignore=_left_out)
        try:
            aside.rename(place)
        except OSError:
            shutil.rmtree(aside)  # another process was first
    return place


def _left_out(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(_LEFT_OUT) or name in ("__pycache__", "vendor")}
