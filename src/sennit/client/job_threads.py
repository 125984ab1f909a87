"""Threads for what a loop cannot wait for (names, files), in programs whose main thread may have ended."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class JobThreads(ThreadPoolExecutor):
    """One thread a job, a daemon. The pool's own threads refuse to work once the main thread has ended, while other threads of
    the program still ask; and asyncio takes no other kind of executor. Starting one costs less than a piece of a file.
    """

    def __init__(self, name: str) -> None:
        super().__init__(1)
        self._name = name
        self._working: set[threading.Thread] = set()

    def submit(self, function: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        job: Future[T] = Future()
        thread = threading.Thread(target=self._work, args=(job, function, args, named), name=self._name, daemon=True)
        self._working.add(thread)
        thread.start()
        return job

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for thread in tuple(self._working) if wait else ():
            thread.join()

    def _work(self, job: Future[Any], function: Callable[..., Any], args: Any, named: Any) -> None:
        try:
            if job.set_running_or_notify_cancel():
                _do(job, function, args, named)
        finally:
            self._working.discard(threading.current_thread())


def _do(job: Future[Any], function: Callable[..., Any], args: Any, named: Any) -> None:
    try:
        result = function(*args, **named)
    except BaseException as error:
        job.set_exception(error)
    else:
        job.set_result(result)
