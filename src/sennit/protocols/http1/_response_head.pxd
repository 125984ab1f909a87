from ._field_section cimport HeadLimits


cdef class ResponseHead:
    cdef bytes _octets
    cdef int _lines_start, _lines_end
    cdef readonly int status
    cdef readonly str reason, framing
    cdef readonly bint keep_alive, upgrades, is_1_1
    cdef readonly object content_length
    cdef readonly Py_ssize_t end

    cpdef str field_value(self, str name)


cpdef ResponseHead parse_response_head(bytes data, Py_ssize_t start, HeadLimits limits, str request_method)
