# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `head.py`, which is the specification: the same names, results and refusals.

One pass over the octets with a table of character classes; text is made only for what is asked for.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeASCII, PyUnicode_DecodeLatin1
from libc.string cimport memchr, memcmp

from .refusal import refuse
from .target import is_host, split_target

LONGEST_METHOD = 32
LONGEST_LINE = 16 * 1024

cdef enum:
    MOST_METHOD = 32
    MOST_LINE = 16 * 1024

cdef enum:  # the numbers of refusal.Refusal
    METHOD = 1, METHOD_LONG, TARGET, TARGET_LONG, VERSION, VERSION_OTHER, LINE_END, FIELD_NAME, FOLD, FIELD_VALUE
    LINE_LONG, HEAD_LONG, TOO_MANY, HOST_MISSING, HOST_TWICE, HOST, LENGTH, LENGTH_TWICE, CODING, CODING_TWICE
    CODING_AND_LENGTH, CODING_IN_1_0, EXPECT, CONNECT

cdef enum:
    IS_TOKEN = 1, IS_TARGET = 2, IS_VALUE = 4, IS_NAME = 8  # classes of octets
    CR = 13, LF = 10, SP = 32, HTAB = 9

cdef unsigned char CLASS[256]

for _octet in range(256):
    CLASS[_octet] = (
        (IS_TOKEN if chr(_octet).isascii() and (chr(_octet).isalnum() or chr(_octet) in "!#$%&'*+-.^_`|~") else 0)
        | (IS_TARGET if 33 <= _octet <= 126 and _octet != 35 else 0)
        | (IS_VALUE if _octet == HTAB or (32 <= _octet and _octet != 127) else 0)
        | (IS_NAME if chr(_octet).isascii() and (chr(_octet).isalnum() or chr(_octet) in "-.") else 0)
    )

ctypedef const unsigned char* Octets

cdef struct Scan:
    Octets begin      # of the head
    Octets end        # of the data
    Octets at         # how far it is read
    int method, target_start, target_end, query, lines_start, lines_end   # offsets from begin
    int host_start, host_end
    int hosts, lengths, codings
    int minor
    int wrong_length, wrong_coding, wrong_expect, wrong_host              # refusals, told in this order at the end
    bint expects, closes, keeps, upgrades
    unsigned long long length


cdef class HeadLimits:
    """Octets of the request target and of all field lines, number of field lines."""

    def __init__(self, Py_ssize_t target, Py_ssize_t head, Py_ssize_t headers):
        self.target = target
        self.head = head
        self.headers = headers


@cython.no_gc  # text and octets alone: no cycles
@cython.freelist(64)
cdef class RequestHead:
    """See `head.RequestHead`. Holds its own octets and offsets, so a large read is not kept alive by it."""
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
        if self._lines_start == self._lines_end:
            return []
        lines = self._octets[self._lines_start:self._lines_end - 2].split(b"\r\n")
        return [(name, value.strip(b" \t")) for name, _, value in [line.partition(b":") for line in lines]]

    cpdef str field_value(self, str name):
        """The value of a field, its name in lower case; several lines are joined with `, `. None when there is none."""
        cdef Py_ssize_t at = self._lines_start
        cdef str value = self._next_value(name, &at)
        cdef str more
        if value is None:
            return None
        while True:
            more = self._next_value(name, &at)
            if more is None:
                return value
            value = f"{value}, {more}"

    def field_values(self, str name not None):
        """The values of a field, its name in lower case, in order."""
        cdef Py_ssize_t at = self._lines_start
        cdef list found = []
        cdef str value = self._next_value(name, &at)
        while value is not None:
            found.append(value)
            value = self._next_value(name, &at)
        return found

    cdef str _next_value(self, str name, Py_ssize_t* at):
        """The next value from an offset on, which then stands behind it: no text is made of the other lines."""
        cdef Py_ssize_t length
        cdef const char* lower = PyUnicode_AsUTF8AndSize(name, &length)
        cdef Octets begin = <Octets>PyBytes_AS_STRING(self._octets)
        cdef Octets p = begin + at[0]
        cdef Octets end = begin + self._lines_end
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


cpdef RequestHead parse_request_head(bytes data, Py_ssize_t start, HeadLimits limits):
    """The head that starts at `start`; None while it is not whole. Raises RemoteProtocolError."""
    cdef Scan scan
    cdef RequestHead head
    cdef int refusal
    scan.lines_end = 0
    scan.begin = <Octets>PyBytes_AS_STRING(data) + start
    scan.end = <Octets>PyBytes_AS_STRING(data) + PyBytes_GET_SIZE(data)
    if scan.end - scan.begin >= 1 and scan.begin[0] == CR:  # one empty line is skipped (RFC 9112 §2.2)
        if scan.end - scan.begin < 2:
            return None
        if scan.begin[1] != LF:
            raise refuse(LINE_END)
        scan.begin += 2
    scan.at = scan.begin
    refusal = request_line(&scan, limits.target)
    if refusal < 0:
        return None
    head = RequestHead.__new__(RequestHead)
    if refusal == 0:
        refusal = check_target(&scan, head)
    if refusal == 0:
        refusal = field_lines(&scan, limits.head, limits.headers)
    if refusal < 0:
        return None
    if refusal == 0:
        refusal = interpret(&scan)
    if refusal > 0:
        raise refuse(refusal)
    fill(head, &scan)
    head.end = scan.at - <Octets>PyBytes_AS_STRING(data)
    return head


