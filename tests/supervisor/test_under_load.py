"""The short form of `make reload-under-load`."""

import asyncio
import sys


async def test_no_request_fails_while_workers_are_reloaded_and_killed(root):
    script = root / "benchmarks" / "reload_under_load.py"
    options = ["--seconds", "3", "--reloads", "2", "--kills", "1", "--clients", "8"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    table, log = await process.communicate()
    assert process.returncode == 0, table.decode() + log.decode()
    rows = dict(line.split("  ", 1) for line in table.decode().splitlines())
    assert rows["requests failed"].strip() == "0"
