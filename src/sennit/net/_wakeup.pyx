# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `wakeup.py`, which is the specification.

A task that is compiled as well says by `resumes` how it goes on, and is then spared what asyncio's callbacks cost: a call with
keywords, `Context.run`, and the result that is asked for (a tenth of an echo of 64 octets).
"""

from asyncio import CancelledError, InvalidStateError
from asyncio.tasks import _current_tasks
from contextvars import copy_context

cimport cython
from cpython.dict cimport PyDict_GetItemWithError

cdef extern from "Python.h":
    int PyContext_Enter(object) except -1
    int PyContext_Exit(object) except -1

cdef dict CURRENT = _current_tasks
"""As asyncio keeps it up to Python 3.13: `current_task` is a call more."""


@cython.freelist(64)
cdef class Wakeup:
    """See `wakeup.Wakeup`."""

    def __cinit__(self, loop):
        self._asyncio_future_blocking = True
        self._loop = loop

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        if not self._is_done:
            return self
        if self._is_cancelled or self._error is not None:
            self.result()
        raise StopIteration

    def get_loop(self):
        return self._loop

    def done(self):
        return self._is_done

    def cancelled(self):
        return self._is_cancelled

    cpdef result(self):
        if self._is_cancelled:
            raise CancelledError() if self._why is None else CancelledError(self._why)
        if not self._is_done:
            raise InvalidStateError("what it waits for has not come yet")
        if self._error is not None:
            raise self._error
        return self._value

    def exception(self):
        if self._error is None:
            self.result()
        return self._error

    def add_done_callback(self, callback, *, context=None):
        self._callback = callback
        self._context = copy_context() if context is None else context
        if self._is_done:
            self._call_back_soon()

    def remove_done_callback(self, callback):
        if self._callback != callback:
            return 0
        self._callback = None
        return 1

    def cancel(self, msg=None):
        if self._is_done:
            return False
        self._is_cancelled = self._is_done = True
        self._why = msg
        self._call_back_soon()
        return True

    cdef bint is_done(self):
        return self._is_done

    cdef int resumes(self, task, context, Resume resume) except -1:
        """As `add_done_callback` with a task that is its own callback; `resume(task)` is called inside its context."""
        self._callback = task
        self._context = context
        self._resume = resume
        if self._is_done:
            self._call_back_soon()
        return 0

    cpdef wake(self, value=None):
        """See `wakeup.Wakeup.wake`."""
        if self._is_done or PyDict_GetItemWithError(CURRENT, self._loop) != NULL:
            self.wake_soon(value)
            return
        self._is_done = True
        self._value = value
        callback = self._callback
        if callback is None:
            return
        self._callback = None
        if self._resume == NULL:
            self._context.run(callback, self)
            return
        PyContext_Enter(self._context)
        try:
            self._resume(callback)
        finally:
            PyContext_Exit(self._context)

    cpdef wake_soon(self, value=None):
        if not self._is_done:
            self._is_done = True
            self._value = value
        self._call_back_soon()

    cpdef fail_soon(self, error):
        if not self._is_done:
            self._error = error
        self.wake_soon()

    cdef int _call_back_soon(self) except -1:
        callback, self._callback = self._callback, None
        if callback is not None:
            self._loop.call_soon(callback, self, context=self._context)
        return 0
