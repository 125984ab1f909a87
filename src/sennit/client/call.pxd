from .url cimport URL as CompiledURL

cdef class Call:
    cdef public str method
    cdef public object body, length, lines, on_upload, timeouts, trace
    cdef public CompiledURL url
    cdef public double due
    cdef public bint expects_continue, upgrade
