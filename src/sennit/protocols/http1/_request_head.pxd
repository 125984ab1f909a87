from ._field_section cimport HeadLimits


cdef class RequestHead:
    cdef bytes _octets
    cdef int _target_end, _query, _lines_start, _lines_end
    cdef readonly str method, raw_path, host
    cdef readonly bint chunked, keep_alive, expects_continue, upgrades, is_1_1, is_head
    cdef readonly object content_length
    cdef readonly Py_ssize_t end

    cdef str _text(self, int start, int end)
    cpdef str field_value(self, str name)


cpdef RequestHead parse_request_head(bytes data, Py_ssize_t start, HeadLimits limits)
