"""One line for each request, refused ones too; made as it is answered, written in batches by a thread.

Compiled where that is possible, from this very file (`access_log.pxd` gives the types).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from ..http import Address
from .exchange import ServerExchange
from .log_file import LogFile
from .masked_target import masked, printable

log = logging.getLogger("sennit.server")

BATCH_S = 0.25
BATCH_LINES = 512
LONGEST_TARGET = 2048
LONGEST_FIELD = 512
CLIENT_GONE = 499
"""Stands where a status stands for a request whose client left before it was answered (as nginx writes it)."""

Write = Callable[["AccessLog", ServerExchange, int], str]


class AnswerLog(Protocol):
    """What the server tells of its answers. `exchange.began` is what `time.perf_counter` said when the request was there."""

    def answered(self, exchange: ServerExchange) -> None:
        """The answer is complete, or cut: then `status` is 0 where none had begun."""
        ...

    def refused(self, client: Address, status: int) -> None:
        """What came was no request."""
        ...


class AccessLog:
    """`AccessLog("common", LogFile(None))`: as Apache's combined log, then microseconds and the request's id.

    `"json"` writes one object a line: time, client, method, target, version, status, bytes, duration_us, referer, agent, id.
    bytes: of the body. The id is there when somebody asked for it, an error did, or all answers bear one.
    """

    def __init__(self, format: str, file: LogFile, *, clock: Callable[[], float] = time.time) -> None:
        self._write = _FORMATS[format]
        self._refusal = _REFUSALS[format]
        self._file = file
        self._clock = clock
        self._lines: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._second = -1
        self.moment = ""

    @property
    def dropped(self) -> int:
        """Lines that were lost because the file could not keep up."""
        return self._file.dropped

    def answered(self, exchange: ServerExchange) -> None:
        duration_us = int((time.perf_counter() - exchange.began) * 1_000_000)
        try:
            line = self._write(self, exchange, duration_us)
        except Exception:  # never the answer's trouble: it has been sent
            log.exception("a line of the access log could not be made")
        else:
            self._add(line)

    def refused(self, client: Address, status: int) -> None:
        self._add(self._refusal(self, client, status))

    def reopen(self) -> None:
        """After the file was moved away (logrotate): go on in a new one of its name."""
        self.flush()
        self._file.reopen()

    async def close(self) -> None:
        """Write what is left."""
        self.flush()
        await asyncio.to_thread(self._file.close)

    def flush(self) -> None:
        """Hand the lines so far to the thread."""
        lines, self._lines = self._lines, []
        if lines:
            self._file.write("".join(lines).encode("utf-8", "backslashreplace"), len(lines))

    def _add(self, line: str) -> None:
        lines = self._lines
        lines.append(line)
        if len(lines) == 1:
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            self._loop.call_later(BATCH_S, self.flush)
        elif len(lines) >= BATCH_LINES:
            self.flush()

    def time(self, layout: str) -> str:
        """UTC, made once a second."""
        now = int(self._clock())
        if now != self._second:
            self._second = now
            self.moment = time.strftime(layout, time.gmtime(now))
        return self.moment


def _common(own: AccessLog, exchange: ServerExchange, duration_us: int) -> str:
    referer, agent = _of_client(exchange)
    status = exchange.status or CLIENT_GONE
    return (
        f'{exchange.client.host or "-"} - - [{own.time(_COMMON_TIME)}] "{exchange.method} {_target(exchange)} '
        f'HTTP/{exchange.http_version}" {status} {_sent(exchange) or "-"} "{referer}" "{agent}" {duration_us} '
        f"{exchange.request_id or '-'}\n"
    )


def _common_refusal(own: AccessLog, client: Address, status: int) -> str:
    return f'{client.host or "-"} - - [{own.time(_COMMON_TIME)}] "-" {status} - "-" "-" - -\n'


def _json(own: AccessLog, exchange: ServerExchange, duration_us: int) -> str:
    referer, agent = _of_client(exchange)
    return _json_line(
        {
            "time": own.time(_JSON_TIME),
            "client": exchange.client.host,
            "method": exchange.method,
            "target": _target(exchange),
            "version": exchange.http_version,
            "status": exchange.status or CLIENT_GONE,
            "bytes": _sent(exchange),
            "duration_us": duration_us,
            "referer": referer,
            "agent": agent,
            "id": exchange.request_id or None,
        }
    )


def _json_refusal(own: AccessLog, client: Address, status: int) -> str:
    return _json_line({"time": own.time(_JSON_TIME), "client": client.host, "status": status})


def _json_line(members: dict[str, Any]) -> str:
    return msgspec.json.encode(members).decode() + "\n"


_COMMON_TIME = "%d/%b/%Y:%H:%M:%S +0000"
_JSON_TIME = "%Y-%m-%dT%H:%M:%SZ"
_FORMATS: dict[str, Write] = {"common": _common, "json": _json}
_REFUSALS: dict[str, Callable[[AccessLog, Address, int], str]] = {"common": _common_refusal, "json": _json_refusal}


def _target(exchange: ServerExchange) -> str:
    query = exchange.query_string
    return printable(
        masked(f"{exchange.raw_path}?{query}"[:LONGEST_TARGET]) if query else exchange.raw_path[:LONGEST_TARGET]
    )


def _sent(exchange: ServerExchange) -> int:
    """Bytes of the body; what a handler gave for HEAD, 204 and 304 was not sent."""
    return 0 if exchange.status in (204, 304) or exchange.method == "HEAD" else exchange.sent


def _of_client(exchange: ServerExchange) -> tuple[str, str]:
    """Referer and User-Agent."""
    referer, agent = exchange.head.field_value("referer"), exchange.head.field_value("user-agent")
    return (
        printable(masked(referer[:LONGEST_FIELD])) if referer else "-",
        printable(agent[:LONGEST_FIELD]) if agent else "-",
    )
