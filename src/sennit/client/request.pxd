from .call cimport Call

cdef class Request(Call):
    cdef public object changed, home, source
    cdef public double began
