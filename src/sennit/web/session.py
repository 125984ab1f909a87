"""The session: a small mapping in a signed cookie, with a version and an id of its own.

The cookie carries `{"v": version, "id": 128 random bits, "at": when it began, "data": …}`, signed, not encrypted. What must be
ended from the server's side (a user's sign-in) is compared with the database by the auth strand.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import msgspec
from itsdangerous import BadSignature, TimestampSigner

from ..errors import SennitError

VERSION = 1
COOKIE = "sennit_session"
IDLE_S = 14 * 24 * 3600
"""Without a request a session ends."""
ABSOLUTE_S = 90 * 24 * 3600
"""However busy, a session ends."""
RENEW_S = 3600
"""A session in use is signed anew when its signature is older than this."""
_MOST_BYTES = 3800
"""Browsers keep cookies of 4 096 bytes with name and attributes."""


class Session(MutableMapping[str, Any]):
    """JSON values by name. It is sent when it changed or is due for renewal."""

    def __init__(
        self,
        data: dict[str, Any] | None = None,
        *,
        id: str = "",
        began_at: float | None = None,
    ) -> None:
        self._data = data or {}
        self.id = id or secrets.token_urlsafe(16)
        self.began_at = time.time() if began_at is None else began_at
        self.is_changed = False

    def __getitem__(self, name: str) -> Any:
        return self._data[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._data[name] = value
        self.is_changed = True

    def __delitem__(self, name: str) -> None:
        del self._data[name]
        self.is_changed = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def rotate(self) -> None:
        """A new id for the same data: at every change of privilege, against session fixation."""
        self.id = secrets.token_urlsafe(16)
        self.began_at = time.time()
        self.is_changed = True

    def clear(self) -> None:
        self._data.clear()
        self.rotate()


class SessionSigner:
    """Turns sessions into cookie values and back. `secrets`: the first signs, all are accepted (rotation)."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._signer = TimestampSigner(list(reversed(secrets)), salt="sennit.session", digest_method=_sha256)

    def dumps(self, session: Session) -> str:
        payload = {
            "v": VERSION,
            "id": session.id,
            "at": int(session.began_at),
            "data": dict(session),
        }
        value = self._signer.sign(_encode(payload)).decode("ascii")
        if len(value) > _MOST_BYTES:
            raise SennitError(
                code="web.E010",
                what=f"the session has grown to {len(value)} bytes; a cookie carries {_MOST_BYTES}",
                fix="keep ids in the session and the data itself in the database",
            )
        return value

    def loads(self, cookie: str | None) -> tuple[Session, bool]:
        """The session, and whether its signature is due for renewal. A cookie that is wrong or too old gives a new one."""
        if not cookie:
            return Session(), False
        try:
            raw, signed_at = self._signer.unsign(cookie, max_age=IDLE_S, return_timestamp=True)
            payload = _decode(raw)
        except (BadSignature, ValueError, msgspec.MsgspecError):
            return Session(), False
        if payload.get("v") != VERSION or time.time() - payload["at"] > ABSOLUTE_S:
            return Session(), False
        session = Session(payload["data"], id=payload["id"], began_at=payload["at"])
        return session, time.time() - signed_at.timestamp() > RENEW_S


def _sha256(data: bytes = b"") -> Any:
    return hashlib.sha256(data)


def _encode(payload: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(msgspec.json.encode(payload)).rstrip(b"=")


def _decode(raw: bytes) -> dict[str, Any]:
    payload = msgspec.json.decode(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
    if not isinstance(payload, dict):
        raise ValueError("not a session")
    return payload
