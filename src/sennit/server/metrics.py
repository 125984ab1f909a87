"""Counts of answered requests by route, method and class of status; told by the server as the access log is.

Compiled where that is possible, from this very file (`metrics.pxd` gives the types).
"""

from bisect import bisect_left
from collections.abc import Iterator
from time import perf_counter

from ..http import Address
from .access_log import AnswerLog
from .exchange import ServerExchange

BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram's buckets, in seconds; what is slower falls into one more."""

MOST_SERIES = 10_000
"""Routes times methods times classes of status; beyond it requests are counted together, as of no route."""

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""Others are counted as one: a client chooses its method, and must not choose how many series there are."""

Key = tuple[object, str, int]


class Series:
    """Of one route, method and class of status. durations: seconds in all. sent: bytes of bodies."""

    def __init__(self) -> None:
        self.count = self.sent = 0
        self.durations = 0.0
        self.buckets = [0] * (len(BOUNDS_S) + 1)


class RequestMetrics:
    """Satisfies `AnswerLog`. `series` by (route, method, hundreds of the status), as the exchange names its route."""

    def __init__(self) -> None:
        self.series: dict[Key, Series] = {}
        self.refused_by_status: dict[int, int] = {}

    def answered(self, exchange: ServerExchange) -> None:
        duration = perf_counter() - exchange.began
        key: Key = (exchange.route, exchange.method, exchange.status // 100)
        series = self.series.get(key)
        if series is None:
            series = self._series(key)
        series.count += 1
        series.durations += duration
        series.sent += exchange.sent
        series.buckets[bisect_left(BOUNDS_S, duration)] += 1

    def refused(self, client: Address, status: int) -> None:
        self.refused_by_status[status] = self.refused_by_status.get(status, 0) + 1

    def _series(self, key: Key) -> Series:
        route, method, hundreds = key
        if method not in METHODS:
            key = (route, "other", hundreds)
        if len(self.series) >= MOST_SERIES:
            key = (None, "other", hundreds)
        return self.series.setdefault(key, Series())

    def __iter__(self) -> Iterator[tuple[Key, Series]]:
        return iter(self.series.items())


class Both:
    """Two that are told of the same answers: the access log and the metrics."""

    def __init__(self, first: AnswerLog, second: AnswerLog) -> None:
        self._all = (first, second)

    def answered(self, exchange: ServerExchange) -> None:
        for each in self._all:
            each.answered(exchange)

    def refused(self, client: Address, status: int) -> None:
        for each in self._all:
            each.refused(client, status)
