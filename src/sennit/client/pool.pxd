from ..net._wakeup cimport Wakeup as CompiledWakeup
from .call cimport Call as CompiledCall
from .http1 cimport Http1 as CompiledLine
from .place cimport Place as CompiledPlace
from .url cimport URL as CompiledURL
import cython

cdef class Pool:
    cdef object _clock, _connector, _guard, _head_limits, _limits, _loop, _make_connector, _poller, _proxies, _tls
    cdef dict _idle, _places, _starving
    cdef bint _is_closed
    cdef readonly dict connections
    cdef public Py_ssize_t open
    cdef object __weakref__

    cdef CompiledWakeup _write(self, CompiledPlace place, CompiledLine line, CompiledCall call, double started, double due)
    cpdef yields(self, CompiledPlace place)

@cython.locals(url=CompiledURL)
cdef bytes _head_of(CompiledPlace place, CompiledCall call)
@cython.locals(url=CompiledURL)
cdef CompiledPlace _place_of(dict places, CompiledCall call)
