"""Text that the database holds encrypted: who has only the file or a copy of it reads nothing.

AES-256-GCM under a key drawn from the application's secret, a new nonce for each value, the library loaded when first
needed. Values cannot be compared or sorted by the database.
"""

import base64
import os
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.types import TypeDecorator

from ..errors import SennitError

_MARK = "v1."
_NONCE_OCTETS = 12


class Keyring:
    """Keys drawn from secrets: the first encrypts, all decrypt, so that a secret can be replaced."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._ciphers = [_cipher(secret) for secret in secrets]

    def encrypt(self, text: str) -> str:
        """The text for the database."""
        nonce = os.urandom(_NONCE_OCTETS)
        sealed = nonce + self._ciphers[0].encrypt(nonce, text.encode(), None)
        return _MARK + base64.urlsafe_b64encode(sealed).decode()

    def decrypt(self, stored: str) -> str | None:
        """The text, None where no key fits or the value was changed."""
        from cryptography.exceptions import InvalidTag

        try:
            sealed = base64.urlsafe_b64decode(stored.removeprefix(_MARK))
        except ValueError:
            return None
        for cipher in self._ciphers:
            try:
                return bytes(cipher.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], None)).decode()
            except (InvalidTag, ValueError):
                continue
        return None


def _cipher(secret: str) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise SennitError(
            code="model.E042",
            what="a column is encrypted, and the package `cryptography` is not installed",
            fix="pip install 'sennit[encrypted]'",
        ) from error
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"sennit.model.encrypted").derive(secret.encode()))


class NoKey(SennitError, DontWrapMixin):
    """A value that cannot be encrypted or decrypted."""


class Sealed(str):
    """What the database holds, to be stored as it is: a dump is as unreadable as the database."""

    __slots__ = ()

    @classmethod
    def from_dump(cls, text: object) -> "Sealed":
        """Raises ValueError for a text that is not encrypted."""
        if not isinstance(text, str) or not text.startswith(_MARK):
            raise ValueError("the column is encrypted, and this is not")
        return cls(text)


class Encrypted(TypeDecorator[str]):
    """The type of `column(encrypted=True)`."""

    impl = Text
    cache_ok = True

    def __init__(self) -> None:
        super().__init__()
        self._keyrings: list[Keyring] = []  # filled by use_secrets; copies of the type share it

    def use(self, keyring: Keyring) -> None:
        """Encrypt and decrypt with this from now on."""
        self._keyrings[:] = [keyring]

    def _keyring(self) -> Keyring:
        if not self._keyrings:
            raise NoKey(
                code="model.E043",
                what="an encrypted column was used before the application's secret was known",
                fix="App(secret=…) gives it when it starts; a program without an App says use_secrets([Patient], [secret])",
            )
        return self._keyrings[0]

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if isinstance(value, Sealed):
            return str(value)
        if value is not None and type(value) is not str:
            raise TypeError(f"an encrypted column holds text, not {type(value).__name__}")
        return None if value is None else self._keyring().encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        text = self._keyring().decrypt(value)
        if text is None:
            raise NoKey(
                code="model.E044",
                what="an encrypted value cannot be read with the secrets of this application",
                fix='keep the old secret behind the new one until all is stored anew: secret = ["new", "old"]',
            )
        return text

    class Comparator(TypeDecorator.Comparator[str]):
        """Whether there is a value can be asked, nothing else."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            is_equality = op in (operators.eq, operators.ne)
            # Python itself compares columns that meet in a set.
            if op in (operators.is_, operators.is_not) or (is_equality and _is_none_or_column(other[0])):
                return super().operate(op, *other, **options)
            raise SennitError(
                code="model.E045",
                what=f"{self.expr} is encrypted, so the database cannot compare or sort it",
                fix="find the row by another column; store a digest of the value beside it where it must be found",
            )

    comparator_factory = Comparator


def _is_none_or_column(value: Any) -> bool:
    return value is None or isinstance(value, (ColumnClause, QueryableAttribute))


def use_secrets(models: Iterable[Any], secrets: Sequence[str]) -> None:
    """Let the encrypted columns of the models use keys drawn from these secrets, the first of them for new values.

    Raises SennitError `model.E042` where there is such a column and `cryptography` is not installed.
    """
    kinds = [c.type for model in models for c in model.__table__.columns if isinstance(c.type, Encrypted)]
    if not kinds:
        return
    keyring = Keyring(secrets)
    for kind in kinds:
        kind.use(keyring)
