import cython

cpdef bytes serialize_request_head(str method, str target, lines, own)
