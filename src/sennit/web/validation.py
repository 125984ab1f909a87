"""Text and JSON to typed values, with every wrong field told at once (DESIGN: 422 carries all of them).

msgspec stops at the first error of a call, so the fast path decodes in one pass and only a failure walks the
value field by field.
"""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

import msgspec

from ..errors import BadRequest, FieldError, Unprocessable
from .parameters import is_optional, without_none

MOST_ERRORS = 100
_DEPTH = 64
"""Levels of nesting that JSON may have."""


class InvalidInput(Exception):
    """Values that do not convert; `errors` lists them."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{len(errors)} wrong values")
        self.errors = errors


def convert_text(text: str, annotation: Any, place: str, field: str) -> Any:
    """A scalar from its text. Raises InvalidInput."""
    if annotation is str:
        return text
    if annotation is int and text.isdigit() and text.isascii() and len(text) < 19:
        return int(text)
    try:
        return msgspec.convert(text, annotation, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise InvalidInput([field_error(place, field, error)]) from None


def decode_json(body: bytes, annotation: Any) -> Any:
    """A typed value from JSON. Raises BadRequest for malformed JSON, Unprocessable for wrong values."""
    if _is_pydantic(annotation):
        return _decode_pydantic(load_json(body), annotation)
    try:
        value = msgspec.json.decode(body, type=annotation)
    except msgspec.ValidationError:
        raw = load_json(body)
        raise Unprocessable(errors=errors_of(raw, annotation, "body", "")) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _malformed(error) from None
    return value


def load_json(body: bytes) -> Any:
    """Untyped JSON. Raises BadRequest when it is malformed or nested deeper than 64 levels."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _malformed(error) from None
    if _deeper_than(value, _DEPTH):
        raise BadRequest(detail=f"the JSON body is nested deeper than {_DEPTH} levels")
    return value


def convert_mapping(values: Mapping[str, Any], annotation: Any, place: str) -> Any:
    """A Struct, dataclass or TypedDict from a form's text values. Raises Unprocessable with all wrong fields."""
    if _is_pydantic(annotation):
        return _decode_pydantic(dict(values), annotation)
    try:
        return msgspec.convert(values, annotation, strict=False)
    except msgspec.ValidationError:
        raise Unprocessable(errors=errors_of(values, annotation, place, "", strict=False)) from None


def errors_of(raw: Any, annotation: Any, place: str, path: str, *, strict: bool = True) -> list[FieldError]:
    """Every reason why a raw value does not convert, deepest fields first, at most MOST_ERRORS."""
    found = list(_walk(raw, annotation, place, path, strict))[:MOST_ERRORS]
    return found or [{"in": place, "field": path, "code": "invalid", "message": "is not valid"}]


def _walk(raw: Any, annotation: Any, place: str, path: str, strict: bool) -> typing.Iterator[FieldError]:
    bare = without_none(annotation)
    if raw is None and is_optional(annotation):
        return
    members = fields_of(bare)
    if members is not None and isinstance(raw, Mapping):
        yield from _walk_members(raw, members, bare, place, path, strict)
        return
    if get_origin(bare) is list and isinstance(raw, Sequence) and not isinstance(raw, str):
        for index, item in enumerate(raw[:1000]):
            yield from _walk(item, get_args(bare)[0], place, f"{path}[{index}]", strict)
        return
    try:
        msgspec.convert(raw, annotation, strict=strict)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        yield field_error(place, path, error)


def _walk_members(
    raw: Mapping[str, Any],
    members: dict[str, tuple[Any, bool]],
    bare: Any,
    place: str,
    path: str,
    strict: bool,
) -> typing.Iterator[FieldError]:
    for name, (member, required) in members.items():
        inner = f"{path}.{name}" if path else name
        if name in raw:
            yield from _walk(raw[name], member, place, inner, strict)
        elif required:
            yield {
                "in": place,
                "field": inner,
                "code": "missing",
                "message": "is required",
            }
    if _forbids_unknown(bare):
        for name in raw.keys() - members.keys():
            yield {
                "in": place,
                "field": f"{path}.{name}" if path else name,
                "code": "unknown",
                "message": "is unknown",
            }


def _forbids_unknown(bare: Any) -> bool:
    config = getattr(bare, "__struct_config__", None)
    return bool(config is not None and config.forbid_unknown_fields)


def fields_of(bare: Any) -> dict[str, tuple[Any, bool]] | None:
    """`{encoded name: (type, is required)}` of a Struct, dataclass or TypedDict, else None."""
    if not isinstance(bare, type):
        return None
    if issubclass(bare, msgspec.Struct):
        return {f.encode_name: (f.type, f.required) for f in msgspec.structs.fields(bare)}
    if dataclasses.is_dataclass(bare):
        hints = typing.get_type_hints(bare, include_extras=True)
        missing = dataclasses.MISSING
        return {
            f.name: (
                hints[f.name],
                f.default is missing and f.default_factory is missing,
            )
            for f in dataclasses.fields(bare)
        }
    if typing.is_typeddict(bare):
        hints = typing.get_type_hints(bare, include_extras=True)
        required: frozenset[str] = getattr(bare, "__required_keys__")  # noqa: B009 - a TypedDict is only a type here
        return {name: (hint, name in required) for name, hint in hints.items()}
    return None


def field_error(place: str, field: str, error: Exception) -> FieldError:
    """One wrong value, its message without msgspec's own path."""
    message = str(error).split(" - at `")[0]
    code = "type" if message.startswith("Expected") and ", got" in message else "value"
    return {"in": place, "field": field, "code": code, "message": message[:300]}


def _malformed(error: Exception) -> BadRequest:
    return BadRequest(detail=f"the body is not JSON: {str(error)[:200]}")


def _deeper_than(value: Any, levels: int) -> bool:
    stack = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if depth > levels:
            return True
        if isinstance(item, dict):
            stack.extend((inner, depth + 1) for inner in item.values())
        elif isinstance(item, list):
            stack.extend((inner, depth + 1) for inner in item)
    return False


def _is_pydantic(annotation: Any) -> bool:
    return isinstance(annotation, type) and hasattr(annotation, "model_validate")


def _decode_pydantic(raw: Any, annotation: Any) -> Any:
    try:
        return annotation.model_validate(raw)
    except ValueError as error:
        rows: list[Any] = getattr(error, "errors", list)()
        raise Unprocessable(errors=[_pydantic_error(row) for row in rows[:MOST_ERRORS]]) from None


def _pydantic_error(row: Mapping[str, Any]) -> FieldError:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in row["loc"]).lstrip(".")
    return {
        "in": "body",
        "field": path,
        "code": str(row["type"]),
        "message": str(row["msg"]),
    }
