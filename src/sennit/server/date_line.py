"""The Date line of answers, made once a second."""

import time

from ..http.date import http_date


class DateLine:
    """`octets` is the line with its CRLF; `refresh` reads the wall clock anew."""

    __slots__ = ("octets",)

    def __init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        self.octets = f"date: {http_date(time.time())}\r\n".encode()

    def sweep(self, now: float) -> None:
        """As a member of the deadlines: at most a second late, and right again a second after the clock was set."""
        self.refresh()
