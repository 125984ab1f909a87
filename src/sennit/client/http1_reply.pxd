from ..net.connection cimport Connection
from ..net._wakeup cimport Wakeup as CompiledWakeup
from ..protocols.http1._response_head cimport ResponseHead as CompiledHead
from .url cimport URL as CompiledURL

cdef class Http1Reply:
    cdef CompiledHead _head
    cdef object _connection, _error, _fields, _line
    cdef CompiledWakeup _waiter
    cdef list _pieces
    cdef bint _has_ended
    cdef public bint is_paused
    cdef readonly Py_ssize_t size
    cdef readonly int status
    cdef readonly CompiledURL url
    cdef public object body_at_once
    cdef object __weakref__

    cpdef str field_value(self, str name)
    cpdef feed(self, piece)
    cpdef finish(self)
    cdef _take_whole(self)
    cdef _take(self)
    cpdef wake(self)
    cdef _wake_soon(self)
