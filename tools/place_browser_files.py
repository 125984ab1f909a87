"""Places what a browser needs from node_modules into the package, where git ignores it and the wheel carries it.

Checks first that npm unpacked exactly what package-lock.json names: version and integrity hash of each library. Writes
SOURCES.txt beside the files, which tells library, version and integrity for whoever finds them in a wheel.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from cut_css import cut

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "sennit"
MODULES = ROOT / "node_modules"

LIVE = PACKAGE / "live" / "static" / "vendor"
ADMIN = PACKAGE / "admin" / "static" / "vendor"

COPIES = {  # library -> its files and where they go
    "idiomorph": {"dist/idiomorph.min.js": LIVE / "idiomorph.min.js", "LICENSE": LIVE / "idiomorph.LICENSE.txt"},
}
STYLESHEET = ("@tabler/core", "dist/css/tabler.min.css", ADMIN / "tabler.css")
STYLED = (PACKAGE / "admin", PACKAGE / "auth")
"""Folders whose templates, scripts and modules name the classes that the stylesheet must keep."""


def main() -> None:
    libraries = [*COPIES, STYLESHEET[0]]
    sources = {name: source_line(name) for name in libraries}
    copied = [place(MODULES / name / source, target) for name in COPIES for source, target in COPIES[name].items()]
    size = place_stylesheet()
    write_sources(LIVE, [sources[name] for name in COPIES])
    write_sources(ADMIN, [f"{sources[STYLESHEET[0]]} (only the rules that are used)"])
    print(f"placed {len(copied)} files of the live script and {size:,} bytes of the console's stylesheet")


def source_line(library: str) -> str:
    """`name version integrity`; ends the program when npm unpacked something else than what is locked."""
    locked = entry(ROOT / "package-lock.json", library)
    unpacked = entry(MODULES / ".package-lock.json", library)
    manifest = json.loads((MODULES / library / "package.json").read_text("utf-8"))
    if locked["integrity"] != unpacked["integrity"] or locked["version"] != manifest["version"]:
        sys.exit(
            f"node_modules holds another {library} than package-lock.json names. Run: rm -r node_modules; make setup"
        )
    return f"{library} {locked['version']} {locked['integrity']}"


def entry(lock: Path, library: str) -> dict[str, str]:
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    found: dict[str, str] = packages[f"node_modules/{library}"]
    return found


def place(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    return target


def place_stylesheet() -> int:
    """Size of what is left of the stylesheet."""
    library, source, target = STYLESHEET
    css = cut((MODULES / library / source).read_text("utf-8"), styled_texts())
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(css, "utf-8")
    return len(css)


def styled_texts() -> Iterator[str]:
    for folder in STYLED:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".html", ".js", ".py", ".css"} and "vendor" not in path.parts:
                yield path.read_text("utf-8")


def write_sources(folder: Path, lines: list[str]) -> None:
    (folder / "SOURCES.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
