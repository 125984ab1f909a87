import cython

@cython.locals(name=str, value=str)
cpdef list parse_pairs(str text, most)
cdef tuple _pair(str part)
