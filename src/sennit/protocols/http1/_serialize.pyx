# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `serialize.py`, which is the specification: the octets are laid out once, in their final place."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

from .status_line import STATUS_LINES, not_final, status_line

cdef dict KNOWN = STATUS_LINES
cdef bytes OK = KNOWN[200]
cdef bytes LENGTH = b"content-length: "
cdef bytes CRLF = b"\r\n"
cdef bytes NOTHING = b""

cdef enum:
    MOST_DIGITS = 20


cpdef bytes serialize_answer(int status, bytes lines, bytes date, bytes connection, bytes body, bint sends_body):
    """See `serialize.serialize_answer`."""
    cdef bytes line = OK if status == 200 else status_line(status)
    cdef bytes answer
    cdef char digits[MOST_DIGITS]
    cdef int first = MOST_DIGITS
    cdef char* to
    if status < 200:
        raise not_final(status)
    if status == 204 or status == 304:
        return b"".join((line, lines, date, connection, CRLF))
    first = write_number(digits, PyBytes_GET_SIZE(body))
    if not sends_body:
        body = NOTHING
    answer = PyBytes_FromStringAndSize(NULL, PyBytes_GET_SIZE(line) + PyBytes_GET_SIZE(lines) + PyBytes_GET_SIZE(date)
        + PyBytes_GET_SIZE(connection) + PyBytes_GET_SIZE(LENGTH) + MOST_DIGITS - first + 4 + PyBytes_GET_SIZE(body))
    to = put(put(put(put(put(PyBytes_AS_STRING(answer), line), lines), date), connection), LENGTH)
    memcpy(to, digits + first, MOST_DIGITS - first)
    to = put(put(to + MOST_DIGITS - first, CRLF), CRLF)
    put(to, body)
    return answer


cdef inline char* put(char* to, bytes octets) noexcept:
    memcpy(to, PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets))
    return to + PyBytes_GET_SIZE(octets)


cdef inline int write_number(char* digits, Py_ssize_t number) noexcept:
    """The offset of its first digit: it is written at the end of `digits`."""
    cdef int first = MOST_DIGITS
    while True:
        first -= 1
        digits[first] = <char>(c"0" + number % 10)
        number //= 10
        if number == 0:
            return first
