cdef class Deadlines:
    cdef object _clock, _handle, _loop
    cdef set _members
    cdef readonly double now
