"""Field lines that many answers share: checked and serialized when first sent, then only copied."""


class PreparedLines(tuple[tuple[bytes, bytes], ...]):
    """Lines as `Exchange.respond` takes them. `octets` is what a codec has made of them, b"" before."""

    octets: bytes = b""
