"""Regular expressions that cannot be made slow by what they are given (threat R40).

A backtracking engine is exponential only where one choice stands inside another; so no choice may, and there may be few in a row.
"""

from importlib import import_module
from typing import Any

MOST_CHOICES = 5
"""Repeats of no fixed number, and alternatives: in a row each multiplies the ways to try."""
MOST_OPEN = 3
"""Of them those without an upper bound, or with one above `SHORT`."""
SHORT = 8

_LOOKING = frozenset({"GROUPREF", "GROUPREF_EXISTS", "GROUPREF_IGNORE", "ASSERT", "ASSERT_NOT"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})


def objection_to(pattern: str) -> str:
    """Why a regular expression might be slow on some text, empty when it cannot be. Raises re.error for a broken one."""
    choices: list[bool] = []
    why = _look(import_module("re._parser").parse(pattern), is_repeated=False, choices=choices)
    if why:
        return why
    if len(choices) > MOST_CHOICES or sum(choices) > MOST_OPEN:
        return f"more than {MOST_OPEN} open repeats or {MOST_CHOICES} choices stand in a row"
    return ""


def _look(parts: Any, *, is_repeated: bool, choices: list[bool]) -> str:
    """Notes each choice (True: open) and returns the first objection."""
    for kind, argument in parts:
        why = _look_at(str(kind), argument, is_repeated, choices)
        if why:
            return why
    return ""


def _look_at(kind: str, argument: Any, is_repeated: bool, choices: list[bool]) -> str:
    if kind in _LOOKING:
        return "it looks back or ahead"
    if kind in _REPEATS:
        least, most, inner = argument
        return _look_at_repeat(least, most, inner, is_repeated=is_repeated, choices=choices)
    if kind == "BRANCH":
        if is_repeated:
            return "alternatives stand inside a repeat"
        choices.append(False)
        return next(filter(None, (_look(branch, is_repeated=False, choices=choices) for branch in argument[1])), "")
    if kind == "SUBPATTERN":
        return _look(argument[-1], is_repeated=is_repeated, choices=choices)
    return _look(argument, is_repeated=is_repeated, choices=choices) if kind == "ATOMIC_GROUP" else ""


def _look_at_repeat(least: int, most: int, inner: Any, *, is_repeated: bool, choices: list[bool]) -> str:
    if least != most:
        if is_repeated:
            return "a repeat stands inside a repeat"
        choices.append(most - least > SHORT)
    return _look(inner, is_repeated=is_repeated or most > 1, choices=choices)
