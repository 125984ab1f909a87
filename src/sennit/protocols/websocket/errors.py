"""What is wrong with what a peer sent, and what our own caller may not do."""


class WebSocketError(Exception):
    """The connection fails (RFC 6455 §7.1.7): a close frame with `close_code` and `what` is the last thing sent."""

    def __init__(self, close_code: int, what: str, section: str, rfc: int = 6455) -> None:
        super().__init__(f"{what} (RFC {rfc} {section})")
        self.close_code = close_code
        self.what = what
        self.section = section


class NotSendable(Exception):
    """Our caller's mistake: nothing, or not this, may be sent in the state that the connection is in."""


class HandshakeError(Exception):
    """The server's answer is no acceptance of what we offered; the client ends the connection (RFC 6455 §4.1)."""

    def __init__(self, what: str, section: str) -> None:
        super().__init__(f"{what} (RFC 6455 {section})")
        self.what = what
        self.section = section
