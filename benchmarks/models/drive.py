"""Drives one asynchronous data layer:   python drive.py NAME URL

NAME stands for NAME_orm.py, which has `opened(url)`, an async context manager that gives an object with the coroutine
methods of `OPERATIONS`. Each line of the input, `OPERATION SECONDS`, is answered with `operations N`.
"""

import random
import sys
from importlib import import_module
from time import monotonic

import uvloop

ROWS = 10_000
"""In the table; keys are 1 to ROWS."""


async def run(call, name, seconds):
    end, done, keys = monotonic() + seconds, 0, random.Random(1)
    while monotonic() < end:
        check(name, await call(keys.randint(1, ROWS)))
        done += 1
    return done


def check(name, found):
    """What was read is counted, so that a layer cannot win by reading nothing."""
    wanted = {"get": 1, "list": 20, "many": 1000}.get(name)
    if wanted is not None and found != wanted:
        raise ValueError(f"{name} gave {found} instead of {wanted}")


async def main():
    async with import_module(f"{sys.argv[1]}_orm").opened(sys.argv[2]) as layer:
        print("ready", flush=True)
        for line in sys.stdin:  # nothing else is to be done until it comes
            name, seconds = line.split()
            print(f"operations {await run(getattr(layer, name), name, float(seconds))}", flush=True)


uvloop.run(main())
