from .exchange cimport ServerExchange as CompiledExchange

cdef class AccessLog:
    cdef object _clock, _file, _loop, _refusal, _write
    cdef list _lines
    cdef long long _second
    cdef public str moment

    cpdef answered(self, CompiledExchange exchange)
    cpdef flush(self)
    cdef _add(self, str line)
    cpdef str time(self, str layout)

cpdef str _common(AccessLog own, CompiledExchange exchange, long long duration_us)
cpdef str _json(AccessLog own, CompiledExchange exchange, long long duration_us)
cdef str _target(CompiledExchange exchange)
cdef Py_ssize_t _sent(CompiledExchange exchange)
cdef tuple _of_client(CompiledExchange exchange)
