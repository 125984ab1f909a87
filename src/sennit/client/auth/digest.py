"""Digest authentication (RFC 7616): MD5 and SHA-256, `qop=auth`. The password itself never goes over the wire."""

import hashlib
import re
import secrets
from collections.abc import Callable

from ..middleware import Next
from ..request import Request, merged
from ..response import Response

_PARAMETER = re.compile(r'\s*([a-zA-Z0-9_\-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
_SCHEME = re.compile(r"(?:^|,\s*)digest\s+", re.IGNORECASE)
_ALGORITHMS = {"md5": hashlib.md5, "sha-256": hashlib.sha256}
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
            return response
        challenge = chosen_challenge(response.headers.get_all("www-authenticate"))
        if challenge is None or self._is_refused(request, plain, challenge):
            return response
        self._challenge, self._count = challenge, 0
        response.release()
        self._answer(request, plain)
        return await next(request)

    def _is_refused(self, request: Request, plain: list[tuple[bytes, bytes]], challenge: dict[str, str]) -> bool:
        """The challenge was answered, and it is not that it was too old: the password is wrong."""
        return (
            request.lines is not plain and challenge.get("stale", "").lower() != "true" and self._challenge == challenge
        )

    def _answer(self, request: Request, plain: list[tuple[bytes, bytes]]) -> None:
        if self._challenge is None:
            return
        self._count += 1
        value = self.credentials(self._challenge, request.method, request.url.target, self._count, self._cnonce())
        request.lines = merged(plain, [(b"authorization", value.encode("utf-8"))])

    def credentials(self, challenge: dict[str, str], method: str, target: str, count: int, cnonce: str) -> str:
        """The value of Authorization (§3.4)."""
        algorithm = challenge.get("algorithm", "MD5")
        plain_algorithm = algorithm.lower().removesuffix("-sess")

        def digest(text: str) -> str:
            return _ALGORITHMS[plain_algorithm](text.encode()).hexdigest()

        realm, nonce = challenge.get("realm", ""), challenge["nonce"]
        secret = digest(f"{self._user}:{realm}:{self._password}")
        if algorithm.lower().endswith("-sess"):
            secret = digest(f"{secret}:{nonce}:{cnonce}")
        asked = digest(f"{method}:{target}")
        parts = {"username": self._user, "realm": realm, "nonce": nonce, "uri": target}
        quoted = [f'{name}="{escaped(value)}"' for name, value in parts.items()]
        if "qop" in challenge:
            shown = f"{count:08x}"
            answer = digest(f"{secret}:{nonce}:{shown}:{cnonce}:auth:{asked}")
            quoted += ["qop=auth", f"nc={shown}", f'cnonce="{cnonce}"']
        else:
            answer = digest(f"{secret}:{nonce}:{asked}")
        if "opaque" in challenge:
            quoted.append(f'opaque="{escaped(challenge["opaque"])}"')
        return "Digest " + ", ".join([*quoted, f"algorithm={algorithm}", f'response="{answer}"'])


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def chosen_challenge(values: list[str]) -> dict[str, str] | None:
    """The strongest that can be answered: SHA-256 before MD5 (§3.7)."""
    found = [challenge for value in values for challenge in challenges(value[:LONGEST]) if can_answer(challenge)]
    return max(found, key=lambda each: each.get("algorithm", "MD5").lower().startswith("sha-256"), default=None)


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
    offers = [each.strip().lower() for each in challenge.get("qop", "auth").split(",")]
    text = "".join(challenge.values())
    return "nonce" in challenge and algorithm in _ALGORITHMS and "auth" in offers and text.isprintable()
