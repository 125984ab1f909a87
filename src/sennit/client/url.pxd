cdef class URL:
    cdef readonly Base _base
    cdef readonly str authority, fragment, host, scheme, target
    cdef readonly object password, port, unix "socket_path", user  # `unix` is a macro of C compilers
    cdef readonly tuple origin
    cdef object __weakref__

cdef class Base:
    cdef readonly str authority, host, scheme, shown, shown_scheme
    cdef readonly object password, port, unix "socket_path", user  # `unix` is a macro of C compilers
    cdef readonly tuple origin
