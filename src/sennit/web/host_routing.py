"""Routes of single hosts: `Router(host="api.example.org")`, `Router(host="{team}.example.org")`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from .hosts import AllowedHosts, ascii_host, host_name
from .path import PathPattern
from .routing import Found, RouteTable

if TYPE_CHECKING:
    from .route import Route

MOST_KNOWN = 256
"""Hosts whose tables are remembered; a site of many tenants looks the others up each time."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class HostPattern:
    """A host name whose labels may be parameters: `{team}.example.org`. As text it is in lower case and ASCII."""

    text: str
    names: tuple[str, ...]

    @cached_property
    def match(self) -> re.Pattern[str]:
        labels = [_PARAMETER.fullmatch(label) for label in self.text.split(".")]
        return re.compile(
            r"\.".join(
                f"(?P<{label[1]}>{_LABEL})" if label else re.escape(text)
                for label, text in zip(labels, self.text.split("."), strict=True)
            )
        )

    def params(self, name: str) -> dict[str, str] | None:
        """The labels by name, None for a host that does not match."""
        match = self.match.fullmatch(name)
        return match.groupdict() if match else None

    def build(self, params: Mapping[str, Any]) -> str:
        """Raises ValueError with a parameter's name and text when it is no label."""
        host = self.text
        for name in self.names:
            text = str(getattr(params[name], "value", params[name])).lower()
            if not re.fullmatch(_LABEL, text):
                raise ValueError(name, text)
            host = host.replace(f"{{{name}}}", text)
        return host

    @property
    def example(self) -> str:
        """One host that matches."""
        return _PARAMETER.sub("any", self.text)

    def is_allowed(self, hosts: AllowedHosts) -> bool:
        """Whether some host that matches is answered at all."""
        return hosts.allows(self.example) or any(self.params(name) is not None for name in hosts.concrete)


def parse_host(text: str, where: str) -> HostPattern:
    """Raises SennitError route.E015 for what is no host name."""
    plain = _PARAMETER.sub("x", text)
    names = tuple(_PARAMETER.findall(text))
    labels = [label if _PARAMETER.fullmatch(label) else ascii_host(label) for label in text.split(".")]
    is_name = all(_PARAMETER.fullmatch(label) or re.fullmatch(_LABEL, label) for label in labels)
    if host_name(plain) != plain.lower() or not is_name or len(set(names)) != len(names):
        raise SennitError(
            code="route.E015",
            what=f"{text!r} is no host name",
            where=where,
            fix="write it without scheme, port and path: 'api.example.org', or '{team}.example.org'",
        )
    return HostPattern(".".join(labels), names)


class HostTables:
    """The table of each host; on a host its own routes are tried first, all of them, then those without a host.

    Of two patterns that fit the one with fewer parameters is tried first.
    """

    def __init__(self, common: RouteTable, routes: Iterable["Route"]) -> None:
        by_host: dict[HostPattern, list[Route]] = {}
        for route in routes:
            if route.host is not None:
                by_host.setdefault(route.host, []).append(route)
        self._common = common
        self._tables = {host: RouteTable(own) for host, own in sorted(by_host.items(), key=_by_parameters)}
        self._known: dict[str, HostView] = {}

    @property
    def mistakes(self) -> list[SennitError]:
        return [mistake for table in self._tables.values() for mistake in table.mistakes]

    def at(self, host: str) -> "HostView":
        """What answers on a host; as in the Host field, allowed already."""
        view = self._known.get(host)
        if view is None:
            view = self._view(host_name(host))
            if len(self._known) < MOST_KNOWN:
                self._known[host] = view
        return view

    def _view(self, name: str) -> "HostView":
        fitting = [(table, params) for host, table in self._tables.items() if (params := host.params(name)) is not None]
        return HostView([*fitting, (self._common, {})])


class HostView:
    """Several tables that answer like one (`RouteTable`), with the parameters of the host."""

    def __init__(self, tables: list[tuple[RouteTable, dict[str, str]]]) -> None:
        self._tables = tables

    def is_static(self, raw_path: str) -> bool:
        return any(table.is_static(raw_path) for table, _ in self._tables)

    def is_beside_static(self, raw_path: str) -> bool:
        return any(table.is_beside_static(raw_path) for table, _ in self._tables)

    def find(self, raw_path: str) -> Found | None:
        for table, params in self._tables:
            found = table.find(raw_path)
            if found is not None:
                return (found[0], {**params, **found[1]}) if params else found
        return None

    def matches(self, raw_path: str) -> Iterator[Found]:
        for table, params in self._tables:
            for methods, own in table.matches(raw_path):
                yield methods, {**params, **own}


def _by_parameters(entry: tuple[HostPattern, object]) -> tuple[int, int]:
    host, _ = entry
    return len(host.names), -host.text.count(".")


def uncovered_hosts(routes: Iterable["Route"], hosts: AllowedHosts) -> list[SennitError]:
    """Hosts of routers that no request can reach, because the application does not answer for them."""
    found: dict[HostPattern, Route] = {}
    for route in routes:
        if route.host is not None and not route.host.is_allowed(hosts):
            found.setdefault(route.host, route)
    return [
        SennitError(
            code="route.E016",
            what=f"the routes of the host {host.text!r} cannot be reached: it is not among the allowed hosts",
            where=route.where,
            fix=f"add {_allowing(host)!r} to hosts, as in App(hosts=[{', '.join(map(repr, (*hosts.names, _allowing(host))))}])",
        )
        for host, route in found.items()
    ]


def _allowing(host: HostPattern) -> str:
    """The entry of `hosts` that allows a pattern: `.example.org` for `{team}.example.org`."""
    last = host.text.rpartition("}")[2]
    return last or "*"


def names_of(host: HostPattern | None, pattern: PathPattern) -> tuple[str, ...]:
    """All parameters of a route, those of the host first."""
    return (*host.names, *pattern.names) if host is not None else pattern.names
