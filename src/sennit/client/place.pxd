from .http1 cimport Http1 as CompiledLine

cdef class Place:
    cdef object _house, _lines
    cdef readonly object proxy, url, waiters
    cdef readonly bint is_tls
    cdef public Py_ssize_t open
    cdef readonly dict idle
    cdef readonly list own
    cdef readonly str prefix
    cdef bytes _fields
    cdef object __weakref__

    cpdef bytes fields_of(self, lines)
    cpdef take(self)
    cpdef has_become_free(self, CompiledLine line)
    cpdef next_waiter(self)
