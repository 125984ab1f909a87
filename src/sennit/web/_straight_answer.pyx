# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The compiled twin of `straight_answer.py`: drives the handler's own coroutine.

A coroutine around the handler's cost 2,500 of the 12,000 instructions of a short request: making it, handing each step through
it, ending it. So this object is what the server's task drives, and it passes on to whatever there is to wait for.
"""

cimport cython
from cpython.ref cimport Py_DECREF, PyObject

from types import CoroutineType

from .answering cimport Answering
from .context cimport Context
from .plan cimport Plan

from .binder import NOT_YET

cdef extern from "Python.h":
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT
    PySendResult PyIter_Send(PyObject*, PyObject*, PyObject**)
    PyObject* Py_None

cdef object COROUTINE = CoroutineType


def straight_answer(Answering answering, Context ctx, exchange, Plan plan):
    cdef StraightAnswer made = StraightAnswer.__new__(StraightAnswer)
    made._answering = answering
    made._ctx = ctx
    made._exchange = exchange
    made._plan = plan
    return made


@cython.freelist(64)
cdef class StraightAnswer:
    """A coroutine by its methods (collections.abc.Coroutine). `_inner`: what it waits for, the handler or what comes after it."""
    cdef Answering _answering
    cdef Context _ctx
    cdef Plan _plan
    cdef object _exchange, _inner
    cdef bint _is_after, _is_done

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
        value = self._begin() if self._inner is None else self._go_on()
        if self._is_done:
            raise StopIteration
        return value

    def send(self, value):
        if self._inner is None or value is None:
            return next(self)
        try:
            return self._inner.send(value)
        except StopIteration as stop:
            return self._through(self._after(stop.value))

    def throw(self, kind, value=None, traceback=None):
        cdef object failure = None, given = None
        if self._inner is None:
            self._is_done = True
            raise kind if value is None else value
        try:
            return self._inner.throw(kind if value is None else value)
        except StopIteration as stop:
            given = stop.value
        except BaseException as error:
            failure = error
        return self._through(self._after(given) if failure is None else self._after_failure(failure))

    def close(self):
        self._is_done = True
        if self._inner is not None:
            self._inner.close()

    cdef object _through(self, bint waits):
        value = self._go_on() if waits else None
        if self._is_done:
            raise StopIteration
        return value

    # ── the steps ────────────────────────────────────────────────────────────

    cdef object _begin(self):
        cdef object value = None, failure = None
        if self._is_done:
            raise RuntimeError("cannot reuse an answer that has been given")
        try:
            value = self._answering.call_at_once(self._ctx, self._exchange, self._plan)
        except Exception as error:
            failure = error
        if failure is not None:
            self._after_failure(failure)
        elif type(value) is COROUTINE:
            self._inner = value
        elif value is NOT_YET or self._answering.is_to_be_awaited(self._plan, value):
            self._wait_for(self._answering.answer_in_time(self._ctx, self._exchange, self._plan, value))
        elif not self._after(value):
            return None
        return self._go_on()

    cdef object _go_on(self):
        """Up to the next wait, which is returned, or the end."""
        cdef PyObject* result
        cdef PySendResult how
        cdef object value
        cdef object failure
        while True:
            result = NULL
            how = PyIter_Send(<PyObject*>self._inner, Py_None, &result)
            if how == PYGEN_ERROR:
                failure = None
                try:
                    raise_current()
                except BaseException as error:
                    failure = error
                self._after_failure(failure)
                continue
            value = <object>result
            Py_DECREF(value)
            if how == PYGEN_NEXT:
                return value
            if not self._after(value):
                return None

    cdef bint _after(self, value) except -1:
        """What was driven has returned. Whether there is more to wait for."""
        cdef object failure = None
        cdef bint is_answered = False
        if self._is_after:
            self._is_done = True
            return False
        try:
            is_answered = self._answering.respond_at_once(self._ctx, self._exchange, self._plan, value)
        except Exception as error:
            failure = error
        if failure is not None:
            return self._after_failure(failure)
        if not is_answered:
            return self._wait_for(self._answering.answer_with(self._ctx, self._exchange, self._plan, value, None))
        if self._answering.has_to_clean(self._ctx):
            return self._wait_for(self._answering.clean_up(self._ctx))
        self._is_done = True
        return False

    cdef bint _after_failure(self, failure) except -1:
        """What was driven has raised: an answer for it, if there is none yet. Raises it once everything is over."""
        if self._is_after:
            self._is_done = True
            raise failure
        if isinstance(failure, Exception):
            return self._wait_for(self._answering.answer_with(self._ctx, self._exchange, self._plan, None, failure))
        if self._answering.has_to_clean(self._ctx):
            return self._wait_for(self._answering.clean_up_after(self._ctx, failure))
        self._is_done = True
        raise failure

    cdef bint _wait_for(self, coroutine) except -1:
        self._inner = coroutine
        self._is_after = True
        return True


cdef int raise_current() except -1:
    """The error is set already."""
    return -1
