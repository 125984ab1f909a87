ctypedef int (*Resume)(object task) except -1

cdef class Wakeup:
    cdef public object _asyncio_future_blocking
    cdef object _callback, _context, _error, _loop, _value, _why
    cdef Resume _resume
    cdef bint _is_cancelled, _is_done

    cdef int resumes(self, task, context, Resume resume) except -1
    cpdef result(self)
    cpdef wake(self, value=*)
    cpdef wake_soon(self, value=*)
    cpdef fail_soon(self, error)
    cdef int _call_back_soon(self) except -1
    cdef bint is_done(self)
