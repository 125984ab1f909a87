cdef class RequestBody:
    cdef object _error, _flow, _pieces, _reader, _waiter
    cdef Py_ssize_t _held
    cdef bint _discarding, _taken
    cdef readonly object length
    cdef readonly Py_ssize_t received
    cdef public bint wants_continue
    cdef object __weakref__
