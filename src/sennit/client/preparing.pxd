from .request cimport Request as CompiledRequest
import cython

cdef class Defaults:
    cdef readonly object base, lines, lines_elsewhere, timeouts
    cdef dict _joined

    @cython.locals(request=CompiledRequest)
    cpdef request(self, str method, url, double began)
    @cython.locals(request=CompiledRequest)
    cpdef prepared(self, str method, given, dict options, double began)
    cpdef url_of(self, url)
