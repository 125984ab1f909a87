import cython
from .context cimport Context as CompiledContext, context_of
from .cross_site cimport check_cross_site
from .hosts cimport AllowedHosts as CompiledHosts
from .plan cimport Plan as CompiledPlan
from .routing cimport RouteTable as CompiledTable

cdef class Answering:
    cdef public object fallback, middleware, sessions, root, json_default, resolve_value, denied, crash_page
    cdef public object overrides, identity, live_answer, on_any_host, request_ids, threads, finder, addresses, shortcuts
    cdef public CompiledHosts hosts
    cdef public CompiledTable table
    cdef dict _short
    cdef object _encode, _html, _json, _bytes
    cdef bint _is_straight, _has_hosts

    @cython.locals(found=tuple, methods=dict, path=str)
    cdef tuple _find(self, exchange)
    @cython.locals(arguments=dict)
    cdef object call_at_once(self, CompiledContext ctx, exchange, CompiledPlan plan)
    cdef bint is_to_be_awaited(self, CompiledPlan plan, value) except -1
    cdef bint has_to_clean(self, CompiledContext ctx) except -1
    @cython.locals(text=str)
    cdef bint respond_at_once(self, CompiledContext ctx, exchange, CompiledPlan plan, value) except -1
    @cython.locals(plan=CompiledPlan, ctx=CompiledContext)
    cdef _begin(self, exchange, route, params)
