import cython
from .connection cimport Connection

cdef class Inbox:
    cdef public Connection connection
    cdef list _batch
    cdef Py_ssize_t _at, _bytes, _in_hand, _most_bytes, _most_messages, _turns
    cdef bint _has_ended, _is_paused
    cdef Wakeup _reader
    cdef object _writers
    cdef object __weakref__

    cpdef receive(self)
    cpdef next(self)
    cpdef take(self)
    cpdef sent(self)
    cpdef put(self, list messages, Py_ssize_t size)
    cpdef hold_back(self)
    cpdef resume_if_room(self)
    cdef Wakeup _wait(self)

@cython.freelist(64)
cdef class Receiving:
    cdef Inbox _inbox
    cdef Wakeup _wakeup
    cdef bint _iterates

cdef class Sent:
    pass

cdef Sent SENT

@cython.freelist(64)
cdef class Wakeup:
    cdef public object _asyncio_future_blocking
    cdef Inbox _inbox
    cdef object _callback, _context, _loop, _why
    cdef bint _is_cancelled, _is_done
    cpdef wake(self)
    cpdef wake_soon(self)
