"""Metrics for Prometheus at `/-/metrics`, in its text format 0.0.4."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

from ..server.metrics import BOUNDS_S, RequestMetrics, Series
from ..web.response import Response
from ..web.route import Route
from ..web.router import Router
from ..web.rule import Rule
from .loop_lag import LoopLag
from .process_figures import process_figures

if TYPE_CHECKING:
    from .runtime import Runtime

PATH = "/-/metrics"
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsPage:
    """What is counted in this process. With several workers each answers for itself, told apart by `process_start_time`."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self.requests = RequestMetrics()
        self.lag = LoopLag()
        self._started_at = time.time()

    def router(self, access: Rule) -> Router:
        router = Router("/-", name="sennit.metrics", access=access)

        @router.get("/metrics", name="metrics")
        async def metrics() -> Response:
            return Response(self.text(), 200, {"cache-control": "no-store"}, MEDIA_TYPE)

        return router

    def text(self) -> str:
        lines = [*self._requests(), *self._server(), *self._process()]
        return "\n".join(lines) + "\n"

    def _requests(self) -> Iterator[str]:
        counts, sent = [], 0
        timed: dict[tuple[str, str], list[Series]] = defaultdict(list)
        for (route, method, hundreds), series in self.requests:
            labels = {"route": _pattern(route), "method": method}
            counts.append(({**labels, "status": f"{hundreds}xx" if hundreds else "cut"}, series.count))
            timed[labels["route"], method].append(series)
            sent += 0 if method == "HEAD" else series.sent
        yield from family("sennit_http_requests_total", "counter", "Answered requests.", counts)
        yield from _histogram(timed)
        yield from single("sennit_http_sent_bytes_total", "counter", "Bytes of answers' bodies.", sent)
        refused = [({"status": str(status)}, count) for status, count in self.requests.refused_by_status.items()]
        yield from family("sennit_http_refused_total", "counter", "What came was no request.", refused)

    def _server(self) -> Iterator[str]:
        runtime, listeners = self._runtime, [server.listener for server in self._runtime.http]
        in_flight = sum(len(server.tasks) for server in runtime.http)
        opened = sum(len(listener.connections) for listener in listeners)
        yield from single("sennit_http_requests_in_flight", "gauge", "Handlers that are waiting.", in_flight)
        yield from single("sennit_connections_open", "gauge", "Connections open now.", opened)
        accepted, refused = sum(each.accepted for each in listeners), sum(each.refused for each in listeners)
        yield from single("sennit_connections_accepted_total", "counter", "Connections accepted.", accepted)
        yield from single("sennit_connections_refused_total", "counter", "Connections over a limit.", refused)
        if runtime.hub is not None:
            yield from single("sennit_live_viewers", "gauge", "Open live pages.", len(runtime.hub.viewers))
        if runtime.access_log is not None:
            dropped = runtime.access_log.dropped
            yield from single("sennit_access_log_dropped_total", "counter", "Lines that could not be kept.", dropped)

    def _process(self) -> Iterator[str]:
        yield from single("sennit_loop_lag_seconds", "gauge", "How late the event loop was last.", self.lag.now)
        worst = self.lag.take_most()
        yield from single("sennit_loop_lag_max_seconds", "gauge", "The worst since the last scrape.", worst)
        for name, kind, value in process_figures(self._started_at):
            yield from single(name, kind, "Of this process.", value)


def _histogram(timed: Mapping[tuple[str, str], list[Series]]) -> Iterator[str]:
    name = "sennit_http_request_duration_seconds"
    yield from header(name, "histogram", "From the request's head to the end of its answer.")
    for (route, method), several in timed.items():
        labels = {"route": route, "method": method}
        buckets = accumulate(sum(column) for column in zip(*(series.buckets for series in several), strict=True))
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), buckets, strict=True):
            yield sample(f"{name}_bucket", {**labels, "le": bound}, count)
        yield sample(f"{name}_sum", labels, sum(series.durations for series in several))
        yield sample(f"{name}_count", labels, sum(series.count for series in several))


def _pattern(route: object) -> str:
    """The pattern, never the path: a client chooses its path, and must not choose how many series there are."""
    return route.pattern.text or "none" if isinstance(route, Route) else "none"


# -- the text format -------------------------------------------------------------------------------------------------


def header(name: str, kind: str, help: str) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def single(name: str, kind: str, help: str, value: float) -> Iterator[str]:
    yield from family(name, kind, help, [({}, value)])


def family(name: str, kind: str, help: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    yield from header(name, kind, help)
    for labels, value in samples:
        yield sample(name, labels, value)


def sample(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
