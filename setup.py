"""Compiles every `_<name>.pyx` beside its plain twin `<name>.py`; everything else stands in pyproject.toml.

The compiled twins are optional. Without Cython or a working compiler the build succeeds with the plain twins, which
have the same public names and pass the same tests, and one line says so. SENNIT_PLAIN=1 leaves them out on purpose.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCES = Path("src")


def modules() -> dict[str, str]:
    """Module name -> path of its .pyx file, both as setuptools wants them: relative to this file."""
    found = sorted((SOURCES / "sennit").rglob("_*.pyx"))
    return {".".join(path.relative_to(SOURCES).with_suffix("").parts): path.as_posix() for path in found}


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
    return cythonize(found, compiler_directives={"language_level": "3str"}, quiet=True) if found else []


class OptionalBuildExt(build_ext):
    """Builds what it can; a compiler that is missing or fails costs speed, never the installation."""

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
