import cython
from ..protocols.http1._request_head cimport RequestHead as CompiledHead

@cython.freelist(64)
cdef class ServerExchange:
    cdef object _fields, _line, _on_draining, _writer
    cdef Py_ssize_t _sends
    cdef bint _is_cancelled
    cdef public object answer, body, request_id, route, seen, task, tasks, websocket
    cdef public CompiledHead head
    cdef public bint asyncio_task, cancel_on_disconnect, keeps_alive
    cdef public double began, started
    cdef public int status
    cdef public Py_ssize_t sent
    cdef object __weakref__

    cpdef field(self, str name)
    cpdef respond(self, status, lines, bytes body)
    cpdef handler_ended(self, error)

@cython.locals(exchange=ServerExchange)
cpdef ServerExchange exchange_of(line, CompiledHead head, double started)
