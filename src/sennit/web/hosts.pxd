cdef class AllowedHosts:
    cdef readonly tuple names
    cdef object _exact
    cdef tuple _suffixes
    cdef set _known
    cdef str _last

    cpdef check(self, str host)
