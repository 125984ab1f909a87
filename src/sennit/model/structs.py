"""JSON columns with a shape: `Mapped[Settings]` where `Settings` is a `msgspec.Struct`."""

from typing import Any, get_args, get_origin

import msgspec
from sqlalchemy import JSON, Dialect, event
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..errors import FieldError, SennitError, Unprocessable


class StructJson(TypeDecorator[Any]):
    """JSON that is a Struct, or a list of one, to Python. Checked when it is set, stored and read."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape

    @property
    def python_type(self) -> type:
        """The Struct, or `list`."""
        kind: type = get_origin(self.shape) or self.shape
        return kind

    def converted(self, value: Any, where: str) -> Any:
        """The value as its Struct. Raises Unprocessable (422) that names what is wrong in it."""
        try:
            return msgspec.convert(msgspec.to_builtins(value), self.shape)
        except (msgspec.ValidationError, TypeError) as error:
            wrong: FieldError = {"in": "body", "field": where, "code": "invalid", "message": str(error)}
            raise Unprocessable(detail=f"{where}: {error}", errors=[wrong]) from error

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self._read(value)

    def _read(self, value: Any) -> Any:
        try:
            return msgspec.convert(value, self.shape)
        except msgspec.ValidationError as error:
            raise SennitError(
                code="model.E041",
                what=f"the database holds JSON that is no {self.shape}: {error}",
                fix="give new fields of the Struct a default, and change the stored rows before a field's type changes",
            ) from error


def struct_type(resolving: Any) -> TypeEngine[Any] | None:
    """The column type for an annotation that is a Struct or a list of one, None for any other.

    Raises SennitError `model.E040` for a Struct that can be changed in place.
    """
    annotation = resolving.resolved_type
    is_list = get_origin(annotation) is list
    inner = get_args(annotation)[0] if is_list else annotation
    if not (isinstance(inner, type) and issubclass(inner, msgspec.Struct)):
        return None
    if not inner.__struct_config__.frozen:
        raise _changeable(inner, f"{resolving.cls.__name__}.{resolving.key}")
    return MutableList.as_mutable(StructJson(annotation)) if is_list else StructJson(annotation)


def check_when_set(attribute: Any, kind: StructJson, where: str) -> None:
    """Make the Struct, or refuse the value, where it is set and not when it is stored."""

    def convert(target: object, value: object, old: object, initiator: object) -> Any:
        return None if value is None else kind.converted(value, where)

    event.listen(attribute, "set", convert, retval=True)


def _changeable(struct: type, where: str) -> SennitError:
    return SennitError(
        code="model.E040",
        what=f"{struct.__name__} is not frozen: a field that is set inside it would never be stored",
        where=where,
        fix=f"class {struct.__name__}(msgspec.Struct, frozen=True), and to change it: "
        "row.settings = msgspec.structs.replace(row.settings, theme='dark')",
    )
