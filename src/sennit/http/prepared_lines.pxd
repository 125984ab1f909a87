cdef class PreparedLines:
    cdef tuple _lines
    cdef public bytes octets
