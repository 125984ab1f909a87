"""Copies src/sennit without what is compiled, so that the plain twins are what a test imports.

python tools/copy_plain.py build/plain      then PYTHONPATH=build/plain, or pytest -o pythonpath=...
"""

import shutil
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "sennit"


def copy_plain(folder: Path) -> None:
    """What stood there before is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    without = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "*.pyx", "*.pxd", "__pycache__")
    shutil.copytree(SOURCE, folder / "sennit", ignore=without)


if __name__ == "__main__":
    copy_plain(Path(sys.argv[1]))
