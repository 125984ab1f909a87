import cython
from .context cimport Context as CompiledContext

cdef class Binder:
    cdef readonly object function, parameters
    cdef readonly bint is_async, awaits
    cdef tuple _direct, _awaited, _often_at_once
    cdef bint _never_at_once

    cpdef dict arguments_at_once(self, ctx)
    cpdef dict direct_arguments(self, ctx)
    cdef _collect_direct(self, ctx, dict values)

cpdef _path(CompiledContext ctx, parameter)
@cython.locals(wanted=str)
cpdef _query(CompiledContext ctx, parameter)
cpdef _body_at_once(CompiledContext ctx, parameter)
cpdef _given_at_once(CompiledContext ctx, parameter)
cdef _text(str text, parameter, place)
