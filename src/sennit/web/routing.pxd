import cython

cdef class Leaf:
    cdef public dict methods
    cdef public list names

    cpdef dict params(self, list values)

cdef class Node:
    cdef public dict literals
    cdef public list choices, converters
    cdef public Leaf end, rest, mount

cdef class RouteTable:
    cdef dict _static, _last
    cdef set _beside
    cdef Node _root
    cdef public list mistakes

    cpdef bint is_beside_static(self, str raw_path) except -1
    @cython.locals(found=tuple, ends=list, before=str, last=str, leaf=Leaf)
    cpdef tuple find(self, str raw_path)
    cdef tuple _find_in_tree(self, str raw_path)

cdef list _parts(str raw_path)
@cython.locals(count=Py_ssize_t, mark=Py_ssize_t, below=Py_ssize_t, mount=Leaf, leaf=Leaf, child=Node, choices=list, part=str)
cdef Leaf _walk(Node node, list parts, Py_ssize_t index, list values)
@cython.locals(mark=Py_ssize_t, child=Node, leaf=Leaf, part=str)
cdef Leaf _walk_choices(Node node, list parts, Py_ssize_t index, list values)
