# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `field_section.py`, which is the specification: the same lines, meanings and refusals.

One pass over the octets with a table of character classes; text is made only for what is asked for.
"""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeLatin1
from libc.string cimport memchr

from .target import is_host

LONGEST_LINE = 16 * 1024

cdef enum:
    MOST_LINE = 16 * 1024


cdef class HeadLimits:
    """Octets of the request target or the reason phrase, octets of all field lines, number of field lines."""

    def __init__(self, Py_ssize_t target, Py_ssize_t head, Py_ssize_t headers):
        self.target = target
        self.head = head
        self.headers = headers


cdef list lines_of(bytes head, Py_ssize_t start, Py_ssize_t end):
    """Names as sent, values without the white space around them."""
    if start == end:
        return []
    lines = head[start:end - 2].split(b"\r\n")
    return [(name, value.strip(b" \t")) for name, _, value in [line.partition(b":") for line in lines]]


cdef str value_of(bytes head, Py_ssize_t start, Py_ssize_t end, str name):
    """The value of a field, its name in lower case; several lines are joined with `, `. None when there is none."""
    cdef Py_ssize_t at = start
    cdef str value = next_value(head, &at, end, name)
    cdef str more
    if value is None:
        return None
    while True:
        more = next_value(head, &at, end, name)
        if more is None:
            return value
        value = f"{value}, {more}"


cdef list values_of(bytes head, Py_ssize_t start, Py_ssize_t end, str name):
    """The values of a field, its name in lower case, in order."""
    cdef Py_ssize_t at = start
    cdef list found = []
    cdef str value = next_value(head, &at, end, name)
    while value is not None:
        found.append(value)
        value = next_value(head, &at, end, name)
    return found


cdef str next_value(bytes head, Py_ssize_t* at, Py_ssize_t lines_end, str name):
    """The next value from an offset on, which then stands behind it: no text is made of the other lines."""
    cdef Py_ssize_t length
    cdef const char* lower = PyUnicode_AsUTF8AndSize(name, &length)
    cdef Octets begin = <Octets>PyBytes_AS_STRING(head)
    cdef Octets p = begin + at[0]
    cdef Octets end = begin + lines_end
    cdef Octets line_end
    cdef Octets value
    cdef Octets value_end
    while p < end:
        line_end = <Octets>memchr(p, CR, end - p)
        if length < line_end - p and p[length] == c":" and same(p, lower, length):
            value, value_end = p + length + 1, line_end
            trim(&value, &value_end)
            at[0] = line_end + 2 - begin
            return PyUnicode_DecodeLatin1(<const char*>value, value_end - value, NULL)
        p = line_end + 2
    at[0] = p - begin
    return None


cdef int version(Scan* scan) noexcept:
    """The eight octets of the HTTP version."""
    cdef Octets p = scan.at
    cdef int i
    cdef const char* wanted = "HTTP/"
    for i in range(5):
        if p + i == scan.end:
            return -1
        if p[i] != wanted[i]:
            return VERSION
    if scan.end - p < 8:
        return -1
    if not (c"0" <= p[5] <= c"9" and p[6] == c"." and c"0" <= p[7] <= c"9"):
        return VERSION
    if p[5] != c"1" or p[7] > c"1":
        return VERSION_OTHER
    scan.minor = p[7] - c"0"
    scan.at = p + 8
    return 0


cdef int field_lines(Scan* scan, Py_ssize_t most, Py_ssize_t most_lines) except? -2:
    cdef Octets start = scan.at
    cdef Py_ssize_t count = 0
    cdef int refusal = 0
    scan.lines_start = start - scan.begin
    scan.hosts = scan.lengths = scan.codings = scan.host_start = scan.host_end = 0
    scan.length = 0
    scan.wrong_length = scan.wrong_expect = scan.wrong_host = 0
    scan.expects = scan.closes = scan.keeps = scan.upgrades = False
    while True:
        if scan.at == scan.end:
            refusal = -1
            break
        if scan.at[0] == CR:
            scan.lines_end = scan.at - scan.begin
            refusal = crlf(scan)
            break
        if count == most_lines:
            return TOO_MANY
        count += 1
        refusal = field_line(scan)
        if refusal != 0:
            break
        if scan.at - start > most:
            return HEAD_LONG
    if refusal < 0 and scan.end - start > most + 2:
        return HEAD_LONG
    return refusal


cdef int field_line(Scan* scan) except? -2:
    cdef Octets name = scan.at
    cdef Octets p = name
    cdef Octets end = scan.end
    cdef Octets value
    cdef Octets value_end
    cdef Py_ssize_t length
    while p < end and OCTET_CLASS[p[0]] & IS_TOKEN:
        p += 1
    if p - name > MOST_LINE:
        return LINE_LONG
    if p == end:
        return -1
    length = p - name
    if length == 0 or p[0] != c":":
        if length:
            return FIELD_NAME
        if p[0] == SP or p[0] == HTAB:
            return FOLD
        return LINE_END if p[0] == LF else FIELD_NAME
    value = p + 1
    p = end_of_value(value, end)
    if p - name > MOST_LINE:
        return LINE_LONG
    if p == end:
        return -1
    if p[0] != CR:
        return LINE_END if p[0] == LF else FIELD_VALUE
    value_end = p
    scan.at = p
    cdef int refusal = crlf(scan)
    if refusal != 0:
        return refusal
    trim(&value, &value_end)
    if length == 4 and same(name, "host", 4):
        note_host(scan, value, value_end)
    elif length == 14 and same(name, "content-length", 14):
        note_length(scan, value, value_end)
    elif length == 17 and same(name, "transfer-encoding", 17):
        note_coding(scan, value, value_end)
    elif length == 10 and same(name, "connection", 10):
        note_options(scan, value, value_end)
    elif length == 6 and same(name, "expect", 6):
        scan.expects = True
        if value_end - value != 12 or not same(value, "100-continue", 12):
            scan.wrong_expect = EXPECT
    return 0


cdef int note_host(Scan* scan, Octets value, Octets end) except -1:
    cdef Octets p = value
    scan.hosts += 1
    if scan.hosts > 1:
        if not scan.wrong_host:
            scan.wrong_host = HOST_TWICE
        return 0
    scan.host_start = value - scan.begin
    scan.host_end = end - scan.begin
    while p < end and OCTET_CLASS[p[0]] & IS_NAME:
        p += 1
    if p > value and (p == end or is_port(p, end)):
        return 0
    if not is_host((<const char*>value)[:end - value]):  # an address in brackets, or wrong
        scan.wrong_host = HOST
    return 0


cdef inline bint is_port(Octets p, Octets end) noexcept:
    """A colon and a number up to 65535, of at most five digits: what nearly every client sends."""
    cdef int port = 0
    if p[0] != c":" or not 2 <= end - p <= 6:
        return False
    p += 1
    while p < end:
        if not c"0" <= p[0] <= c"9":
            return False
        port = port * 10 + (p[0] - c"0")
        p += 1
    return port <= 65535


cdef void note_length(Scan* scan, Octets value, Octets end) noexcept:
    scan.lengths += 1
    if scan.lengths > 1:
        if not scan.wrong_length:
            scan.wrong_length = LENGTH_TWICE
        return
    scan.length = 0
    if value == end or end - value > 19:
        scan.wrong_length = LENGTH
    while value < end:
        if not c"0" <= value[0] <= c"9":
            scan.wrong_length = LENGTH
            return
        scan.length = scan.length * 10 + (value[0] - c"0")
        value += 1


cdef inline void note_coding(Scan* scan, Octets value, Octets end) noexcept:
    scan.codings += 1
    if scan.codings == 1:
        scan.coding_start = value - scan.begin
        scan.coding_end = end - scan.begin


cdef void note_options(Scan* scan, Octets value, Octets end) noexcept:
    cdef Octets p = value
    cdef Octets option
    cdef Octets option_end
    while p <= end:
        option = p
        while p < end and p[0] != c",":
            p += 1
        option_end = p
        trim(&option, &option_end)
        if option_end - option == 5 and same(option, "close", 5):
            scan.closes = True
        elif option_end - option == 10 and same(option, "keep-alive", 10):
            scan.keeps = True
        elif option_end - option == 7 and same(option, "upgrade", 7):
            scan.upgrades = True
        p += 1
