"""Drives one synchronous data layer, as drive.py an asynchronous one:   python drive_sync.py NAME URL"""

import random
import sys
from importlib import import_module
from time import monotonic

ROWS = 10_000


def run(call, name, seconds):
    end, done, keys = monotonic() + seconds, 0, random.Random(1)
    wanted = {"get": 1, "list": 20, "many": 1000}.get(name)
    while monotonic() < end:
        found = call(keys.randint(1, ROWS))
        if wanted is not None and found != wanted:
            raise ValueError(f"{name} gave {found} instead of {wanted}")
        done += 1
    return done


with import_module(f"{sys.argv[1]}_orm").opened(sys.argv[2]) as layer:
    print("ready", flush=True)
    for line in sys.stdin:
        name, seconds = line.split()
        print(f"operations {run(getattr(layer, name), name, float(seconds))}", flush=True)
