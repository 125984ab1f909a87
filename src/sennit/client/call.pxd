cdef class Call:
    cdef public str method
    cdef public object body, length, lines, on_upload, timeouts, trace, url
    cdef public double due
    cdef public bint expects_continue, upgrade
