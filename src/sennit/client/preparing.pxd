from .request cimport Request as CompiledRequest
from .url cimport URL as CompiledURL
import cython

cdef class Defaults:
    cdef readonly object base, lines, lines_elsewhere, timeouts
    cdef dict _joined

    @cython.locals(request=CompiledRequest, base=CompiledURL)
    cpdef request(self, str method, CompiledURL url, double began)
    @cython.locals(request=CompiledRequest, url=CompiledURL)
    cpdef prepared(self, str method, given, dict options, double began)
    cpdef url_of(self, url)
