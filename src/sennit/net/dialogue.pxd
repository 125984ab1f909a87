from .connection cimport Connection
from .inbox cimport Inbox

cdef class Dialogue(Inbox):
    cdef readonly object _endpoint
    cdef object _gone, _kind, _pings
    cdef readonly object close_code, close_reason
    cdef readonly bint is_closed
    cdef bint _is_last, _is_pinged, _is_working, _unpacks
    cdef bytes _rest
    cdef object _heard
    cdef Py_ssize_t _owed

    cpdef resume_if_room(self)
    cdef _receive(self, bytes data)
    cdef _work_off(self)
    cdef _deliver(self, list got)
    cdef _answer(self, bytes output)
    cdef _end(self, code, reason)
