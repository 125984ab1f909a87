"""Names and values of a query, a form, the fields of a multipart body: the same values go the same way in all of them."""

from collections.abc import Iterable, Iterator, Mapping

Pairs = Mapping[str, object] | Iterable[tuple[str, object]]


def pairs_of(given: Pairs) -> Iterator[tuple[str, str | bytes]]:
    """A list or tuple as a value stands for its name several times, None leaves a name out; True and False as JSON writes them."""
    for name, value in given.items() if isinstance(given, Mapping) else given:
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if one is not None:
                yield name, _text(one)


def _text(value: object) -> str | bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
