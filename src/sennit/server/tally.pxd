cdef class Tally:
    cdef public long long requests
