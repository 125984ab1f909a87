cdef class Turn:
    cdef list _written
    cpdef add(self, connection, loop)
