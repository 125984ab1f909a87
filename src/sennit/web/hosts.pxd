cdef class AllowedHosts:
    cdef readonly tuple names
    cdef object _exact
    cdef tuple _suffixes
    cdef set _known

    cpdef check(self, host)
