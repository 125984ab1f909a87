"""A whole answer in one piece. This is the specification; `_serialize.pyx` is its compiled twin."""

from .status_line import not_final, status_line


def serialize_answer(status: int, lines: bytes, date: bytes, connection: bytes, body: bytes, sends_body: bool) -> bytes:
    """`lines`, `date` and `connection` are field lines with their CRLF; `sends_body` is False for HEAD.

    204 and 304 have neither body nor length. Raises LocalProtocolError (http.E013) unless it is the status of an answer.
    """
    line = status_line(status)
    if status < 200:
        raise not_final(status)
    if status == 204 or status == 304:
        return b"".join((line, lines, date, connection, b"\r\n"))
    length = b"content-length: %d\r\n\r\n" % len(body)
    return b"".join((line, lines, date, connection, length, body if sends_body else b""))
