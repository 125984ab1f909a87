"""What an application does not have: switched off, or not built yet. The errors say which, and how to get it."""

from ..errors import SennitError


def switched_off(strand: str, example: str) -> SennitError:
    return SennitError(
        code="app.E001", what=f"this application has no {strand}", where=f"app.{strand}", fix=f"switch it on: {example}"
    )


def not_built(name: str) -> SennitError:
    return SennitError(
        code="app.E003",
        what=f"app.{name} is not part of this version of sennit",
        where=f"app.{name}",
        fix="see CHANGELOG.md for what each version brings",
    )
