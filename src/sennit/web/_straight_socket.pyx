# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The compiled twin of `straight_socket.py`: drives the handler's own coroutine.

Coroutines around the handler's would each hold a frame of some 500 bytes for as long as the WebSocket is open, and every
message would pass through them.
"""

from asyncio import iscoroutine

from cpython.ref cimport Py_DECREF, PyObject

from . import socket_answering
from .binder import NOT_YET

cdef extern from "Python.h":
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT
    PySendResult PyIter_Send(PyObject*, PyObject*, PyObject**)
    PyObject* Py_None

cdef enum:
    NEW, CALLING, HANDLING, ENDING, DONE


def straight_socket(ctx, ws):
    cdef StraightSocket made = StraightSocket.__new__(StraightSocket)
    made._ctx = ctx
    made._ws = ws
    return made


cdef class StraightSocket:
    """A coroutine by its methods (collections.abc.Coroutine). `_inner`: what it waits for in its stage."""
    cdef object _ctx, _ws, _inner
    cdef unsigned char _stage

    @property
    def cr_frame(self):  # for asyncio's Task.get_stack
        return getattr(self._inner, "cr_frame", None)

    @property
    def cr_await(self):
        return self._inner

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        if self._stage == NEW:
            self._begin()
        return self._go_on()

    def send(self, value):
        if self._stage == NEW or value is None:
            return next(self)
        try:
            return self._inner.send(value)
        except StopIteration as stop:
            self._returned(stop.value)
        except BaseException as error:
            self._failed(error)
        return self._go_on()

    def throw(self, kind, value=None, traceback=None):
        if self._stage == NEW:
            self._stage = DONE
            raise kind if value is None else value
        try:
            return self._inner.throw(kind if value is None else value)
        except StopIteration as stop:
            self._returned(stop.value)
        except BaseException as error:
            self._failed(error)
        return self._go_on()

    def close(self):
        self._stage = DONE
        if self._inner is not None:
            self._inner.close()

    # ── the stages ───────────────────────────────────────────────────────────

    cdef int _begin(self) except -1:
        try:
            value = socket_answering.call_at_once(self._ctx)
        except BaseException as error:
            return self._failed(error)
        if value is NOT_YET:
            self._stage = CALLING
            self._inner = socket_answering.call_later(self._ctx)
            return 0
        return self._called(value)

    cdef int _called(self, value) except -1:
        if not iscoroutine(value):
            return self._end(None)
        self._stage = HANDLING
        self._inner = value
        return 0

    cdef int _end(self, failure) except -1:
        self._stage = ENDING
        self._inner = socket_answering.handler_ended(self._ctx, self._ws, failure)
        return 0

    cdef int _returned(self, value) except -1:
        """What was driven has returned."""
        if self._stage == CALLING:
            return self._called(value)
        if self._stage == HANDLING:
            return self._end(None)
        self._stage = DONE
        return 0

    cdef int _failed(self, failure) except -1:
        """What was driven has raised. Raises it once everything is over."""
        if self._stage != ENDING:
            return self._end(failure)
        self._stage = DONE
        raise failure

    cdef object _go_on(self):
        """Up to the next wait, which is returned, or the end."""
        cdef PyObject* result
        cdef PySendResult how
        cdef object value
        while self._stage < DONE:
            result = NULL
            how = PyIter_Send(<PyObject*>self._inner, Py_None, &result)
            if how == PYGEN_ERROR:
                try:
                    raise_current()
                except BaseException as error:
                    self._failed(error)
                continue
            value = <object>result
            Py_DECREF(value)
            if how == PYGEN_NEXT:
                return value
            self._returned(value)
        raise StopIteration


cdef int raise_current() except -1:
    """The error is set already."""
    return -1
