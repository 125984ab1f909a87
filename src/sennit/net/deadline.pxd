from .turn cimport Turn as CompiledTurn

cdef class Deadlines:
    cdef object _clock, _handle, _loop
    cdef set _members
    cdef double _sweep_s
    cdef readonly double now
    cdef readonly CompiledTurn turn
