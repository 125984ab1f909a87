cpdef bytes serialize_answer(int status, bytes lines, bytes date, bytes connection, bytes body, bint sends_body)
