# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled light task: runs the coroutine of a handler at once, and becomes a task of the loop only if it waits.

Its plain twin, `light_task.py`, makes an asyncio.Task of it. To everything that runs inside, this is one too: it is the current
task, has its own context, can be cancelled, and from its first wait on it is listed by asyncio.all_tasks(). Only
`isinstance(task, asyncio.Task)` tells. An asyncio.Task would cost 0.8 to 1.7 µs a request at 64 connections, 2 to 6 at
512, and 7 times the whole request when pipelined, since it never runs before the next turn of the loop.
"""

from asyncio import CancelledError, InvalidStateError, _register_task, _unregister_task
from asyncio.base_tasks import _task_get_stack
from asyncio.futures import _get_loop
from asyncio.tasks import _current_tasks

cimport cython
from cpython.dict cimport PyDict_DelItem, PyDict_GetItemWithError, PyDict_SetItem
from cpython.ref cimport Py_DECREF, PyObject

from ..net._wakeup cimport Wakeup
from .exchange cimport ServerExchange

cdef extern from "Python.h":
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT
    PySendResult PyIter_Send(PyObject*, PyObject*, PyObject**)
    object PyContext_CopyCurrent()
    int PyContext_Enter(object) except -1
    int PyContext_Exit(object) except -1
    PyObject* Py_None

cdef dict CURRENT = _current_tasks
"""The loop's current task, as `asyncio._enter_task` keeps it up to Python 3.13: calling it costs three times as much, and it
refuses to put another task aside."""

cdef enum:
    PENDING, FINISHED, CANCELLED


cpdef run_handler(coroutine, ServerExchange exchange, loop):
    """`exchange.handler_ended(error)` is called once, when the coroutine has returned (None) or raised.

    Returns None when that was at once.
    """
    cdef LightTask task = LightTask.__new__(LightTask)
    task._coro = coroutine
    task._exchange = exchange
    task._the_loop = loop
    task._asyncio_future_blocking = False
    task._context = PyContext_CopyCurrent()
    PyContext_Enter(task._context)
    try:
        task._step(None)
    finally:
        PyContext_Exit(task._context)
    return task if task._state == PENDING else None


@cython.freelist(64)
cdef class LightTask:
    """What `run_handler` makes: asyncio.Task's interface."""
    cdef ServerExchange _exchange
    cdef object _the_loop, _context, _waiter, _failure, _value, _name, _message
    cdef readonly object _callbacks  # pairs with their context; anyio looks for the task of run_until_complete in them
    cdef readonly object _coro
    cdef object __weakref__
    cdef int _state, _cancels
    cdef bint _cancel_next, _is_registered
    cdef public object _asyncio_future_blocking
    cdef public bint _log_destroy_pending

    # ── what asyncio and its users ask ───────────────────────────────────────

    @property
    def _loop(self):
        return self._the_loop

    @property
    def _must_cancel(self):  # anyio looks at this and at _fut_waiter
        return self._cancel_next

    @property
    def _fut_waiter(self):
        return self._waiter

    @property
    def _exception(self):
        return self._failure

    def get_loop(self):
        return self._the_loop

    def get_coro(self):
        return self._coro

    def get_context(self):
        return self._context

    def get_name(self):
        return f"handler-{id(self):x}" if self._name is None else self._name

    def set_name(self, value):
        self._name = str(value)

    def get_stack(self, *, limit=None):
        return _task_get_stack(self, limit)

    def done(self):
        return self._state != PENDING

    def cancelled(self):
        return self._state == CANCELLED

    def result(self):
        if self.exception() is not None:
            raise self._failure
        return self._value

    def exception(self):
        if self._state == PENDING:
            raise InvalidStateError("the handler has not ended")
        if self._state == CANCELLED:
            raise CancelledError() if self._message is None else CancelledError(self._message)
        return self._failure

    def cancel(self, msg=None):
        if self._state != PENDING:
            return False
        self._cancels += 1
        if self._waiter is not None and self._waiter.cancel(msg=msg):
            return True
        self._cancel_next = True
        self._message = msg
        return True

    def cancelling(self):
        return self._cancels

    def uncancel(self):
        if self._cancels > 0:
            self._cancels -= 1
        return self._cancels

    def add_done_callback(self, callback, *, context=None):
        if self._state != PENDING:
            self._the_loop.call_soon(callback, self, context=context)
            return
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append((callback, context))

    def remove_done_callback(self, callback):
        if self._callbacks is None:
            return 0
        kept = [entry for entry in self._callbacks if entry[0] != callback]
        removed = len(self._callbacks) - len(kept)
        self._callbacks = kept
        return removed

    def __await__(self):
        if self._state == PENDING:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    __iter__ = __await__

    def __repr__(self):
        return f"<LightTask {'pending' if self._state == PENDING else 'done'} {self._coro!r}>"

    # ── stepping ─────────────────────────────────────────────────────────────

    def __call__(self, future):
        """What it waited for is done. The loop has entered our context already."""
        cdef object error = None
        self._waiter = None
        try:
            future.result()
        except BaseException as raised:
            error = raised
        self._step(error)

    def _again(self, error=None):
        self._step(error)

    cdef int _step(self, error) except -1:
        """Runs up to the next wait, or the end. An entered task that a caller is in is put aside meanwhile."""
        cdef PyObject* found = PyDict_GetItemWithError(CURRENT, self._the_loop)
        cdef object outer
        if found == NULL:
            return self._step_alone(error)
        outer = <object>found
        PyDict_SetItem(CURRENT, self._the_loop, self)
        try:
            self._send(error)
        finally:
            PyDict_SetItem(CURRENT, self._the_loop, outer)
        return 0

    cdef int _step_alone(self, error) except -1:
        """There is no current task."""
        PyDict_SetItem(CURRENT, self._the_loop, self)
        try:
            self._send(error)
        finally:
            PyDict_DelItem(CURRENT, self._the_loop)
        return 0

    cdef int _send(self, error) except -1:
        cdef PyObject* result = NULL
        cdef PySendResult how
        cdef object value
        if self._state != PENDING:
            return 0
        if self._cancel_next:
            self._cancel_next = False
            if not isinstance(error, CancelledError):
                error = CancelledError() if self._message is None else CancelledError(self._message)
        try:
            if error is None:
                how = PyIter_Send(<PyObject*>self._coro, Py_None, &result)
                if how == PYGEN_ERROR:
                    raise_current()
                value = <object>result
                Py_DECREF(value)
                if how == PYGEN_RETURN:
                    return self._end(value, None, FINISHED)
            else:
                value = self._coro.throw(error)
        except StopIteration as stop:
            return self._end(stop.value, None, FINISHED)
        except CancelledError as cancelled:
            return self._end(None, cancelled, CANCELLED)
        except (KeyboardInterrupt, SystemExit) as error:
            self._end(None, error, FINISHED)
            raise
        except BaseException as error:
            return self._end(None, error, FINISHED)
        return self._wait(value)

    cdef int _wait(self, waiter) except -1:
        if not self._is_registered:
            self._is_registered = True
            _register_task(self)
        if type(waiter) is Wakeup:
            return self._wait_shortly(<Wakeup>waiter)
        if waiter is None:
            self._the_loop.call_soon(self._again, context=self._context)
            return 0
        if not getattr(waiter, "_asyncio_future_blocking", None):
            return self._refuse(f"yielded {waiter!r}, which nothing can wait for")
        if waiter is self:
            return self._refuse("waits for itself")
        if _get_loop(waiter) is not self._the_loop:
            return self._refuse(f"waits for {waiter!r}, which is attached to a different loop")
        waiter._asyncio_future_blocking = False
        waiter.add_done_callback(self, context=self._context)
        self._waiter = waiter
        if self._cancel_next and waiter.cancel(msg=self._message):
            self._cancel_next = False
        return 0

    cdef int _wait_shortly(self, Wakeup waiter) except -1:
        """For what comes over a connection: it goes on inside the read that brings it."""
        waiter._asyncio_future_blocking = False
        waiter.resumes(self, self._context, resume)
        self._waiter = waiter
        if self._cancel_next and waiter.cancel(msg=self._message):
            self._cancel_next = False
        return 0

    cdef int _refuse(self, why) except -1:
        self._the_loop.call_soon(self._again, RuntimeError(f"a handler {why}"), context=self._context)
        return 0

    cdef int _end(self, value, error, int state) except -1:
        self._state = state
        self._value = value
        self._failure = error
        self._waiter = None
        if self._is_registered:
            _unregister_task(self)
        self._exchange.handler_ended(error)
        self._exchange = None
        if self._callbacks is not None:
            for callback, context in self._callbacks:
                self._the_loop.call_soon(callback, self, context=context)
            self._callbacks = None
        return 0


cdef int resume(task) except -1:
    """What it waited for is there; its context is entered."""
    (<LightTask>task)._waiter = None
    return (<LightTask>task)._step_alone(None)


cdef int raise_current() except -1:
    """The error is set already."""
    return -1
