"""Text lines: LF or CRLF in, `end` out."""

from collections.abc import Callable

from ...errors import SennitError
from ..errors import Incomplete, ProtocolError


def lines(max: int, end: str = "\n", encoding: str = "utf-8") -> Callable[[], "Lines"]:
    """A codec factory for `codec=`. `max`: bytes of one line without its end."""
    return lambda: Lines(max, end, encoding)


class Lines:
    """A line that is longer than `max` bytes, not text, or cut by the end of the connection is refused as a whole."""

    def __init__(self, max: int, end: str = "\n", encoding: str = "utf-8") -> None:
        self.max = max
        self.end = end
        self.encoding = encoding
        self.wire = ("lines", end, encoding)
        self._rest = bytearray()

    @property
    def pending(self) -> int:
        return len(self._rest)

    def feed(self, data: bytes) -> list[str]:
        """Raises ProtocolError; its `before` has the good lines in front of the bad one."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            self._rest += data
            self._check_rest([])
            return []
        whole = bytes(self._rest + data[: cut - 1]) if self._rest else data[: cut - 1]
        self._rest[:] = data[cut:]
        found = self._split(whole)
        self._check_rest(found)
        return found

    def encode(self, message: str) -> bytes:
        """Raises SennitError for a message that holds a line break: the peer would read two lines."""
        if "\n" in message:
            raise SennitError(
                code="net.E007",
                what="a message with a line break cannot be sent as one line",
                where=repr(message[:80]),
                fix="send the lines one by one: await conn.send(*message.splitlines())",
            )
        return (message + self.end).encode(self.encoding)

    def eof(self) -> list[str]:
        if self._rest:
            raise Incomplete("the connection ended inside a line")
        return []

    def _split(self, whole: bytes) -> list[str]:
        try:
            text = whole.decode(self.encoding)
        except UnicodeDecodeError:
            return self._split_slowly(whole)
        if len(whole) > self.max and max(map(len, whole.split(b"\n"))) > self.max:
            return self._split_slowly(whole)
        found = text.split("\n")
        return [line.removesuffix("\r") for line in found] if "\r" in text else found

    def _split_slowly(self, whole: bytes) -> list[str]:
        found: list[str] = []
        for line in whole.split(b"\n"):
            line = line[:-1] if line.endswith(b"\r") else line
            if len(line) > self.max:
                raise self._too_long(found)
            try:
                found.append(line.decode(self.encoding))
            except UnicodeDecodeError:
                raise ProtocolError(f"a line is not {self.encoding} text", found) from None
        return found

    def _check_rest(self, before: list[str]) -> None:
        if len(self._rest) > self.max + 1 or (len(self._rest) > self.max and not self._rest.endswith(b"\r")):
            raise self._too_long(before)

    def _too_long(self, before: list[str]) -> ProtocolError:
        return ProtocolError(f"a line is longer than {self.max} bytes", before)
