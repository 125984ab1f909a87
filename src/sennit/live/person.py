"""Who looks, as far as a scene must know: the model and key of a user's row, from which it is read again."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .reads import Read


class Person(NamedTuple):
    """model: the class of the users. key: the primary key of this one."""

    model: Any
    key: Any

    def reads(self) -> "frozenset[Read]":
        """What it means to depend on this one row."""
        from ..model.fetch import by_key

        return frozenset(by_key(self.model, self.key).reads())


def person(user: object) -> Person | None:
    """The person of a row, read-only or tracked; None for nobody."""
    if user is None:
        return None
    # Imported here: an application without a database never loads the model strand.
    from ..model.rows import key_of, model_of

    return Person(model_of(user), key_of(user))
