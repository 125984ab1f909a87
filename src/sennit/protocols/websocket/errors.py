"""What is wrong with what a peer sent, and the close code that says so."""


class WebSocketError(Exception):
    """The connection fails (RFC 6455 §7.1.7): a close frame with `close_code` and `what` is the last thing sent."""

    def __init__(self, close_code: int, what: str, section: str) -> None:
        super().__init__(f"{what} (RFC 6455 {section})")
        self.close_code = close_code
        self.what = what
        self.section = section
