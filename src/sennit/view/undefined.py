"""What a template gets for a name or an attribute that does not exist: an error as soon as it is used."""

from typing import Any, NoReturn

from jinja2 import StrictUndefined, UndefinedError
from jinja2.utils import missing


class MissingName(UndefinedError):
    """A template used `name`, which nobody gave it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is undefined")
        self.name = name


class MissingAttribute(UndefinedError):
    """A template used `.name` of an object that has no such attribute or item."""

    def __init__(self, owner: object, name: str) -> None:
        super().__init__(f"{type(owner).__name__!r} object has no attribute {name!r}")
        self.owner = owner
        self.name = name


class Missing(StrictUndefined):
    """Strict: printing, looping over, testing or comparing it raises; `is defined` and `default` work."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        name = str(self._undefined_name)
        if self._undefined_hint:
            raise UndefinedError(self._undefined_hint)
        if self._undefined_obj is missing:
            raise MissingName(name)
        raise MissingAttribute(self._undefined_obj, name)

    __iter__ = __str__ = __len__ = _fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __contains__ = __call__ = __getitem__ = _fail_with_undefined_error
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
    __mod__ = __rmod__ = __pos__ = __neg__ = __pow__ = __rpow__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = _fail_with_undefined_error

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":  # protocols that probe for special methods, such as MarkupSafe's __html__
            raise AttributeError(name)
        self._fail_with_undefined_error()
