# What the heads of requests and responses share, inlined where it stands in a loop.

cdef extern from *:
    """
    #if defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
    #define SENNIT_SSE2 1
    #include <emmintrin.h>
    #endif

    #define IS_TOKEN 1   /* RFC 9110 5.6.2 */
    #define IS_TARGET 2  /* visible ASCII; a fragment is never sent */
    #define IS_VALUE 4   /* RFC 9110 5.5 */
    #define IS_NAME 8    /* letters, digits, - and . */

    /* The classes of each octet, sixteen a line; the plain twin has them as patterns, the tests compare all 256. */
    static const unsigned char OCTET_CLASS[256] = {
         0,  0,  0,  0,  0,  0,  0,  0,  0,  4,  0,  0,  0,  0,  0,  0, /* 00 */
         0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0, /* 10 */
         4,  7,  6,  5,  7,  7,  7,  7,  6,  6,  7,  7,  6, 15, 15,  6, /* 20 */
        15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  6,  6,  6,  6,  6, /* 30 */
         6, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 40 */
        15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  6,  6,  7,  7, /* 50 */
         7, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 60 */
        15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  7,  6,  7,  0, /* 70 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* 80 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* 90 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* a0 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* b0 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* c0 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* d0 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* e0 */
         4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4, /* f0 */
    };

    /* The first octet that no field value has, or the end. Sixteen at a time: nothing is read at or behind the end. */
    static inline const unsigned char *end_of_value(const unsigned char *p, const unsigned char *end) {
    #ifdef SENNIT_SSE2
        const __m128i last_control = _mm_set1_epi8(31), tab = _mm_set1_epi8(9), del = _mm_set1_epi8(127);
        while (end - p >= 16) {
            __m128i octets = _mm_loadu_si128((const __m128i *)p);
            __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(octets, last_control), octets);
            __m128i wrong = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(octets, tab), controls), _mm_cmpeq_epi8(octets, del));
            int found = _mm_movemask_epi8(wrong);
            if (found)
                return p + __builtin_ctz((unsigned int)found);
            p += 16;
        }
    #endif
        while (p < end && (OCTET_CLASS[*p] & IS_VALUE))
            p++;
        return p;
    }
    """
    const unsigned char OCTET_CLASS[256]
    const int IS_TOKEN, IS_TARGET, IS_VALUE, IS_NAME
    const unsigned char* end_of_value(const unsigned char* p, const unsigned char* end) noexcept

ctypedef const unsigned char* Octets

cdef enum:  # the numbers of refusal.Refusal
    METHOD = 1, METHOD_LONG, TARGET, TARGET_LONG, VERSION, VERSION_OTHER, LINE_END, FIELD_NAME, FOLD, FIELD_VALUE
    LINE_LONG, HEAD_LONG, TOO_MANY, HOST_MISSING, HOST_TWICE, HOST, LENGTH, LENGTH_TWICE, CODING, CODING_TWICE
    CODING_AND_LENGTH, CODING_IN_1_0, EXPECT, CONNECT, STATUS_VERSION, STATUS, REASON, REASON_LONG, CODINGS

cdef enum:
    CR = 13, LF = 10, SP = 32, HTAB = 9

cdef struct Scan:
    Octets begin                      # of the head
    Octets end                        # of the data
    Octets at                         # how far it is read
    int minor                         # of the HTTP version
    int lines_start, lines_end        # offsets from begin, as below
    int host_start, host_end          # the first Host
    int coding_start, coding_end      # the first Transfer-Encoding
    int hosts, lengths, codings
    int wrong_length, wrong_expect, wrong_host   # refusals, told by the head they matter to
    bint expects, closes, keeps, upgrades
    unsigned long long length


cdef class HeadLimits:
    cdef readonly Py_ssize_t target, head, headers


cdef list lines_of(bytes head, Py_ssize_t start, Py_ssize_t end)
cdef str value_of(bytes head, Py_ssize_t start, Py_ssize_t end, str name)
cdef list values_of(bytes head, Py_ssize_t start, Py_ssize_t end, str name)

# 0 is fine, above 0 a refusal, -1 incomplete.
cdef int version(Scan* scan) noexcept
cdef int field_lines(Scan* scan, Py_ssize_t most, Py_ssize_t most_lines) except? -2


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
