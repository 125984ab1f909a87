from .http1 cimport Http1 as CompiledLine
from .place cimport Place as CompiledPlace
import cython

cdef class Pool:
    cdef object _clock, _connector, _guard, _head_limits, _limits, _loop, _make_connector, _poller, _proxies, _tls
    cdef dict _idle, _places, _starving
    cdef bint _is_closed
    cdef readonly dict connections
    cdef public Py_ssize_t open
    cdef object __weakref__

    cpdef yields(self, CompiledPlace place)

cdef bytes _head_of(CompiledPlace place, call)
