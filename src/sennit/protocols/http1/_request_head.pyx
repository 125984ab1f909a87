# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `request_head.py`, which is the specification: the same names, results and refusals."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.string cimport memcmp

from ._field_section cimport *

from .refusal import refuse
from .target import split_target

LONGEST_METHOD = 32

cdef enum:
    MOST_METHOD = 32

cdef struct RequestLine:
    int method, target_start, target_end, query   # offsets from the head's begin


@cython.no_gc  # text and octets alone: no cycles
@cython.freelist(64)
cdef class RequestHead:
    """See `request_head.RequestHead`. Holds its own octets and offsets, so a large read is not kept alive by it."""
    @property
    def query_string(self):
        return "" if self._query < 0 else self._text(self._query + 1, self._target_end)

    @property
    def http_version(self):
        return "1.1" if self.is_1_1 else "1.0"

    cdef str _text(self, int start, int end):
        return PyUnicode_DecodeASCII(PyBytes_AS_STRING(self._octets) + start, end - start, NULL)

    def field_lines(self):
        """Names as sent, values without the white space around them."""
        return lines_of(self._octets, self._lines_start, self._lines_end)

    cpdef str field_value(self, str name):
        """The value of a field, its name in lower case; several lines are joined with `, `. None when there is none."""
        return value_of(self._octets, self._lines_start, self._lines_end, name)

    def field_values(self, str name not None):
        """The values of a field, its name in lower case, in order."""
        return values_of(self._octets, self._lines_start, self._lines_end, name)


cpdef RequestHead parse_request_head(bytes data, Py_ssize_t start, HeadLimits limits):
    """The head that starts at `start`; None while it is not whole. Raises RemoteProtocolError."""
    cdef Scan scan
    cdef RequestLine line
    cdef RequestHead head
    cdef int refusal
    scan.begin = <Octets>PyBytes_AS_STRING(data) + start
    scan.end = <Octets>PyBytes_AS_STRING(data) + PyBytes_GET_SIZE(data)
    if scan.end - scan.begin >= 1 and scan.begin[0] == CR:  # one empty line is skipped (RFC 9112 §2.2)
        if scan.end - scan.begin < 2:
            return None
        if scan.begin[1] != LF:
            raise refuse(LINE_END)
        scan.begin += 2
    scan.at = scan.begin
    refusal = request_line(&scan, &line, limits.target)
    if refusal < 0:
        return None
    head = RequestHead.__new__(RequestHead)
    if refusal == 0:
        refusal = check_target(&scan, &line, head)
    if refusal == 0:
        refusal = field_lines(&scan, limits.head, limits.headers)
    if refusal < 0:
        return None
    if refusal == 0:
        refusal = interpret(&scan)
    if refusal > 0:
        raise refuse(refusal)
    fill(head, &scan, &line)
    head.end = scan.at - <Octets>PyBytes_AS_STRING(data)
    return head


# Below: 0 is fine, above 0 a refusal, -1 incomplete.

cdef int request_line(Scan* scan, RequestLine* line, Py_ssize_t most_target) noexcept:
    cdef Octets p = scan.begin
    cdef Octets end = scan.end
    while p < end and OCTET_CLASS[p[0]] & IS_TOKEN:
        p += 1
    if p - scan.begin > MOST_METHOD:
        return METHOD_LONG
    if p == end:
        return -1
    if p == scan.begin or p[0] != SP:
        return METHOD
    line.method = p - scan.begin
    p += 1
    line.target_start = p - scan.begin
    line.query = -1
    while p < end and OCTET_CLASS[p[0]] & IS_TARGET:
        if p[0] == c"?" and line.query < 0:
            line.query = p - scan.begin
        p += 1
    line.target_end = p - scan.begin
    if line.target_end - line.target_start > most_target:
        return TARGET_LONG
    if p == end:
        return -1
    if line.target_end == line.target_start or p[0] != SP:
        return VERSION if p[0] == CR or p[0] == LF else TARGET
    scan.at = p + 1
    cdef int refusal = version(scan)
    return refusal if refusal != 0 else crlf(scan)


cdef int check_target(Scan* scan, RequestLine* line, RequestHead head) except? -2:
    """Targets other than origin-form are rare and left to target.py."""
    cdef Octets method = scan.begin
    cdef Octets target = scan.begin + line.target_start
    if line.method == 7 and method[0] == c"C" and method[:7] == b"CONNECT":
        return CONNECT
    if target[0] == c"/":
        return 0
    split = split_target(method[:line.method], target[:line.target_end - line.target_start])
    if split is None:
        return TARGET
    path, _, query = (<bytes>split[0]).partition(b"?")
    head.raw_path = path.decode("ascii")
    if split[1]:
        head.host = (<bytes>split[1]).decode("ascii").lower()
    return 0


cdef int interpret(Scan* scan) noexcept:
    """What does not fit together, in the order of the specification."""
    cdef int wrong_coding = wrong_codings(scan) if scan.codings else 0
    if scan.wrong_length:
        return scan.wrong_length
    if wrong_coding:
        return wrong_coding
    if scan.wrong_expect and scan.minor == 1:
        return scan.wrong_expect
    if scan.wrong_host:
        return scan.wrong_host
    if scan.codings and scan.lengths:
        return CODING_AND_LENGTH
    if scan.codings and scan.minor == 0:
        return CODING_IN_1_0
    if not scan.hosts and scan.minor == 1:
        return HOST_MISSING
    return 0


cdef int wrong_codings(Scan* scan) noexcept:
    if scan.coding_end - scan.coding_start != 7 or not same(scan.begin + scan.coding_start, "chunked", 7):
        return CODING
    return CODING_TWICE if scan.codings > 1 else 0


cdef int fill(RequestHead head, Scan* scan, RequestLine* line) except -1:
    head._octets = (<const char*>scan.begin)[:scan.at - scan.begin]
    head._target_end = line.target_end
    head._query = line.query
    head._lines_start = scan.lines_start
    head._lines_end = scan.lines_end
    head.method = method_of(scan, line)
    if head.raw_path is None:
        head.raw_path = head._text(line.target_start, line.query if line.query >= 0 else line.target_end)
    if head.host is None:
        head.host = head._text(scan.host_start, scan.host_end)
        if has_capitals(scan.begin + scan.host_start, scan.begin + scan.host_end):
            head.host = head.host.lower()
    head.is_1_1 = scan.minor == 1
    head.is_head = head.method is HEAD
    head.content_length = scan.length if scan.lengths else -1
    head.chunked = scan.codings > 0
    head.expects_continue = scan.expects and scan.minor == 1
    head.keep_alive = not scan.closes and (scan.minor == 1 or scan.keeps)
    head.upgrades = scan.upgrades and scan.minor == 1
    return 0


cdef str GET = "GET"
cdef str HEAD = "HEAD"
cdef str POST = "POST"


cdef str method_of(Scan* scan, RequestLine* line):
    if line.method == 3 and memcmp(scan.begin, b"GET", 3) == 0:
        return GET
    if line.method == 4 and memcmp(scan.begin, b"POST", 4) == 0:
        return POST
    if line.method == 4 and memcmp(scan.begin, b"HEAD", 4) == 0:
        return HEAD
    return PyUnicode_DecodeASCII(<const char*>scan.begin, line.method, NULL)


cdef inline bint has_capitals(Octets p, Octets end) noexcept:
    while p < end:
        if c"A" <= p[0] <= c"Z":
            return True
        p += 1
    return False
