"""Drives one synchronous client:   python drive_sync.py NAME PORT

NAME stands for NAME_sync.py, which has `opened(most)`, a context manager of the library's own client for `most` connections,
and `get(client, url)`, which returns the body.

Each line of the input is answered with one line:

    get THREADS SECONDS     requests N
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from time import monotonic

BODY = b"Hello, World!"


def asked(get, client, url, seconds):
    end, count = monotonic() + seconds, 0
    while monotonic() < end:
        if get(client, url) != BODY:
            raise ValueError("a body is not what was sent")
        count += 1
    return count


def main():
    library, url = import_module(f"{sys.argv[1]}_sync"), f"http://127.0.0.1:{sys.argv[2]}/"
    with library.opened(64) as client, ThreadPoolExecutor(64) as threads:
        print("ready", flush=True)
        for line in sys.stdin:
            _, count, seconds = line.split()
            asking = [threads.submit(asked, library.get, client, url, float(seconds)) for _ in range(int(count))]
            print(f"requests {sum(each.result() for each in asking)}", flush=True)


main()
