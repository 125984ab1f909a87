"""Where there is a compiler the compiled twins are built and loaded: a broken build is loud, not slow."""

import os
import shutil
import sysconfig
from importlib import import_module

import pytest

from package_source import SENNIT, dotted

TWINS = sorted(SENNIT.rglob("_*.pyx"))
COMPILER = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"


@pytest.mark.skipif(os.environ.get("SENNIT_PLAIN") == "1", reason="built without compiled twins on purpose")
@pytest.mark.skipif(shutil.which(COMPILER.split()[0]) is None, reason="no compiler here: the plain twins serve")
@pytest.mark.parametrize("source", TWINS, ids=dotted)
def test_the_compiled_twin_is_the_one_that_loads(source: "os.PathLike[str]") -> None:
    module = import_module(dotted(SENNIT / source))
    assert str(module.__file__).endswith((".so", ".pyd"))


@pytest.mark.parametrize("source", TWINS, ids=dotted)
def test_a_compiled_file_stays_small_and_has_its_plain_twin(source: "os.PathLike[str]") -> None:
    path = SENNIT / source
    assert path.with_name(path.name.removeprefix("_")).with_suffix(".py").exists()
    code = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) < 400
