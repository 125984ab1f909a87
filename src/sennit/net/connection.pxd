from ..flag cimport flag
from .deadline cimport Deadlines as CompiledDeadlines

cdef class Connection:
    cdef readonly object limits, loop
    cdef readonly long long id
    cdef public object protocol, peer, local
    cdef public long long received_bytes
    cdef public CompiledDeadlines clock
    cdef public double last_read
    cdef public object _transport
    cdef readonly flag has_begun, has_eof, is_blocked, is_closing, is_lost
    cdef object _codec, _file_sent, _listener, _reason, _sender
    cdef int _socket
    cdef str _first_kind
    cdef dict _more_due
    cdef list _out
    cdef double _due, _first_due, _stalled_since
    cdef Py_ssize_t _out_size, _stalled_at, _most_unsent
    cdef flag _corked, _scheduled, _refused, _drained
    cdef object __weakref__

    cdef _set_due(self, str kind, double due)
    cdef _take_back(self, str kind)
    cdef dict _take_all_back(self)
    cpdef write(self, data)
    cpdef flush(self)
    cpdef flush_turn(self)
    cpdef uncork(self)
    cpdef cork(self)
    cpdef data_received(self, data)
