cdef class Response:
    cdef public object _content, _limits, _reply, history, request
    cdef public double elapsed_s
    cdef object __weakref__
