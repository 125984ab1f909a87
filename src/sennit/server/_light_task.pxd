from .exchange cimport ServerExchange

cpdef run_handler(coroutine, ServerExchange exchange, loop)
