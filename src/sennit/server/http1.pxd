from ..net.connection cimport Connection
from .exchange cimport ServerExchange as CompiledExchange

cdef class Http1:
    cdef public Connection connection
    cdef public object client, scheme
    cdef public bint is_gone
    cdef object _body, _loop, _server
    cdef list _writers
    cdef bytes _pending
    cdef CompiledExchange _exchange
    cdef Py_ssize_t _body_mark, _pending_at
    cdef double _idle_since
    cdef bint _is_body_timed, _is_ending, _is_fresh, _is_partial, _is_paused, _is_switched, _is_timed, _is_working
    cdef object __weakref__

    cdef _work(self, bytes data, Py_ssize_t start)
    cdef _end_after_eof(self)
    cdef _next_request(self, bytes data, Py_ssize_t start)
    cdef _receive_body(self, body, bytes data, Py_ssize_t start)
    cdef _give_up_body(self)
    cdef _refuse(self, status, what)
    cpdef connection_line(self, exchange, bint has_end)
    cpdef answered(self, exchange, bytes octets)
    cdef _after_answer(self, exchange)
