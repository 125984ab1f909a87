from .binder cimport Binder as CompiledBinder

cdef class Plan:
    cdef readonly object handler
    cdef readonly tuple rules
    cdef readonly CompiledBinder binder
    cdef readonly bint is_straight, is_safe, is_coroutine, runs_in_thread, is_cancelled_on_disconnect, asyncio_task
