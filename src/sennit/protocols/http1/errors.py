"""What is wrong with a message, and whose fault it is.

LocalProtocolError    our caller asked for a message that must not be sent: a SennitError with a code
RemoteProtocolError   the peer sent what must not be accepted; the connection ends after one answer
"""

from ...errors import SennitError


class LocalProtocolError(SennitError):
    pass


class RemoteProtocolError(Exception):
    """`status` to answer with, `what` (no bytes of the peer in it), `section` of the RFC.

    For the head of a response the status is 502: nobody is answered, unless a gateway asked.
    """

    def __init__(self, status: int, what: str, section: str) -> None:
        super().__init__(f"{what} ({section})")
        self.status = status
        self.what = what
        self.section = section
