"""`examples/crawl.py` as printed, against a site of 2 000 pages with slow, broken, huge and looping ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sennit.client
from examples.test_programs import EXAMPLES, free_port, running
from package_source import ROOT

SITE = """
import asyncio
from sennit import App, Response, redirect
app = App()
PAGES = 2000

@app.get("/{number}")
async def page(number: int):
    links = "".join(f'<a href="/{n}">{n}</a>' for n in (2 * number + 1, 2 * number + 2) if n < PAGES)
    odd = '<a href="/odd/slow"></a><a href="/odd/huge"></a><a href="/odd/loop"></a><a href="/odd/broken"></a>' if not number else ""
    return links + odd

@app.get("/odd/slow")
async def slow():
    await asyncio.sleep(30)
    return "late"

@app.get("/odd/huge")
async def huge():
    for _ in range(100):
        yield "x" * 100_000

@app.get("/odd/loop")
async def loop():
    return redirect("/odd/loop")

@app.get("/odd/broken")
async def broken():
    yield "some"
    raise ValueError
"""


@pytest.mark.skipif(not hasattr(sennit.client, "Client"), reason="waits for the client")
@pytest.mark.timeout(120)
def test_every_page_is_told_once_and_the_odd_ones_by_their_errors(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "pages_to_crawl.py").write_text(SITE)
    program = tmp_path / "crawl.py"
    program.write_text((EXAMPLES / "crawl.py").read_text().replace("most: int = 500", "most: int = 3000"))
    with running(tmp_path / "pages_to_crawl.py", port):
        done = subprocess.run(
            [sys.executable, str(program), f"http://127.0.0.1:{port}/0"],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    lines = done.stdout.splitlines()
    told = {line.rpartition("/")[2]: line for line in lines if line.startswith("200 ")}
    assert done.returncode == 0, done.stderr
    assert {str(number) for number in range(2000)} <= told.keys()
    errors = {line.rpartition("/")[2]: line.split()[1] for line in lines if line.startswith("---")}
    assert errors == {"slow": "TimedOut", "huge": "TooLarge", "loop": "TooManyRedirects", "broken": "ProtocolFailed"}
