from ._light_task cimport run_handler
from .exchange cimport ServerExchange as CompiledExchange

cpdef begin_handler(handler, CompiledExchange exchange, tasks, loop)
