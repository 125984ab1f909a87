# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `response_head.py`, which is the specification: the same names, results and refusals."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeLatin1

from ._field_section cimport *

from . import framing
from .refusal import refuse_response

cdef str NO_BODY = framing.NONE
cdef str BY_LENGTH = framing.LENGTH
cdef str BY_CHUNKS = framing.CHUNKED
cdef str UNTIL_CLOSE = framing.CLOSE
cdef str A_TUNNEL = framing.TUNNEL

cdef enum:
    SWITCHING_PROTOCOLS = 101

cdef struct StatusLine:
    int status, reason_start, reason_end   # offsets from the head's begin
    bint is_head, is_tunnel                # what it answers: HEAD, or CONNECT with success
    bint ends_chunked                      # the last coding


@cython.no_gc  # text and octets alone: no cycles
@cython.freelist(16)
cdef class ResponseHead:
    """See `response_head.ResponseHead`. Holds its own octets and offsets, so a large read is not kept alive by it."""
    @property
    def http_version(self):
        return "1.1" if self.is_1_1 else "1.0"

    def field_lines(self):
        """Names as sent, values without the white space around them."""
        return lines_of(self._octets, self._lines_start, self._lines_end)

    cpdef str field_value(self, str name):
        """The value of a field, its name in lower case; several lines are joined with `, `. None when there is none."""
        return value_of(self._octets, self._lines_start, self._lines_end, name)

    def field_values(self, str name not None):
        """The values of a field, its name in lower case, in order."""
        return values_of(self._octets, self._lines_start, self._lines_end, name)


cpdef ResponseHead parse_response_head(bytes data, Py_ssize_t start, HeadLimits limits, str request_method):
    """The head that starts at `start`; None while it is not whole. Raises RemoteProtocolError."""
    cdef Scan scan
    cdef StatusLine line
    cdef ResponseHead head
    cdef int refusal
    if data is None or limits is None or request_method is None:
        raise TypeError("the data, the limits and the method of the request are needed")
    if not 0 <= start <= PyBytes_GET_SIZE(data):
        return None
    scan.begin = scan.at = <Octets>PyBytes_AS_STRING(data) + start
    scan.end = <Octets>PyBytes_AS_STRING(data) + PyBytes_GET_SIZE(data)
    refusal = status_line(&scan, &line, limits.target)
    if refusal == 0:
        refusal = field_lines(&scan, limits.head, limits.headers)
    if refusal == 0:
        line.is_head = request_method == "HEAD"
        line.is_tunnel = 200 <= line.status < 300 and request_method == "CONNECT"
        refusal = interpret(&scan, &line)
    if refusal < 0:
        return None
    if refusal > 0:
        raise refuse_response(refusal)
    head = ResponseHead.__new__(ResponseHead)
    fill(head, &scan, &line)
    head.end = scan.at - <Octets>PyBytes_AS_STRING(data)
    return head


# Below: 0 is fine, above 0 a refusal, -1 incomplete.

cdef int status_line(Scan* scan, StatusLine* line, Py_ssize_t most_reason) noexcept:
    cdef int refusal = version(scan)
    if refusal == 0:
        refusal = status_code(scan, line)
    if refusal == 0:
        refusal = reason_phrase(scan, line, most_reason)
    return STATUS_VERSION if refusal == VERSION else refusal


cdef int status_code(Scan* scan, StatusLine* line) noexcept:
    """A space and three digits."""
    cdef Octets p = scan.at
    cdef int i
    if p == scan.end:
        return -1
    if p[0] != SP:
        return STATUS_VERSION
    line.status = 0
    if scan.end - p < 4:
        return -1
    for i in range(1, 4):
        if not c"0" <= p[i] <= c"9":
            return STATUS
        line.status = line.status * 10 + (p[i] - c"0")
    scan.at = p + 4
    return 0 if line.status >= 100 else STATUS


cdef int reason_phrase(Scan* scan, StatusLine* line, Py_ssize_t most) noexcept:
    """A space and the phrase; many programs leave out both (RFC 9112 §4 lets a recipient take that)."""
    cdef Octets p = scan.at
    cdef bint has_phrase
    if p == scan.end:
        return -1
    has_phrase = p[0] == SP
    if has_phrase:
        p += 1
    line.reason_start = p - scan.begin
    if has_phrase:
        p = end_of_value(p, scan.end)
    line.reason_end = p - scan.begin
    if line.reason_end - line.reason_start > most:
        return REASON_LONG
    if p == scan.end:
        return -1
    if p[0] != CR and p[0] != LF:
        return REASON if has_phrase else STATUS
    scan.at = p
    return crlf(scan)


cdef int interpret(Scan* scan, StatusLine* line) noexcept:
    """What does not fit together, in the order of the specification. A tunnel has no framing that could be wrong."""
    cdef int wrong_coding
    if line.is_tunnel:
        return 0
    wrong_coding = wrong_codings(scan, line)
    if scan.wrong_length:
        return scan.wrong_length
    if wrong_coding:
        return wrong_coding
    if scan.codings and scan.lengths:
        return CODING_AND_LENGTH
    if scan.codings and scan.minor == 0:
        return CODING_IN_1_0
    return 0


cdef int wrong_codings(Scan* scan, StatusLine* line) noexcept:
    """A list of tokens without empty elements, `chunked` among them once at most; notes whether it is the last one."""
    cdef Octets p = scan.begin + scan.coding_start
    cdef Octets end = scan.begin + scan.coding_end
    cdef Octets coding
    cdef Octets coding_end
    cdef int chunked = 0
    line.ends_chunked = False
    if scan.codings != 1:
        return CODING_TWICE if scan.codings else 0
    while p <= end:
        coding = p
        while p < end and p[0] != c",":
            p += 1
        coding_end = p
        trim(&coding, &coding_end)
        if not is_token(coding, coding_end):
            return CODINGS
        line.ends_chunked = coding_end - coding == 7 and same(coding, "chunked", 7)
        chunked += line.ends_chunked
        p += 1
    return CODINGS if chunked > 1 else 0


cdef inline bint is_token(Octets p, Octets end) noexcept:
    if p == end:
        return False
    while p < end and OCTET_CLASS[p[0]] & IS_TOKEN:
        p += 1
    return p == end


cdef int fill(ResponseHead head, Scan* scan, StatusLine* line) except -1:
    cdef str framing = framing_of(scan, line)
    head._octets = (<const char*>scan.begin)[:scan.at - scan.begin]
    head._lines_start = scan.lines_start
    head._lines_end = scan.lines_end
    head.status = line.status
    head.reason = PyUnicode_DecodeLatin1(
        <const char*>scan.begin + line.reason_start, line.reason_end - line.reason_start, NULL
    )
    head.is_1_1 = scan.minor == 1
    head.framing = framing
    head.content_length = scan.length if scan.lengths and not line.is_tunnel else -1
    head.keep_alive = framing is not UNTIL_CLOSE and framing is not A_TUNNEL and line.status != SWITCHING_PROTOCOLS and (
        not scan.closes and (scan.minor == 1 or scan.keeps)
    )
    head.upgrades = scan.upgrades and scan.minor == 1
    return 0


cdef str framing_of(Scan* scan, StatusLine* line):
    """In the order of RFC 9112 §6.3."""
    if line.is_tunnel:
        return A_TUNNEL
    if line.is_head or line.status < 200 or line.status == 204 or line.status == 304:
        return NO_BODY
    if scan.codings:
        return BY_CHUNKS if line.ends_chunked else UNTIL_CLOSE
    return BY_LENGTH if scan.lengths else UNTIL_CLOSE
