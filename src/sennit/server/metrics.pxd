from .exchange cimport ServerExchange as CompiledExchange
import cython

cdef class Series:
    cdef public long long count, sent
    cdef public double durations
    cdef public list buckets

cdef class RequestMetrics:
    cdef public dict series, refused_by_status
    @cython.locals(duration=double, series=Series)
    cpdef answered(self, CompiledExchange exchange)
