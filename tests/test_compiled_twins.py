"""Where there is a compiler the compiled twins are built and loaded: a broken build is loud, not slow."""

import os
import shutil
import sys
import sysconfig
from importlib import import_module
from pathlib import Path

import pytest

from package_source import SENNIT, dotted

TWINS = sorted(SENNIT.rglob("_*.pyx"))
TYPED = sorted(path.with_suffix(".py") for path in SENNIT.rglob("*.pxd") if path.with_suffix(".py").exists())
"""Compiled from the plain file itself, so that there is no second text which could differ."""
COMPILER = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
LINUX_ONLY = {"_poller.pyx"}


@pytest.mark.skipif(os.environ.get("SENNIT_PLAIN") == "1", reason="built without compiled twins on purpose")
@pytest.mark.skipif(shutil.which(COMPILER.split()[0]) is None, reason="no compiler here: the plain twins serve")
@pytest.mark.parametrize("source", [*TWINS, *TYPED], ids=dotted)
def test_what_is_compiled_is_what_loads(source: Path) -> None:
    if source.name in LINUX_ONLY and sys.platform != "linux":
        pytest.skip("stands on epoll")
    module = import_module(dotted(SENNIT / source))
    assert str(module.__file__).endswith((".so", ".pyd"))


@pytest.mark.parametrize("source", TWINS, ids=dotted)
def test_a_compiled_file_stays_small_and_has_its_plain_twin(source: Path) -> None:
    path = SENNIT / source
    assert path.with_name(path.name.removeprefix("_")).with_suffix(".py").exists()
    code = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) < 400
