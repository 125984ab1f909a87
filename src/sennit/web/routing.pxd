cdef class RouteTable:
    cdef dict _static
    cdef object _root

    cpdef tuple find(self, str raw_path)
