from ..http.prepared_lines cimport PreparedLines as CompiledLines
from ..net.connection cimport Connection
from ..protocols.http1._field_section cimport HeadLimits as CompiledLimits
from ..protocols.http1._request_head cimport RequestHead as CompiledHead, parse_request_head
from ..protocols.http1._serialize cimport serialize_answer
from .tally cimport Tally as CompiledTally
from .date_line cimport DateLine as CompiledDate
from .exchange cimport ServerExchange as CompiledExchange, exchange_of
from .handling cimport begin_handler
import cython

cdef class Http1:
    cdef public Connection connection
    cdef public object client, scheme
    cdef public bint is_gone
    cdef CompiledLimits _head_limits
    cdef object _access_log, _body, _handler, _loop, _server, _tasks, _trusted
    cdef list _writers
    cdef bytes _pending
    cdef CompiledDate _date
    cdef CompiledTally _tally
    cdef CompiledExchange _exchange
    cdef Py_ssize_t _body_mark, _looked_at, _pending_at, _pipelined
    cdef double _idle_since
    cdef bint _is_body_timed, _is_ending, _is_fresh, _is_partial, _is_paused, _is_switched, _is_timed, _is_working
    cdef object __weakref__

    cdef _work(self, bytes data, Py_ssize_t start)
    cdef _end_after_eof(self)
    @cython.locals(head=CompiledHead, exchange=CompiledExchange, end=Py_ssize_t)
    cdef _next_request(self, bytes data, Py_ssize_t start)
    cdef _receive_body(self, body, bytes data, Py_ssize_t start)
    cdef _give_up_body(self)
    cdef _refuse(self, status, what)
    cpdef respond(self, CompiledExchange exchange, status, lines, bytes body)
    cpdef connection_line(self, CompiledExchange exchange, bint has_end)
    cpdef answered(self, CompiledExchange exchange, bytes octets)
    cdef _after_answer(self, CompiledExchange exchange)

cdef bytes _octets_of(lines)
cdef bytes _prepared(CompiledLines lines)
