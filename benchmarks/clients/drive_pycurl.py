"""Drives libcurl's multi interface by perform and select:   python drive_pycurl.py PORT   (the lines are those of drive.py)"""

import sys
from time import monotonic

import pycurl

BODY = b"Hello, World!"
MOST = 1024


class Driver:
    def __init__(self, url):
        self.url = url
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_MAXCONNECTS, MOST)
        self.bodies = {}

    def get(self, concurrency, seconds):
        """One handle for each, added anew when it has its answer: as curl's documents say for speed."""
        end, asked = monotonic() + seconds, 0
        for handle in [self.new_handle() for _ in range(concurrency)]:
            self.multi.add_handle(handle)
        while self.bodies:
            self.multi.perform()
            for handle in self.take_done():
                asked += 1
                self.multi.remove_handle(handle)
                if monotonic() < end:
                    self.multi.add_handle(handle)
                else:
                    del self.bodies[handle]
            self.multi.select(0.1)
        return asked

    def new_handle(self):
        handle, body = pycurl.Curl(), []
        handle.setopt(pycurl.URL, self.url)
        handle.setopt(pycurl.WRITEFUNCTION, body.append)
        handle.setopt(pycurl.NOPROXY, "*")
        self.bodies[handle] = body
        return handle

    def take_done(self):
        queued = 1
        while queued:
            queued, done, failed = self.multi.info_read()
            if failed:
                raise ValueError(failed[0][2])
            for handle in done:
                body = self.bodies[handle]
                if b"".join(body) != BODY:
                    raise ValueError("a body is not what was sent")
                body.clear()
                yield handle


driver = Driver(f"http://127.0.0.1:{sys.argv[1]}/")
print("ready", flush=True)
for line in sys.stdin:
    _, concurrency, seconds = line.split()
    print(f"requests {driver.get(int(concurrency), float(seconds))}", flush=True)
