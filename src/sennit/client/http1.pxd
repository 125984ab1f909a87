from ..net.connection cimport Connection
from ..net._wakeup cimport Wakeup as CompiledWakeup
from ..protocols.http1._field_section cimport HeadLimits as CompiledLimits
from ..protocols.http1._response_head cimport ResponseHead as CompiledHead, parse_response_head
from .call cimport Call as CompiledCall
from .http1_reply cimport Http1Reply as CompiledReply
import cython

cdef class Http1:
    cdef public Connection connection
    cdef public object opened
    cdef public bint is_reused
    cdef readonly int state
    cdef CompiledLimits _head_limits
    cdef CompiledCall _call
    cdef object _keeper, _limits, _loop, _reader, _room, _upload
    cdef CompiledReply _reply
    cdef CompiledWakeup _waiter
    cdef list _held
    cdef Py_ssize_t _held_size, _unsent
    cdef int _informational
    cdef double _due, _free_since, _progress, _stalled_since, _started
    cdef object __weakref__

    cpdef CompiledWakeup send(self, CompiledCall call, bytes head, double started, double due, double now)
    cpdef received(self, list messages)
    @cython.locals(head=CompiledHead, start=Py_ssize_t)
    cdef _receive_head(self, bytes data)
    @cython.locals(framing=str, end=Py_ssize_t, rest=Py_ssize_t, size=Py_ssize_t)
    cdef _begin_reply(self, CompiledHead head, bytes data)
    cdef _answer(self, CompiledHead head, bytes body, bint has_rest)
    @cython.locals(connection=Connection)
    cdef _end_of_answer(self, bint may_go_on)
    @cython.locals(reply=CompiledReply)
    cdef _receive_body(self, bytes data, Py_ssize_t start)
    cdef _receive_more_of_head(self, bytes data)
    cdef _upload_ended(self)
