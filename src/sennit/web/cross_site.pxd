cpdef check_cross_site(exchange, sharing=*)
