"""The interpreter that is measured, and sennit built for it.

A Python built with profile-guided optimisation runs interpreted code up to twice as fast as one without, and most people
have one. Where the project's own environment stands on one, that is measured; else the distribution's Python gets an
environment of its own below benchmarks/build, with the same locked libraries and a copy of the sources, so that compiled
twins of two versions never meet in one folder.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from serving import Failed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = HERE / "build"
CANDIDATES = ["/usr/bin/python3", "/usr/local/bin/python3", "python3.14", "python3.13", "python3.12", "python3.11"]
LOCKS = ["build.lock", "standard.lock"]

# Debian's packages are optimised by their own rules, which leave no --enable-optimizations behind: they are told by
# their C compiler's full name or the order of their database libraries.
DESCRIBE = """
import json, platform, sys, sysconfig
configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
flags = " ".join(str(sysconfig.get_config_var(name)) for name in ("PY_CFLAGS", "PY_CORE_CFLAGS", "PY_CFLAGS_NODIST"))
by_itself = "--enable-optimizations" in configured or "-fprofile-use" in flags
by_debian = sys.base_prefix == "/usr" and ("--with-dbmliborder" in configured or "-linux-gnu-gcc" in configured)
print(json.dumps({
    "version": platform.python_version(), "name": platform.python_implementation(), "usable": sys.version_info >= (3, 11),
    "pgo": "PGO" if by_itself else "PGO by the distribution" if by_debian else "",
}))
"""
TWINS = "from sennit.protocols import http1; print(http1.parse_request_head.__module__.rpartition('.')[2][0] == '_')"


@dataclass(frozen=True)
class Build:
    """`python` is the command, `source` the folder for PYTHONPATH, `interpreter` what to say about it."""

    python: str
    source: Path
    interpreter: str
    is_compiled: bool

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.source), "SENNIT_SECRET": "x" * 64, "PYTHONDONTWRITEBYTECODE": "1"}


def choose_build() -> Build:
    """The project's own environment if its Python is optimised or nothing better is found."""
    own = describe(sys.executable)
    if not own["pgo"]:
        for candidate in CANDIDATES:
            found = describe(candidate)
            if found["usable"] and found["pgo"]:
                try:
                    return optimised_build(candidate, said(found))
                except (Failed, subprocess.CalledProcessError) as error:
                    print(f"{candidate} cannot be used: {str(error).splitlines()[-1]}", file=sys.stderr)
    return Build(sys.executable, ROOT / "src", said(own), is_compiled(sys.executable, ROOT / "src"))


def describe(python: str) -> dict[str, object]:
    command = shutil.which(python)
    if command is None:
        return {"usable": False, "pgo": ""}
    done = subprocess.run([command, "-c", DESCRIBE], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {"usable": False, "pgo": ""}


def said(found: dict[str, object]) -> str:
    return f"{found['name']} {found['version']} ({found['pgo'] or 'not PGO'})"


def is_compiled(python: str, source: Path) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run([python, "-c", TWINS], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def optimised_build(python: str, interpreter: str) -> Build:
    made = make_environment(python, BUILD / "pgo", [f"-r{ROOT / 'requirements' / lock}" for lock in LOCKS])
    tree = copy_sources(BUILD / "tree")
    quietly("building sennit for it", [made, "setup.py", "-q", "build_ext", "--inplace", f"-j{os.cpu_count()}"], tree)
    return Build(made, tree / "src", interpreter, is_compiled(made, tree / "src"))


def make_environment(python: str, folder: Path, requirements: list[str]) -> str:
    """A virtual environment with these requirements; made once. Returns its Python."""
    made, stamp = str(folder / "bin" / "python"), folder / "made"
    wanted = "\n".join([python, *(locked(each) for each in requirements)])
    if stamp.exists() and stamp.read_text() == wanted:
        return made
    with_venv(python)
    quietly(f"making {folder.relative_to(ROOT)} with {python}", [python, "-m", "venv", "--clear", str(folder)])
    if requirements:
        pip = [made, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q"]
        quietly("installing its libraries", [*pip, "--require-hashes", *requirements])
    stamp.write_text(wanted)
    return made


def locked(requirement: str) -> str:
    return Path(requirement[2:]).read_text() if requirement.startswith("-r") else requirement


def with_venv(python: str) -> None:
    """Debian takes ensurepip and the headers out of Python, into packages of their own. Raises Failed."""
    test = "import ensurepip, os, sysconfig; assert os.path.exists(sysconfig.get_path('include') + '/Python.h')"
    if subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0:
        return
    packages = ["python3-venv", "python3-dev"]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Failed(f"it lacks ensurepip or its headers. Run: sudo apt-get install {' '.join(packages)}")
    quietly("reading the list of packages", ["apt-get", "-q", "update"])
    quietly(f"installing {', '.join(packages)}", ["apt-get", "-qy", "--no-install-recommends", "install", *packages])


def copy_sources(tree: Path) -> Path:
    """What the build needs, times of change included, so that only what has changed is compiled anew."""
    wanted = [ROOT / name for name in ("setup.py", "pyproject.toml", "README.md")]
    wanted += [path for path in (ROOT / "src" / "sennit").rglob("*") if path.is_file() and is_source(path)]
    for path in wanted:
        copy = tree / path.relative_to(ROOT)
        if not copy.exists() or copy.stat().st_mtime_ns != path.stat().st_mtime_ns:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    kept = {tree / path.relative_to(ROOT) for path in wanted}
    for path in list((tree / "src" / "sennit").rglob("*")):
        if path.is_file() and not (path in kept if is_source(path) else is_current(path)):
            path.unlink()
    return tree


def is_source(path: Path) -> bool:
    return path.suffix not in {".so", ".c", ".pyc"}


def is_current(built: Path) -> bool:
    """Whether its source is still to be compiled: a compiled module that stays behind would win over the plain one."""
    source = built.with_name(built.name.partition(".")[0])
    return source.with_suffix(".pyx").exists() or source.with_suffix(".pxd").exists()


def quietly(say: str, command: list[str], folder: Path = ROOT) -> None:
    """One line while it goes well. Raises Failed with the output's end when it does not."""
    print(say, file=sys.stderr, flush=True)
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{say}: {done.stdout[-1500:].strip() or 'failed'}")
