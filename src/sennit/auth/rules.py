"""Access rules: plain functions that say whether a request may pass. `access=staff`, `access=all_of(staff, in_team)`.

A rule's parameters are filled as a provider's are; one that asks for `user` without allowing None answers 401 by itself.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..errors import SennitError
from ..web.parameters import hints_of, is_optional, place_of

Rule = Callable[..., Any]

_PERMISSION = re.compile(r"[\w-]+(\.[\w-]+)*")


class SignedIn(Protocol):
    """What the rules ask of a user."""

    is_staff: bool

    def can(self, permission: str) -> bool: ...


def public() -> bool:
    """Everybody. Says so where a reader may wonder."""
    return True


def signed_in(user: SignedIn | None) -> bool:
    """Whoever has signed in and is active."""
    return user is not None


def staff(user: SignedIn | None) -> bool:
    """Accounts with `is_staff`: who may enter the console."""
    return user is not None and user.is_staff


def can(permission: str) -> Rule:
    """Accounts that hold the permission (`can("article.edit")`), by name, by `article.*`, or by being staff.

    Raises SennitError auth.E002 for a name that is no permission.
    """
    if not _PERMISSION.fullmatch(permission):
        raise SennitError(
            code="auth.E002",
            what=f"{permission!r} is not the name of a permission",
            where="can(…)",
            fix='use words joined by dots, such as can("article.edit")',
        )

    def holds_permission(user: SignedIn | None) -> bool:
        return user is not None and user.can(permission)

    holds_permission.__name__ = f"can_{permission}"
    return holds_permission


def all_of(*rules: Rule) -> Rule:
    """Every one of the rules holds; they are asked in order, up to the first that does not."""
    asked = _Asked(rules, "all_of")

    async def every_rule(**values: Any) -> bool:
        for rule in rules:
            if not await asked.holds(rule, values):
                return False
        return True

    return asked.sign(every_rule)


def any_of(*rules: Rule) -> Rule:
    """One of the rules holds; they are asked in order, up to the first that does.

    A rule that needs a user does not hold for nobody, instead of answering 401 for all of them.
    """
    asked = _Asked(rules, "any_of")

    async def some_rule(**values: Any) -> bool:
        for rule in rules:
            if await asked.holds(rule, values):
                return True
        return False

    return asked.sign(some_rule)


class _Asked:
    """Several rules as one: the parameters of all of them, each once."""

    def __init__(self, rules: tuple[Rule, ...], name: str) -> None:
        if not rules:
            raise SennitError(
                code="auth.E003", what=f"{name}() has no rules", where=name, fix=f"{name}(staff, in_team)"
            )
        self.name = name
        self.hints: dict[str, Any] = {}
        self.parameters: dict[str, inspect.Parameter] = {}
        self.required = {rule: self._add(rule) for rule in rules}

    def _add(self, rule: Rule) -> frozenset[str]:
        """Take over a rule's parameters; its names that must not be None."""
        hints, required = hints_of(rule), set()
        for name, parameter in inspect.signature(rule).parameters.items():
            hint = hints.get(name, parameter.empty)
            if hint is not parameter.empty and not is_optional(hint):
                required.add(name)
            self._merge(rule, name, parameter, hint)
        return frozenset(required)

    def _merge(self, rule: Rule, name: str, parameter: inspect.Parameter, hint: Any) -> None:
        """A value that one rule can do without is asked for in that way: the others refuse None themselves."""
        known = self.hints.get(name)
        if known is None or (is_optional(hint) and not is_optional(known)):
            self.hints[name] = hint
            self.parameters[name] = parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=hint)
        elif parameter.default != self.parameters[name].default:
            raise SennitError(
                code="auth.E004",
                what=f"two rules of {self.name}(…) have a parameter {name!r} with different defaults",
                where=place_of(rule),
                fix="give both the same default, or rename one of them",
            )

    async def holds(self, rule: Rule, values: Mapping[str, Any]) -> bool:
        given = {name: values[name] for name in inspect.signature(rule).parameters}
        if any(given[name] is None for name in self.required[rule]):
            return False
        answer = rule(**given)
        return bool(await answer if inspect.isawaitable(answer) else answer)

    def sign(self, function: Rule) -> Rule:
        """Give the function the signature of all rules together, which is what the binder reads."""
        function.__signature__ = inspect.Signature(list(self.parameters.values()))  # type: ignore[attr-defined]
        function.__annotations__ = {
            name: hint for name, hint in self.hints.items() if hint is not inspect.Parameter.empty
        }
        function.__name__ = f"{self.name}({', '.join(rule.__name__ for rule in self.required)})"
        return function
