from ..flag cimport flag
from ._wakeup cimport Wakeup as CompiledWakeup
from .connection cimport Connection

cdef class Inbox:
    cdef public Connection connection
    cdef list _batch
    cdef Py_ssize_t _at, _bytes, _in_hand, _most_bytes, _most_messages
    cdef int _turns
    cdef flag _has_ended, _is_paused
    cdef CompiledWakeup _reader
    cdef object _writers
    cdef object __weakref__

    cpdef receive(self)
    cpdef next(self)
    cpdef take(self)
    cpdef sent(self)
    cpdef put(self, list messages, Py_ssize_t size)
    cpdef hold_back(self)
    cpdef resume_if_room(self)
    cpdef wait(self)
    cpdef gives_up(self, wakeup)
