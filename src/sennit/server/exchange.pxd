cdef class ServerExchange:
    cdef object _fields, _line, _writer
    cdef Py_ssize_t _sends
    cdef public object answer, body, head, method, raw_path, task, tasks, websocket
    cdef public bint asyncio_task, cancel_on_disconnect, keeps_alive
    cdef public double started
    cdef object __weakref__
