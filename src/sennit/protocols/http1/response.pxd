import cython

cdef dict _STATUS_LINES
cdef tuple _LENGTHS

@cython.locals(length=Py_ssize_t, line=bytes, end=bytes)
cpdef bytes serialize_answer(int status, bytes lines, bytes date, bytes connection, bytes body, bint sends_body)
