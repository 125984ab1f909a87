"""One Set-Cookie field as a client reads it (RFC 6265bis §5.6): lenient where browsers are, and linear."""

import calendar
import re
from dataclasses import dataclass

LONGEST = 4096
"""Octets of name and value together; more is no cookie."""
LONGEST_ATTRIBUTE = 1024
LONGEST_LIFE_S = 400 * 24 * 3600
"""§5.5: a cookie lives 400 days at most."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DELIMITER = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?")
_DAY = re.compile(r"(\d{1,2})(?:\D.*)?")
_YEAR = re.compile(r"(\d{2,4})(?:\D.*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(slots=True)
class SetCookie:
    """`domain` without its dot, empty without the attribute; `path` empty for the default; `expires` seconds since 1970."""

    name: str
    value: str
    domain: str = ""
    path: str = ""
    expires: float | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str = ""


def parse_set_cookie(text: str, now: float) -> SetCookie | None:
    """None for what is no cookie: a control character, nothing at all, too long."""
    if _CONTROL.search(text):
        return None
    pair, _, rest = text.partition(";")
    name, equals, value = pair.partition("=")
    name, value = (name.strip(" \t"), value.strip(" \t")) if equals else ("", pair.strip(" \t"))
    if not (name or value) or len(name) + len(value) > LONGEST:
        return None
    cookie = SetCookie(name, value)
    max_age: float | None = None
    for attribute in rest.split(";"):
        key, _, setting = attribute.partition("=")
        if len(setting) <= LONGEST_ATTRIBUTE:
            max_age = _set(cookie, key.strip(" \t").lower(), setting.strip(" \t"), now, max_age)
    if max_age is not None:
        cookie.expires = now + max_age if max_age > 0 else 0.0
    if cookie.expires is not None:
        cookie.expires = min(cookie.expires, now + LONGEST_LIFE_S)
    return cookie


def _set(cookie: SetCookie, key: str, setting: str, now: float, max_age: float | None) -> float | None:
    if key == "expires":
        date = parse_cookie_date(setting)
        cookie.expires = cookie.expires if date is None else date
    elif key == "max-age":
        return _seconds(setting, max_age)
    elif key == "domain":
        cookie.domain = setting.removeprefix(".").lower()
    elif key == "path":
        cookie.path = setting if setting.startswith("/") else ""
    elif key == "secure":
        cookie.secure = True
    elif key == "httponly":
        cookie.http_only = True
    elif key == "samesite":
        cookie.same_site = setting.lower() if setting.lower() in ("strict", "lax", "none") else ""
    return max_age


def _seconds(setting: str, before: float | None) -> float | None:
    digits = setting.removeprefix("-")
    if not digits.isascii() or not digits.isdigit():
        return before
    return min(float(setting[:12]), LONGEST_LIFE_S)


def parse_cookie_date(text: str) -> float | None:
    """Seconds since 1970, of whatever order a server writes a date in (§5.1.1)."""
    time = day = month = year = None
    for token in _DELIMITER.split(text):
        if time is None and (match := _TIME.fullmatch(token)):
            time = (int(match[1]), int(match[2]), int(match[3]))
        elif day is None and (match := _DAY.fullmatch(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.fullmatch(token)):
            year = _full_year(int(match[1]))
    if time is None or day is None or month is None or year is None:
        return None
    if year < 1601 or not 1 <= day <= calendar.monthrange(year, month)[1] or time > (23, 59, 59) or max(time[1:]) > 59:
        return None
    return float(calendar.timegm((year, month, day, *time)))


def _full_year(year: int) -> int:
    if 70 <= year <= 99:
        return year + 1900
    return year + 2000 if year <= 69 else year
