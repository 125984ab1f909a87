"""`Vary` (RFC 9110 §12.5.5): what an answer depended on besides its target."""

from .fields import MutableFields


def add_vary(fields: MutableFields, name: str) -> None:
    """Say that the answer depended on a request field; once, whatever stands there already."""
    there = [part.strip().lower() for line in fields.get_all("vary") for part in line.split(",")]
    if name not in there and "*" not in there:
        fields["vary"] = ", ".join([*filter(None, there), name])
