cdef class Context:
    cdef public object site, route, params, exchange
    cdef public dict values, scalars
    cdef object _query, _request
    cdef list _commits, _cleanups
    cdef object __weakref__

    cpdef bint is_untouched(self) except -1
    cpdef bint is_plain(self) except -1
    cpdef bint has_commits(self) except -1
