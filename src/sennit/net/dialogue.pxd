from ..flag cimport flag
from .connection cimport Connection
from .inbox cimport Inbox

cdef class Dialogue(Inbox):
    cdef readonly object _endpoint
    cdef object _gone, _kind, _pings
    cdef readonly int close_code
    cdef readonly object close_reason
    cdef readonly flag is_closed
    cdef flag _is_last, _is_pinged, _is_working, _unpacks
    cdef bytes _rest
    cdef long long _heard
    cdef Py_ssize_t _owed

    cpdef list decode(self, bytes data)
    cpdef bint is_over(self) except -1
    cpdef bytes take_output(self)
    cpdef bytes encode(self, message)
    cpdef send(self, message)
    cpdef bint offer_prepared(self, bytes data) except -1
    cpdef received(self, list messages)
    cpdef resume_if_room(self)
    cdef _receive(self, bytes data)
    cdef _work_off(self)
    cdef _deliver(self, list got)
    cdef _answer(self, bytes output)
    cdef _end(self, code, reason)
