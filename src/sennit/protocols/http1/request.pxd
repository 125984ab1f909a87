import cython

cpdef bytes serialize_request_head(str method, str target, lines, own)
cpdef bytes serialize_request_line(str method, str target)
cpdef bytes serialize_request_fields(lines, own)

@cython.locals(character=Py_UCS4)
cdef bint _is_target(str target)
