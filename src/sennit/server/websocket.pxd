from ..net.dialogue cimport Dialogue
from ..protocols.websocket.endpoint cimport Endpoint as CompiledEndpoint

cdef class ServerWebSocket(Dialogue):
    cdef list _callbacks
    cdef CompiledEndpoint _frames
    cdef object _owner
    cdef readonly object subprotocol
