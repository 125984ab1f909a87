cdef class LengthBody:
    cdef readonly bint is_complete
    cdef readonly object least_left
    cdef readonly list trailers
