"""Field lines that many answers share: checked and serialized when first sent, then only copied."""

from collections.abc import Iterable, Iterator


class PreparedLines:
    """Lines as `Exchange.respond` takes them. `octets` is what a codec has made of them, b"" before."""

    __slots__ = ("_lines", "octets")

    def __init__(self, lines: Iterable[tuple[bytes, bytes]]) -> None:
        self._lines = tuple(lines)
        self.octets = b""

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._lines)
