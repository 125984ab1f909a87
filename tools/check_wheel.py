"""check_wheel.py FOLDER: is the one wheel in FOLDER complete, and does it serve without this checkout, npm or a compiler?

Looks into the wheel and the source archive, installs the wheel with its locked libraries into a clean environment, serves
examples/hello.py from there and asks it for a page.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterable
from pathlib import Path
from threading import Timer
from urllib.request import urlopen
from zipfile import ZipFile

from package_source import ROOT, SENNIT, modules

GREETING = "Hello, World!"


def main(folder: Path) -> None:
    (wheel,) = folder.glob("*.whl")
    (archive,) = folder.glob("*.tar.gz")
    compare(f"{wheel.name} lacks", expected(), ZipFile(wheel).namelist())
    unwanted = [name for name in ZipFile(wheel).namelist() if name.endswith((".c", ".pyx", ".pyc"))]
    if unwanted:
        sys.exit(f"{wheel.name} carries what nobody needs: {unwanted}")
    with tarfile.open(archive) as files:
        names = [name.partition("/src/")[2] for name in files.getnames()]
    compare(f"{archive.name} lacks", expected(), names)
    print(f"{wheel.name} is complete; installing it into a clean environment", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        serve_from(wheel, Path(scratch))


def compare(complaint: str, wanted: Iterable[str], present: Iterable[str]) -> None:
    if lacking := sorted(set(wanted) - set(present)):
        sys.exit(f"{complaint} {', '.join(lacking)}")


def expected() -> set[str]:
    """Every module, template, static file and error page of the package as this checkout has it, vendor files included."""
    data = [
        path
        for path in SENNIT.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyx", ".pxd", ".c", ".so", ".pyc", ".tmp"}
    ]
    pages = [SENNIT / "error_pages" / page.name for page in (ROOT / "docs" / "errors").glob("*.md")]
    paths = [*(path for path in modules() if path.suffix == ".py"), *data, *pages]
    return {path.relative_to(SENNIT.parent).as_posix() for path in paths}


def serve_from(wheel: Path, scratch: Path) -> None:
    """Ends the program when the wheel does not install or does not answer."""
    venv.create(scratch / "venv", with_pip=True)
    binaries = scratch / "venv" / "bin"
    pip = [str(binaries / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    for what in (["--require-hashes", "-r", str(ROOT / "requirements" / "standard.lock")], ["--no-deps", str(wheel)]):
        done = subprocess.run([*pip, *what], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}\nthe wheel does not install")
    program = scratch / "hello.py"
    program.write_bytes((ROOT / "examples" / "hello.py").read_bytes())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    server = subprocess.Popen(
        [binaries / "sennit", "run", program, "--port", "0"],
        cwd=scratch,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    too_late = Timer(30, server.kill)
    too_late.start()
    try:
        ask(server)
    finally:
        too_late.cancel()
        server.terminate()
        server.wait(timeout=30)
    print(f"it serves {program.name}; stopped with status {server.returncode}")
    if server.returncode:
        sys.exit(1)


def ask(server: "subprocess.Popen[str]") -> None:
    """Reads the address that the server prints and asks it for `/`."""
    said: list[str] = []
    for line in server.stdout or ():
        said.append(line)
        if found := re.search(r"http://[\w.:\[\]-]+", line):
            with urlopen(f"{found[0]}/", timeout=10) as answer:
                text = answer.read().decode()
            if text != GREETING:
                sys.exit(f"expected {GREETING!r}, got {text!r}")
            return
    sys.exit("the server gave no address in 30 s:\n" + "".join(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
