"""Agreeing on permessage-deflate and its parameters (RFC 7692 §5.1, §7.1)."""

from collections.abc import Iterable
from dataclasses import replace

from .deflate import LEAST_WINDOW_BITS, MOST_WINDOW_BITS, Deflate
from .extensions import Extension

PERMESSAGE_DEFLATE = "permessage-deflate"
SERVER_TAKEOVER = "server_no_context_takeover"
CLIENT_TAKEOVER = "client_no_context_takeover"
SERVER_BITS = "server_max_window_bits"
CLIENT_BITS = "client_max_window_bits"

_BITS = {str(bits): bits for bits in range(LEAST_WINDOW_BITS, MOST_WINDOW_BITS + 1)}
"""Without leading zeros (§7.1.2.1)."""
_ANY = 0
"""client_max_window_bits without a value, as an offer may have it (§7.1.2.2)."""


def negotiate_deflate(offers: Iterable[Extension], wish: Deflate) -> tuple[Deflate, str] | None:
    """The server's side: what holds now, and the extension as it is answered; None when no offer can be accepted.

    The first acceptable offer is taken (§5.1). Any window that a client asks for can be kept, so an offer is declined only
    for a parameter that is unknown, given twice or has a wrong value.
    """
    for offer in offers:
        if offer.name == PERMESSAGE_DEFLATE:
            parameters = _parse(offer, CLIENT_BITS)
            if parameters is not None:
                return _answer(parameters, wish)
    return None


def _answer(offered: dict[str, int], wish: Deflate) -> tuple[Deflate, str]:
    may_limit_client = CLIENT_BITS in offered
    client_bits = min(wish.client_max_window_bits, offered.get(CLIENT_BITS) or MOST_WINDOW_BITS)
    agreed = replace(
        wish,
        server_no_context_takeover=wish.server_no_context_takeover or SERVER_TAKEOVER in offered,
        client_no_context_takeover=wish.client_no_context_takeover or CLIENT_TAKEOVER in offered,
        server_max_window_bits=min(wish.server_max_window_bits, offered.get(SERVER_BITS, MOST_WINDOW_BITS)),
        client_max_window_bits=client_bits if may_limit_client else MOST_WINDOW_BITS,
    )
    return agreed, _text(agreed, SERVER_BITS in offered, may_limit_client and client_bits < MOST_WINDOW_BITS)


def offer_deflate(wish: Deflate) -> str:
    """The client's side: the extension as it is offered. It always says that the server may limit our window."""
    return _text(wish, False, True)


def check_deflate(answer: Iterable[Extension], offered: Deflate | None) -> Deflate | str | None:
    """The client's side: what holds now, None without the extension, or what is wrong with the answer (§5.1)."""
    extensions = list(answer)
    if not extensions:
        return None
    if offered is None or len(extensions) > 1 or extensions[0].name != PERMESSAGE_DEFLATE:
        return "the server answers with an extension that was not offered"
    parameters = _parse(extensions[0], "")
    if parameters is None:
        return "the server answers permessage-deflate with a wrong parameter"
    return _agreed(parameters, offered)


def _agreed(parameters: dict[str, int], offered: Deflate) -> Deflate | str:
    server_bits = parameters.get(SERVER_BITS, MOST_WINDOW_BITS)
    client_bits = parameters.get(CLIENT_BITS, MOST_WINDOW_BITS)
    if offered.server_no_context_takeover and SERVER_TAKEOVER not in parameters:
        return f"the server does not accept {SERVER_TAKEOVER}"
    if server_bits > offered.server_max_window_bits:
        return f"the server does not accept {SERVER_BITS}={offered.server_max_window_bits}"
    return replace(
        offered,
        server_no_context_takeover=SERVER_TAKEOVER in parameters,
        client_no_context_takeover=offered.client_no_context_takeover or CLIENT_TAKEOVER in parameters,
        server_max_window_bits=server_bits,
        client_max_window_bits=min(client_bits, offered.client_max_window_bits),
    )


def _parse(extension: Extension, may_lack_value: str) -> dict[str, int] | None:
    """The parameters by name; a flag has 1. None when one is unknown, given twice or has a wrong value."""
    found: dict[str, int] = {}
    for name, value in extension.parameters:
        number = _value(name, value, may_lack_value)
        if number is None or name in found:
            return None
        found[name] = number
    return found


def _value(name: str, value: str | None, may_lack_value: str) -> int | None:
    if name in (SERVER_TAKEOVER, CLIENT_TAKEOVER):
        return 1 if value is None else None
    if name not in (SERVER_BITS, CLIENT_BITS):
        return None
    if value is None:
        return _ANY if name == may_lack_value else None
    return _BITS.get(value)


def _text(deflate: Deflate, server_bits: bool, client_bits: bool) -> str:
    parts = [PERMESSAGE_DEFLATE]
    if deflate.server_no_context_takeover:
        parts.append(SERVER_TAKEOVER)
    if deflate.client_no_context_takeover:
        parts.append(CLIENT_TAKEOVER)
    if server_bits or deflate.server_max_window_bits < MOST_WINDOW_BITS:
        parts.append(f"{SERVER_BITS}={deflate.server_max_window_bits}")
    if client_bits:
        limited = deflate.client_max_window_bits < MOST_WINDOW_BITS
        parts.append(f"{CLIENT_BITS}={deflate.client_max_window_bits}" if limited else CLIENT_BITS)
    return "; ".join(parts)
