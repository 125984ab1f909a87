from .query_params cimport parse_pairs
import cython

@cython.freelist(64)
cdef class Context:
    cdef public object site, route, params, exchange, body, failure, given
    cdef dict _values, _scalars
    cdef object _query, _request
    cdef list _commits, _cleanups, _pairs
    cdef object __weakref__

    cpdef bint knows_scalar(self, name) except -1
    @cython.locals(text=str)
    cpdef list query_pairs(self)
    cpdef bint is_untouched(self) except -1
    cpdef bint is_plain(self) except -1
    cpdef bint has_commits(self) except -1

@cython.locals(ctx=Context)
cpdef Context context_of(site, route, params, exchange)
