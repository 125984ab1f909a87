# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `receiving.py`, which is the specification.

`await` asks an object for the slot am_send first, which returns a value; without it each message would be carried in a
StopIteration that is made, raised and taken apart again. Cython fills no such slot, so it is filled by hand below.
"""

cimport cython
from cpython.ref cimport Py_INCREF, PyObject

from ._wakeup cimport Wakeup
from .inbox cimport Inbox

from .receiving import FAIR_SHARE as _FAIR_SHARE, end_of

cdef extern from "Python.h":
    ctypedef struct PyAsyncMethods:
        void* am_send
    ctypedef struct PyTypeObject:
        PyAsyncMethods* tp_as_async
    int PYGEN_RETURN, PYGEN_ERROR, PYGEN_NEXT

FAIR_SHARE = _FAIR_SHARE
cdef Py_ssize_t MOST_TURNS = _FAIR_SHARE


@cython.freelist(64)
cdef class Receiving:
    """See `receiving.Receiving`."""
    cdef Inbox _inbox
    cdef Wakeup _wakeup
    cdef bint _iterates

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return stepped(self)

    def send(self, value):
        return stepped(self)

    def throw(self, kind, error=None, traceback=None):
        self.close()
        thrown(kind, error)

    def close(self):
        if self._wakeup is not None:
            self._inbox.gives_up(self._wakeup)


cpdef receiving(Inbox inbox, bint iterates):
    """See `receiving.receiving`."""
    cdef Receiving made = Receiving.__new__(Receiving)
    made._inbox = inbox
    made._iterates = iterates
    return made


cdef int advance(Receiving self, object value, PyObject** result) except -1:
    """The slot am_send: one of PYGEN_RETURN and PYGEN_NEXT."""
    cdef Inbox inbox = self._inbox
    cdef object found
    if inbox._at < len(inbox._batch) and not (self._iterates and inbox._in_hand == 0):
        if inbox._turns < MOST_TURNS:
            inbox._turns += 1
            return given(result, inbox.take(), PYGEN_RETURN)
        inbox._turns = 0
        return given(result, None, PYGEN_NEXT)
    if self._iterates and inbox._in_hand >= 0:
        raise StopAsyncIteration
    if inbox._has_ended:
        raise end_of(inbox, self._iterates)
    self._wakeup = inbox.wait()
    return given(result, self._wakeup, PYGEN_NEXT)


@cython.freelist(1)
cdef class Sent:
    """See `receiving.Sent`."""

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration

    def send(self, value):
        raise StopIteration

    def throw(self, kind, error=None, traceback=None):
        thrown(kind, error)

    def close(self):
        """There is nothing to give up."""


cdef int be_done(Sent self, object value, PyObject** result) except -1:
    return given(result, None, PYGEN_RETURN)


cdef inline int given(PyObject** result, object value, int how):
    Py_INCREF(value)
    result[0] = <PyObject*>value
    return how


cdef stepped(Receiving self):
    """As `advance`, by the protocol of iterators."""
    cdef PyObject* result = NULL
    cdef int how = advance(self, None, &result)
    cdef object value = taken(result)
    if how == PYGEN_RETURN:
        raise StopIteration(value)
    return value


cdef thrown(kind, error):
    if isinstance(kind, BaseException):
        raise kind
    raise kind() if error is None else error


cdef extern from *:
    """
    static PyObject *sennit_taken(PyObject *owned) { return owned; }
    """
    object taken "sennit_taken"(PyObject* owned)


(<PyTypeObject*>Receiving).tp_as_async.am_send = <void*>advance
(<PyTypeObject*>Sent).tp_as_async.am_send = <void*>be_done
SENT = Sent()
