"""The first line of an answer (RFC 9112 §4)."""

from http import HTTPStatus

from .errors import LocalProtocolError

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


def status_line(status: int) -> bytes:
    """Raises LocalProtocolError (http.E013) for a number that is no status."""
    return STATUS_LINES.get(status) or _without_phrase(status)


def _without_phrase(status: int) -> bytes:
    if not 100 <= status <= 999:
        raise LocalProtocolError(
            code="http.E013",
            what=f"{status} is not a status code",
            fix="use a number from 200 to 599 (RFC 9110 §15)",
        )
    return b"HTTP/1.1 %d \r\n" % status


def not_final(status: int) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E013",
        what=f"{status} is not the status of a final answer",
        fix="use a number from 200 to 599 (RFC 9110 §15)",
    )
