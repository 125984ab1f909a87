from ._frame cimport key_before, rotate, serialize_frame, serialize_text, unmask, unmask_text
from ...flag cimport flag
import cython

cdef int BINARY, CLOSE, CONTINUATION, FIN, LONGEST_CONTROL, PING, PONG, RSV1, TEXT
cdef object _OPEN, _CLOSED

cdef class Endpoint:
    cdef readonly object state, failure
    cdef readonly int close_code
    cdef readonly str close_reason
    cdef readonly flag is_over
    cdef readonly Py_ssize_t max_message
    cdef object _assembly, _deflate, _masking_key, _packer
    cdef bytes _held
    cdef bytearray _output
    cdef list _pongs
    cdef Py_ssize_t _left
    cdef unsigned int _key
    cdef int _sends
    cdef flag _fin, _is_server

    cpdef list receive_data(self, bytes data)
    cpdef bytes take_output(self)
    cpdef list take_pongs(self)
    cpdef bytes serialize_message(self, message)
    @cython.locals(octets="const unsigned char*", size=Py_ssize_t, at=Py_ssize_t, start=Py_ssize_t, length=Py_ssize_t, first=int, is_masked=bint)
    cdef _receive(self, bytes data, list messages)
    @cython.locals(opcode=int)
    cdef _check_first(self, int first, Py_ssize_t length, bint is_masked)
    @cython.locals(is_within=bint, most=Py_ssize_t)
    cdef _check_data(self, int first, Py_ssize_t length)
    @cython.locals(key="unsigned int")
    cdef _receive_frame(self, bytes data, int first, Py_ssize_t start, Py_ssize_t end, list messages)
    cdef _begin_frame(self, bytes data, int first, Py_ssize_t start, Py_ssize_t length)
    cdef _new_assembly(self)
    @cython.locals(end=Py_ssize_t, piece=bytes)
    cdef Py_ssize_t _receive_rest(self, bytes data, Py_ssize_t at, list messages) except -1
    cdef _add(self, bytes piece, list messages)
    cdef _receive_control(self, int opcode, bytes payload)
    cdef _hear_pong(self, bytes payload)
    cdef _receive_close(self, bytes payload)
    cdef _fail(self, error)
    cdef _advance(self, event)
    cdef _write(self, int opcode, bytes payload)
    cdef bytes _serialize_packed(self, message)
    cdef bytes _pack(self, bytes payload, bint fin)
    cdef bytes _control(self, int opcode, bytes payload)
    cdef bytes _next_key(self)
    cdef _not_sendable(self)

cdef Py_ssize_t _long_length(bytes data, Py_ssize_t start, Py_ssize_t end) except -1
cdef str _text(bytes data, Py_ssize_t start, Py_ssize_t end, unsigned int key)
