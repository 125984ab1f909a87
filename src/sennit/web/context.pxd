cdef class Context:
    cdef public object site, route, params, exchange
    cdef public dict values, scalars
    cdef object _query, _request
    cdef list _commits, _cleanups
    cdef object __weakref__
