"""One process that serves an app: from settings to the last drained connection."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .settings import Mode

if TYPE_CHECKING:
    from .application import App
    from .runtime import Runtime

log = logging.getLogger("sennit.app")

Ready = Callable[["Runtime"], None]


def serve(app: "App", mode: Mode, overrides: Mapping[str, Any], ready: Ready | None = None) -> None:
    """Build, start, serve until SIGTERM or SIGINT, drain, and return. A second signal stops at once.

    Raises SennitError, or an ExceptionGroup of several, when the app cannot start.
    """
    settings = app.settings(mode, os.environ, overrides)
    runtime = app.build(settings, mode)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(runtime, ready or say_addresses))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed; the contract is asyncio."""
    if find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


async def _serve(runtime: "Runtime", ready: Ready) -> None:
    stopping = _signals()
    await runtime.start()
    if hasattr(signal, "SIGHUP"):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, runtime.reopen_logs)
    ready(runtime)
    settle_memory()
    await stopping.wait()
    log.info("stopping: %g s at most for what is in hand", runtime.settings.drain_s)
    await runtime.stop()


def settle_memory() -> None:
    """What the start has made stays until the end: the collector need not look at it again, request after request."""
    gc.collect()
    gc.freeze()


def _signals() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; the second one ends the process."""
    stopping = asyncio.Event()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    return stopping


def say_addresses(runtime: "Runtime") -> None:
    for address in runtime.addresses:
        print(f"{runtime.app.title} is at {address}  (Ctrl+C stops it)", file=sys.stderr, flush=True)
