"""Cookies kept between requests, and to whom they go (RFC 6265bis §5.7, §5.8)."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Self

import msgspec

from ..errors import SennitError
from ..http.cookies import serialize_set_cookie
from .public_suffix import is_public_suffix
from .set_cookie import SetCookie, parse_set_cookie
from .url import URL

Key = tuple[str, str, str]
"""Domain, path, name."""


class Cookie(msgspec.Struct):
    """`expires`: seconds since 1970; None: until the client is gone. `host_only`: for the domain itself alone."""

    name: str
    value: str
    domain: str
    path: str = "/"
    expires: float | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str = ""
    host_only: bool = True
    created: float = 0.0


class CookieJar:
    """Bounded: the oldest make room. Truthy once there is something in it."""

    def __init__(self, *, most: int = 3000, most_per_domain: int = 180, clock: Callable[[], float] = time.time) -> None:
        self._most = most
        self._most_per_domain = most_per_domain
        self._clock = clock
        self._domains: dict[str, dict[Key, Cookie]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Cookie]:
        return (cookie for cookies in [*self._domains.values()] for cookie in [*cookies.values()])

    def get(self, name: str, url: URL | None = None) -> str | None:
        """The value of a cookie: of any domain, or the one that goes to a URL."""
        cookies = self if url is None else self.cookies_for(url)
        return next((cookie.value for cookie in cookies if cookie.name == name), None)

    def set(self, name: str, value: str, *, domain: str, path: str = "/", secure: bool = False) -> None:
        """By hand, for one host. Raises SennitError (http.E003) for what a cookie cannot carry."""
        serialize_set_cookie(name, value, {})
        self._keep(Cookie(name, value, domain.lower(), path, None, secure, created=self._clock()))

    def remove(self, name: str, *, domain: str = "") -> int:
        """Those of that name, of all domains or one. How many there were."""
        found = [cookie for cookie in self if cookie.name == name and domain.lower() in ("", cookie.domain)]
        for cookie in found:
            self._drop(cookie)
        return len(found)

    def clear(self) -> None:
        self._domains.clear()
        self._count = 0

    def store(self, url: URL, set_cookie: str) -> bool:
        """What an answer from there sets; False if it may not."""
        now = self._clock()
        cookie = parse_set_cookie(set_cookie, now)
        if cookie is None or not may_set(cookie, url):
            return False
        if not (cookie.secure or url.is_secure) and self._is_held_securely(cookie, url):
            return False
        host_only = not cookie.domain or (cookie.domain == url.host and is_public_suffix(url.host))
        self._keep(
            Cookie(
                cookie.name, cookie.value, url.host if host_only else cookie.domain, cookie.path or default_path(url.path),
                cookie.expires, cookie.secure, cookie.http_only, cookie.same_site, host_only, now,
            )
        )  # fmt: skip
        return True

    def _is_held_securely(self, cookie: SetCookie, url: URL) -> bool:
        """§5.7 step 18: what an insecure place sets does not stand in for what a secure one has set."""
        path = cookie.path or default_path(url.path)
        domain = cookie.domain or url.host
        return any(
            each.secure
            and each.name == cookie.name
            and (domain_matches(each.domain, domain) or domain_matches(domain, each.domain))
            and path_matches(path, each.path)
            for each in self
        )

    def _keep(self, cookie: Cookie) -> None:
        """In place of the one with the same key, whose age it takes over (§5.7 step 24)."""
        before = self._drop(cookie)
        if before is not None:
            cookie.created = before.created
        if cookie.expires is not None and cookie.expires <= self._clock():
            return
        cookies = self._domains.setdefault(cookie.domain, {})
        cookies[cookie.domain, cookie.path, cookie.name] = cookie
        self._count += 1
        if len(cookies) > self._most_per_domain or self._count > self._most:
            self._make_room(cookies)

    def _drop(self, cookie: Cookie) -> Cookie | None:
        cookies = self._domains.get(cookie.domain, {})
        before = cookies.pop((cookie.domain, cookie.path, cookie.name), None)
        if before is not None:
            self._count -= 1
            if not cookies:
                del self._domains[cookie.domain]
        return before

    def _make_room(self, cookies: dict[Key, Cookie]) -> None:
        """What has expired goes first, then the oldest."""
        now = self._clock()
        for cookie in [each for each in self if each.expires is not None and each.expires <= now]:
            self._drop(cookie)
        if len(cookies) > self._most_per_domain:
            self._drop(min(cookies.values(), key=lambda each: each.created))
        if self._count > self._most:
            self._drop(min(self, key=lambda each: each.created))

    def cookies_for(self, url: URL) -> list[Cookie]:
        """Longer paths first, then the older ones (§5.8.3)."""
        now, path = self._clock(), url.path
        found = [
            cookie
            for domain in domains_of(url.host)
            for cookie in self._domains.get(domain, {}).values()
            if (domain == url.host or not cookie.host_only)
            and (url.is_secure or not cookie.secure)
            and (cookie.expires is None or cookie.expires > now)
            and path_matches(path, cookie.path)
        ]
        found.sort(key=lambda cookie: (-len(cookie.path), cookie.created))
        return found

    def header_for(self, url: URL) -> str:
        """The value of Cookie; empty when none goes there."""
        return "; ".join(f"{each.name}={each.value}" if each.name else each.value for each in self.cookies_for(url))

    def save(self, path: str | Path, *, session: bool = False) -> None:
        """As JSON that only the owner may read; replaced in one step. `session`: also what would go with the client."""
        kept = [cookie for cookie in self if session or cookie.expires is not None]
        target = Path(path)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.part")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(kept))
        unfinished.replace(target)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """From a file of `save`; an empty jar where there is none. Raises SennitError (client.E026) for another file."""
        jar = cls()
        try:
            cookies = msgspec.json.decode(Path(path).read_bytes(), type=list[Cookie])
        except FileNotFoundError:
            return jar
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SennitError(
                code="client.E026", what=f"this is no file of cookies: {error}", where=str(path), fix="delete the file"
            ) from None
        for cookie in cookies:
            jar._keep(cookie)
        return jar

    def fill(self, cookies: Mapping[str, str], domain: str) -> None:
        """Given by hand, for one host."""
        for name, value in cookies.items():
            self.set(name, value, domain=domain)


def may_set(cookie: SetCookie, url: URL) -> bool:
    """§5.7: the domain is that of the host or above it and nobody else's, Secure only from a secure place, the prefixes."""
    if cookie.domain and not domain_matches(url.host, cookie.domain):
        return False
    if cookie.domain and cookie.domain != url.host and is_public_suffix(cookie.domain):
        return False
    if cookie.secure and not url.is_secure:
        return False
    if cookie.same_site == "none" and not cookie.secure:
        return False
    name = cookie.name.lower()
    if name.startswith("__host-"):
        return cookie.secure and not cookie.domain and cookie.path == "/"
    if name.startswith("__secure-"):
        return cookie.secure
    return bool(cookie.name) or not cookie.value.lower().startswith(("__host-", "__secure-"))


def domain_matches(host: str, domain: str) -> bool:
    """§5.1.3: the same, or below it; an address is below nothing."""
    return host == domain or (host.endswith(f".{domain}") and not is_address(host))


def domains_of(host: str) -> list[str]:
    """The host and what is above it."""
    if is_address(host):
        return [host]
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def default_path(path: str) -> str:
    """§5.1.4: the folder of what was asked."""
    return path[: path.rfind("/")] or "/" if path.startswith("/") else "/"


def path_matches(path: str, cookie_path: str) -> bool:
    return path == cookie_path or (
        path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")
    )
