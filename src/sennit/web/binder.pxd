cdef class Binder:
    cdef readonly object function, parameters
    cdef readonly bint is_async, awaits
    cdef tuple _direct, _awaited

    cpdef dict direct_arguments(self, ctx)
    cdef _collect_direct(self, ctx, dict values)
