"""One TLS session without a socket: bytes of the peer in, bytes for the peer out, plain bytes on the other side.

OpenSSL does the work (`ssl.MemoryBIO`). No loop, no clock, no transport: whoever has those is `layer.py`.
"""

import ssl

RECORD = 16 * 1024
"""The longest plain text of one record (RFC 8446 §5.1); a read that asks for less would leave a rest inside OpenSSL."""


class TlsSession:
    """Call `shake` until it says True, then `read` after each `receive`; send what `take` gives after every call.

    `has_ended`: the peer has said close_notify, nothing of it follows. `failure`: it broke the protocol, or the bytes
    ended without a close_notify (then an `ssl.SSLEOFError`); told only after everything in front of it was read.
    """

    __slots__ = ("_has_sent_end", "_incoming", "_is_cut", "_outgoing", "failure", "has_ended", "ssl_object")

    def __init__(self, context: ssl.SSLContext, *, is_server: bool, server_name: str | None = None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.ssl_object = context.wrap_bio(self._incoming, self._outgoing, is_server, server_name)
        self.failure: ssl.SSLError | None = None
        self.has_ended = False
        self._has_sent_end = self._is_cut = False

    def receive(self, data: bytes) -> None:
        if not self.has_ended and self.failure is None:
            self._incoming.write(data)

    def receive_eof(self) -> None:
        """The transport below has come to its end."""
        self._is_cut = True
        self._incoming.write_eof()

    def shake(self) -> bool:
        """Go on with the handshake; True once it is complete. Raises ssl.SSLError, and `take` then has the alert."""
        try:
            self.ssl_object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes:
        """All plain bytes that have come; b"" when there are none (yet, or any more)."""
        pieces: list[bytes] = []
        # The last check spares an exception for each read: OpenSSL asks for more only when its input is empty.
        while not self.has_ended and self.failure is None and (self._incoming.pending or self._is_cut):
            try:
                piece = self.ssl_object.read(RECORD)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:  # b"" or this, as our own end has been said or not
                piece = b""
            except ssl.SSLError as error:
                self.failure = error
                break
            if piece:
                pieces.append(piece)
            else:
                self.has_ended = True
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt, in as few records as it takes. Raises ssl.SSLError after a failure."""
        sent = self.ssl_object.write(data)
        if sent < len(data):
            rest = memoryview(data)
            while sent < len(rest):
                sent += self.ssl_object.write(rest[sent:])

    def end(self) -> bytes:
        """Say close_notify, once; the peer may still send. Returns plain bytes that had come before.

        They are read first: OpenSSL takes data that it meets while it says close_notify for a violation.
        """
        before = self.read()
        if not self._has_sent_end and self.failure is None:
            self._has_sent_end = True
            try:
                self.ssl_object.unwrap()
            except ssl.SSLError:
                pass  # it is said; the error is only that the peer's own has not come yet
        return before

    def take(self) -> bytes:
        """Bytes for the peer."""
        return self._outgoing.read() if self._outgoing.pending else b""