# Below: 0 is fine, above 0 a refusal, -1 incomplete.

cdef int request_line(Scan* scan, Py_ssize_t most_target) noexcept:
    cdef Octets p = scan.begin
    cdef Octets end = scan.end
    while p < end and CLASS[p[0]] & IS_TOKEN:
        p += 1
    if p - scan.begin > MOST_METHOD:
        return METHOD_LONG
    if p == end:
        return -1
    if p == scan.begin or p[0] != SP:
        return METHOD
    scan.method = p - scan.begin
    p += 1
    scan.target_start = p - scan.begin
    scan.query = -1
    while p < end and CLASS[p[0]] & IS_TARGET:
        if p[0] == c"?" and scan.query < 0:
            scan.query = p - scan.begin
        p += 1
    scan.target_end = p - scan.begin
    if scan.target_end - scan.target_start > most_target:
        return TARGET_LONG
    if p == end:
        return -1
    if scan.target_end == scan.target_start or p[0] != SP:
        return VERSION if p[0] == CR or p[0] == LF else TARGET
    scan.at = p + 1
    return version(scan)


cdef int version(Scan* scan) noexcept:
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
    return crlf(scan)


cdef inline int crlf(Scan* scan) noexcept:
    if scan.at == scan.end:
        return -1
    if scan.at[0] != CR:
        return LINE_END
    if scan.at + 1 == scan.end:
        return -1
    if scan.at[1] != LF:
        return LINE_END
    scan.at += 2
    return 0


cdef int check_target(Scan* scan, RequestHead head) except? -2:
    """Targets other than origin-form are rare and left to target.py."""
    cdef Octets method = scan.begin
    cdef Octets target = scan.begin + scan.target_start
    if scan.method == 7 and method[0] == c"C" and method[:7] == b"CONNECT":
        return CONNECT
    if target[0] == c"/":
        return 0
    split = split_target(method[:scan.method], target[:scan.target_end - scan.target_start])
    if split is None:
        return TARGET
    path, _, query = (<bytes>split[0]).partition(b"?")
    head.raw_path = path.decode("ascii")
    if split[1]:
        head.host = (<bytes>split[1]).decode("ascii").lower()
    return 0


cdef int field_lines(Scan* scan, Py_ssize_t most, Py_ssize_t most_lines) except? -2:
    cdef Octets start = scan.at
    cdef Py_ssize_t count = 0
    cdef int refusal = 0
    scan.lines_start = start - scan.begin
    scan.hosts = scan.lengths = scan.codings = scan.host_start = scan.host_end = 0
    scan.length = 0
    scan.wrong_length = scan.wrong_coding = scan.wrong_expect = scan.wrong_host = 0
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
    while p < end and CLASS[p[0]] & IS_TOKEN:
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
    p = value
    while p < end and CLASS[p[0]] & IS_VALUE:
        p += 1
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


cdef inline void trim(Octets* start, Octets* end) noexcept:
    while start[0] < end[0] and (start[0][0] == SP or start[0][0] == HTAB):
        start[0] += 1
    while end[0] > start[0] and ((end[0] - 1)[0] == SP or (end[0] - 1)[0] == HTAB):
        end[0] -= 1


cdef inline bint same(Octets text, const char* lower, int length) noexcept:
    """Equal without regard to the case of letters."""
    cdef int i
    cdef unsigned char octet
    for i in range(length):
        octet = text[i]
        if c"A" <= octet <= c"Z":
            octet += 32
        if octet != <unsigned char>lower[i]:
            return False
    return True


cdef int note_host(Scan* scan, Octets value, Octets end) except -1:
    cdef Octets p = value
    scan.hosts += 1
    if scan.hosts > 1:
        if not scan.wrong_host:
            scan.wrong_host = HOST_TWICE
        return 0
    scan.host_start = value - scan.begin
    scan.host_end = end - scan.begin
    while p < end and CLASS[p[0]] & IS_NAME:
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


cdef void note_coding(Scan* scan, Octets value, Octets end) noexcept:
    scan.codings += 1
    if scan.codings > 1:
        if not scan.wrong_coding:
            scan.wrong_coding = CODING_TWICE
    elif end - value != 7 or not same(value, "chunked", 7):
        scan.wrong_coding = CODING


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


cdef int interpret(Scan* scan) noexcept:
    """What does not fit together, in the order of the specification."""
    if scan.wrong_length:
        return scan.wrong_length
    if scan.wrong_coding:
        return scan.wrong_coding
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


cdef int fill(RequestHead head, Scan* scan) except -1:
    head._octets = (<const char*>scan.begin)[:scan.at - scan.begin]
    head._target_end = scan.target_end
    head._query = scan.query
    head._lines_start = scan.lines_start
    head._lines_end = scan.lines_end
    head.method = method_of(scan)
    if head.raw_path is None:
        head.raw_path = head._text(scan.target_start, scan.query if scan.query >= 0 else scan.target_end)
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


cdef str method_of(Scan* scan):
    if scan.method == 3 and memcmp(scan.begin, b"GET", 3) == 0:
        return GET
    if scan.method == 4 and memcmp(scan.begin, b"POST", 4) == 0:
        return POST
    if scan.method == 4 and memcmp(scan.begin, b"HEAD", 4) == 0:
        return HEAD
    return PyUnicode_DecodeASCII(<const char*>scan.begin, scan.method, NULL)


cdef inline bint has_capitals(Octets p, Octets end) noexcept:
    while p < end:
        if c"A" <= p[0] <= c"Z":
            return True
        p += 1
    return False
