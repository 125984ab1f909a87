cdef class Answering:
    cdef public object table, fallback, middleware, hosts, sessions, root, json_default, resolve_value, denied, crash_page
    cdef public object identity, live_answer, threads
    cdef object _encode, _html, _json, _bytes
    cdef bint _is_straight

    cdef _find(self, exchange)
    cdef bint _respond_at_once(self, exchange, route, value) except -1
