from .deadline cimport Deadlines as CompiledDeadlines

cdef class Connection:
    cdef readonly object id, limits, loop
    cdef public object protocol, peer, local, received_bytes
    cdef public CompiledDeadlines clock
    cdef public double last_read
    cdef public object _transport
    cdef readonly bint has_begun, has_eof, is_blocked, is_closing, is_lost
    cdef object _codec, _file_sent, _listener, _reason, _sender
    cdef int _socket
    cdef dict _deadlines
    cdef list _out
    cdef double _due, _stalled_since
    cdef Py_ssize_t _out_size, _stalled_at, _most_unsent
    cdef bint _corked, _scheduled, _refused, _drained
    cdef object __weakref__

    cpdef write(self, data)
    cpdef flush(self)
    cpdef flush_turn(self)
    cpdef uncork(self)
    cpdef cork(self)
    cpdef data_received(self, data)
