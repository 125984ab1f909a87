"""Digest authentication (RFC 7616): MD5, SHA-256 and SHA-512-256, each with and without -sess, `qop` auth and auth-int, user
names hashed or beyond ASCII. The password itself never goes over the wire."""

import hashlib
import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from ..call import Lines
from ..middleware import Next
from ..request import Request, merged
from ..response import Response
from ..unread import leave

_PARAMETER = re.compile(r'\s*([a-zA-Z0-9_\-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
_SCHEME = re.compile(r"(?:^|,\s*)digest\s+", re.IGNORECASE)
_ALGORITHMS: dict[str, Callable[[bytes], Any]] = {
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha-256": hashlib.sha256,
    "sha-512-256": partial(hashlib.new, "sha512_256"),
}
"""From the weakest to the strongest (§3.7)."""
_NEXT_NONCE = re.compile(r'(?:^|[\s,])nextnonce\s*=\s*"([\x21\x23-\x5b\x5d-\x7e]+)"', re.IGNORECASE)
LONGEST = 4096
"""Octets of a challenge that are looked at."""


class Digest:
    """The first request is answered with a challenge; those that follow answer it at once, until there is a new one."""

    def __init__(self, user: str, password: str, *, cnonce: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._user = user
        self._password = password
        self._cnonce = cnonce
        self._challenge: dict[str, str] | None = None
        self._count = 0

    async def __call__(self, request: Request, next: Next) -> Response:
        if not request.is_at_home:
            return await next(request)
        request.settle()
        plain = request.lines
        self._answer(request, plain)
        response = await next(request)
        if response.status != 401:
            self._look_for_next(response)
            return response
        challenge = chosen_challenge(response.headers.get_all("www-authenticate"), request.has_known_body)
        if challenge is None or self._is_refused(request, plain, challenge):
            return response
        self._challenge, self._count = challenge, 0
        await leave(response)
        self._answer(request, plain)
        response = await next(request)
        self._look_for_next(response)
        return response

    def _look_for_next(self, response: Response) -> None:
        """The server may say which nonce it wants from now on (§3.5)."""
        said = _NEXT_NONCE.search(response.headers.get("authentication-info", "")[:LONGEST])
        if said is not None and self._challenge is not None:
            self._challenge, self._count = {**self._challenge, "nonce": said[1]}, 0

    def _is_refused(self, request: Request, plain: Lines, challenge: dict[str, str]) -> bool:
        """The challenge was answered, and it is not that it was too old: the password is wrong."""
        return (
            request.lines is not plain and challenge.get("stale", "").lower() != "true" and self._challenge == challenge
        )

    def _answer(self, request: Request, plain: Lines) -> None:
        if self._challenge is None:
            return
        self._count += 1
        value = self.credentials(
            self._challenge, request.method, request.url.target, self._count, self._cnonce(), request.body_text or b""
        )
        request.lines = merged(plain, [(b"authorization", value.encode("utf-8"))])

    def credentials(
        self, challenge: dict[str, str], method: str, target: str, count: int, cnonce: str, body: bytes = b""
    ) -> str:
        """The value of Authorization (§3.4)."""
        algorithm = challenge.get("algorithm", "MD5")
        digest = _digest_of(algorithm)
        realm, nonce, qop = challenge.get("realm", ""), challenge["nonce"], qop_of(challenge)
        secret = digest(f"{self._user}:{realm}:{self._password}")
        if algorithm.lower().endswith("-sess"):
            secret = digest(f"{secret}:{nonce}:{cnonce}")
        asked = digest(f"{method}:{target}" + (f":{digest(body)}" if qop == "auth-int" else ""))
        parts = [self._named(challenge, digest), *_quoted(realm=realm, nonce=nonce, uri=target)]
        if qop:
            shown = f"{count:08x}"
            answer = digest(f"{secret}:{nonce}:{shown}:{cnonce}:{qop}:{asked}")
            parts += [f"qop={qop}", f"nc={shown}", *_quoted(cnonce=cnonce)]
        else:
            answer = digest(f"{secret}:{nonce}:{asked}")
        if "opaque" in challenge:
            parts += _quoted(opaque=challenge["opaque"])
        return "Digest " + ", ".join([*parts, f"algorithm={algorithm}", f'response="{answer}"'])

    def _named(self, challenge: dict[str, str], digest: "Digesting") -> str:
        """§3.4.4: hashed where the server can look that up; beyond ASCII by RFC 8187, which it need not guess at."""
        if challenge.get("userhash", "").lower() == "true":
            hashed = digest(f"{self._user}:{challenge.get('realm', '')}")
            return f'username="{hashed}", userhash=true'
        if not self._user.isascii() and challenge.get("charset", "").lower() == "utf-8":
            return f"username*=UTF-8''{quote(self._user, safe='')}"
        return f'username="{escaped(self._user)}"'


Digesting = Callable[[str | bytes], str]


def _digest_of(algorithm: str) -> Digesting:
    make = _ALGORITHMS[algorithm.lower().removesuffix("-sess")]

    def digest(text: str | bytes) -> str:
        return str(make(text.encode() if isinstance(text, str) else text).hexdigest())

    return digest


def _quoted(**parts: str) -> list[str]:
    return [f'{name}="{escaped(value)}"' for name, value in parts.items()]


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def chosen_challenge(values: list[str], has_known_body: bool = True) -> dict[str, str] | None:
    """The strongest that can be answered (§3.7). has_known_body: auth-int can be, which is about the body's octets."""
    found = [challenge for value in values for challenge in challenges(value[:LONGEST])]
    answerable = [each for each in found if can_answer(each) and (has_known_body or qop_of(each) != "auth-int")]
    return max(answerable, key=_strength, default=None)


def _strength(challenge: dict[str, str]) -> int:
    return [*_ALGORITHMS].index(challenge.get("algorithm", "MD5").lower().removesuffix("-sess"))


def qop_of(challenge: dict[str, str]) -> str:
    """auth before auth-int, which binds the program to bodies in memory; empty for a server of RFC 2069; "?" for another."""
    if "qop" not in challenge:
        return ""
    offers = [each.strip().lower() for each in challenge["qop"].split(",")]
    return next((qop for qop in ("auth", "auth-int") if qop in offers), "?")


def challenges(value: str) -> list[dict[str, str]]:
    found = []
    for match in _SCHEME.finditer(value):
        parameters: dict[str, str] = {}
        position = match.end()
        while parameter := _PARAMETER.match(value, position):
            quoted = parameter[2]
            parameters[parameter[1].lower()] = parameter[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            position = parameter.end()
        found.append(parameters)
    return found


def can_answer(challenge: dict[str, str]) -> bool:
    algorithm = challenge.get("algorithm", "MD5").lower().removesuffix("-sess")
    text = "".join(challenge.values())
    return "nonce" in challenge and algorithm in _ALGORITHMS and qop_of(challenge) != "?" and text.isprintable()
