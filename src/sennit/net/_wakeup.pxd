ctypedef int (*Resume)(object task) except -1

cdef class Wakeup:
    cdef public object _asyncio_future_blocking
    cdef object _callback, _context, _loop, _why
    cdef Resume _resume
    cdef bint _is_cancelled, _is_done

    cdef int resumes(self, task, context, Resume resume) except -1
    cpdef wake(self)
    cpdef wake_soon(self)
    cdef bint is_done(self)
