# A boolean of one octet. `bint` is an int: a connection has dozens, and thousands of connections are silent.
cdef extern from *:
    ctypedef bint flag "_Bool"
