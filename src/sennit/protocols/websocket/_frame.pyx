# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `frame.py`, which is the specification: each payload is laid out once, in its final place."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8

cdef extern from *:
    """
    #include <string.h>
    #include <stdint.h>

    /* The key as its four octets stand on the wire, first octet first, whatever the machine's order. */
    static inline uint32_t sennit_key(const unsigned char *p) {
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }

    /* XORs n octets with the key repeated, eight at a time; what has been read, ORed together: its highest bits tell
       whether all of the result is ASCII. Nothing is read or written behind the end. */
    static inline int sennit_mask(unsigned char *to, const unsigned char *from, Py_ssize_t n, uint32_t key) {
        unsigned char octets[8];
        uint64_t wide, word, all = 0;
        Py_ssize_t at = 0;
        unsigned char rest = 0;
        int i;
        for (i = 0; i < 8; i++)
            octets[i] = (unsigned char)(key >> (8 * (i & 3)));
        memcpy(&wide, octets, 8);
        for (; at + 8 <= n; at += 8) {
            memcpy(&word, from + at, 8);
            word ^= wide;
            all |= word;
            memcpy(to + at, &word, 8);
        }
        for (i = 0; at < n; at++, i++) {
            to[at] = from[at] ^ octets[i];
            rest |= to[at];
        }
        return (all & UINT64_C(0x8080808080808080)) == 0 && rest < 0x80;
    }
    """
    unsigned int sennit_key(const unsigned char* p) noexcept
    int sennit_mask(unsigned char* to, const unsigned char* source, Py_ssize_t n, unsigned int key) noexcept
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 most)
    void* PyUnicode_DATA(object text) noexcept
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    void* memcpy(void* to, const void* source, size_t n) noexcept


cpdef unsigned int key_before(bytes data, Py_ssize_t start):
    """See `frame.key_before`."""
    if start < 4 or start > PyBytes_GET_SIZE(data):
        raise IndexError("no key stands there")
    return sennit_key(<unsigned char*>PyBytes_AS_STRING(data) + start - 4)


cpdef unsigned int rotate(unsigned int key, Py_ssize_t count):
    """See `frame.rotate`."""
    cdef int turn = (count & 3) * 8
    return key if turn == 0 else key >> turn | key << (32 - turn)


cpdef bytes unmask(bytes data, Py_ssize_t start, Py_ssize_t end, unsigned int key):
    """See `frame.unmask`."""
    cdef bytes payload
    check(data, start, end)
    if key == 0:
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(data) + start, end - start)
    payload = PyBytes_FromStringAndSize(NULL, end - start)
    sennit_mask(<unsigned char*>PyBytes_AS_STRING(payload), <unsigned char*>PyBytes_AS_STRING(data) + start, end - start, key)
    return payload


cpdef str unmask_text(bytes data, Py_ssize_t start, Py_ssize_t end, unsigned int key):
    """See `frame.unmask_text`. ASCII is unmasked straight into the str; anything else is decoded from there once more."""
    cdef str text
    check(data, start, end)
    if key == 0 or start == end:
        return PyUnicode_DecodeUTF8(PyBytes_AS_STRING(data) + start, end - start, NULL)
    text = PyUnicode_New(end - start, 127)
    if sennit_mask(<unsigned char*>PyUnicode_DATA(text), <unsigned char*>PyBytes_AS_STRING(data) + start, end - start, key):
        return text
    return PyUnicode_DecodeUTF8(<char*>PyUnicode_DATA(text), end - start, NULL)


cpdef bytes serialize_frame(int first, bytes payload, bytes masking_key):
    """See `frame.serialize_frame`."""
    return lay_out(first, <unsigned char*>PyBytes_AS_STRING(payload), PyBytes_GET_SIZE(payload), masking_key)


cpdef bytes serialize_text(int first, str text, bytes masking_key):
    """See `frame.serialize_text`."""
    cdef Py_ssize_t size = 0
    cdef const char* octets = PyUnicode_AsUTF8AndSize(text, &size)
    return lay_out(first, <const unsigned char*>octets, size, masking_key)


cdef inline int check(bytes data, Py_ssize_t start, Py_ssize_t end) except -1:
    if start < 0 or end < start or end > PyBytes_GET_SIZE(data):
        raise IndexError("the payload is not in the data")
    return 0


cdef bytes lay_out(int first, const unsigned char* payload, Py_ssize_t length, bytes masking_key):
    cdef int header = 2 if length < 126 else 4 if length < 65536 else 10
    cdef int mask = 0 if masking_key is None else 0x80
    cdef bytes frame
    cdef unsigned char* to
    if mask and PyBytes_GET_SIZE(masking_key) != 4:
        raise ValueError("a masking key has four octets")
    frame = PyBytes_FromStringAndSize(NULL, header + (4 if mask else 0) + length)
    to = <unsigned char*>PyBytes_AS_STRING(frame)
    to[0] = <unsigned char>first
    write_length(to + 1, length, mask)
    to += header
    if mask:
        memcpy(to, PyBytes_AS_STRING(masking_key), 4)
        sennit_mask(to + 4, payload, length, sennit_key(to))
    else:
        memcpy(to, payload, length)
    return frame


cdef inline void write_length(unsigned char* to, Py_ssize_t length, int mask) noexcept:
    """In its shortest form (RFC 6455 5.2)."""
    cdef int width = 2 if length < 65536 else 8
    cdef int i
    if length < 126:
        to[0] = <unsigned char>(mask | length)
        return
    to[0] = <unsigned char>(mask | (126 if width == 2 else 127))
    for i in range(width):
        to[width - i] = <unsigned char>(<unsigned long long>length >> (8 * i))
