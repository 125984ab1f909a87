"""Compiles the hot path; everything else stands in pyproject.toml.

Two kinds of compiled modules: a plain `name.py` with a `name.pxd` beside it is compiled as it is, with the types of the
.pxd, and the import system prefers the result; a `_name.pyx`, which calls what Python cannot, stands beside its plain twin
`name.py`. Both are optional. Without Cython or a working compiler the build succeeds with plain Python, which has the same
public names and passes the same tests, and one line says so. SENNIT_PLAIN=1 leaves them out on purpose.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCES = Path("src")
DIRECTIVES = {
    "language_level": "3str",
    "annotation_typing": False,  # types stand in the .pxd alone: an annotation `float` would else change what a value is
    "initializedcheck": False,
    "optimize.use_switch": False,
}


LINUX_ONLY = ("_poller.pyx",)
"""What stands on epoll; elsewhere the plain twin serves."""


def sources() -> list[Path]:
    typed = [path.with_suffix(".py") for path in (SOURCES / "sennit").rglob("*.pxd")]
    found = {path for path in typed if path.exists()} | set((SOURCES / "sennit").rglob("_*.pyx"))
    return sorted(path for path in found if sys.platform == "linux" or path.name not in LINUX_ONLY)


def modules() -> dict[str, str]:
    """Module name -> path of its source, both as setuptools wants them: relative to this file."""
    return {".".join(path.relative_to(SOURCES).with_suffix("").parts): path.as_posix() for path in sources()}


def say(line: str) -> None:
    print(f"sennit: {line}", file=sys.stderr, flush=True)


def extensions() -> list[Extension]:
    if os.environ.get("SENNIT_PLAIN") == "1":
        say("SENNIT_PLAIN=1: built with the plain Python twins, nothing is compiled")
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        say("Cython is missing: built with the plain Python twins (slower, same behaviour)")
        return []
    flags = [] if sys.platform == "win32" else ["-O3"]
    found = [Extension(name, [path], extra_compile_args=flags) for name, path in modules().items()]
    return cythonize(found, compiler_directives=DIRECTIVES, quiet=True, nthreads=os.cpu_count() or 1) if found else []


class OptionalBuildExt(build_ext):
    """Builds what it can; a compiler that is missing or fails costs speed, never the installation."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()  # the compiler is most of what an installation takes

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:  # whatever a compiler or its absence raises: each platform has its own
            self.without_compiled_twins(error)

    def without_compiled_twins(self, error: Exception) -> None:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:72]
        say(f"no compiled twins ({reason}): built with the plain Python ones (slower, same behaviour)")
        self.extensions = []
        self.distribution.ext_modules = []


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuildExt})
