cdef class DateLine:
    cdef readonly bytes octets
