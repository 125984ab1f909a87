cdef class RouteTable:
    cdef dict _static
    cdef object _root

    cpdef find(self, str raw_path)
