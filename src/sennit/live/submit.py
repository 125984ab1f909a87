"""The answer to a live form: what the commit changed of the page, so that the sender sees it even with the socket down."""

import logging
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ..web import Redirect, Response
from . import wire
from .reads import ReadLog
from .seat import Refused, admit

if TYPE_CHECKING:
    from ..web import Request
    from .hub import Hub

log = logging.getLogger("sennit.live")

HEADER = "sennit-live"
ANSWER = "application/vnd.sennit.live+json"


class Held(NamedTuple):
    """What the browser says in the header: the page's token, and the digests it has by shape."""

    token: str
    shapes: dict[str, str]


def parse_held(value: str) -> Held:
    """`token shape=digest shape=digest …`; what is malformed counts as not held."""
    token, *pairs = value.split(" ")[: wire.MOST_SHAPES + 1]
    parted = (pair.partition("=") for pair in pairs)
    return Held(token, {shape: digest for shape, equals, digest in parted if equals and len(shape) <= 16})


async def answer(hub: "Hub", request: "Request", response: Response) -> Response:
    """For a success: JSON `{"location": path or null, "frames": […]}`. Anything else goes as it is."""
    if response.status >= 400:
        return response
    held = parse_held(request.headers.get(HEADER, ""))
    location = location_of(hub, request, response)
    is_elsewhere = location is not None and not _is_same_page(hub, held.token, location)
    if location is None and response.body and not (response.media_type or "").startswith("application/json"):
        return response
    frames = [] if is_elsewhere else await _frames(hub, request, held)
    text = f'{{"location":{msgspec.json.encode(location if is_elsewhere else None).decode()},"frames":[{",".join(frames)}]}}'
    made = Response(text.encode(), headers={"cache-control": "no-store"}, media_type=ANSWER)
    for name, value in response.headers.lines():
        if name == "set-cookie":
            made.headers.add(name, value)
    return made


def location_of(hub: "Hub", request: "Request", response: Response) -> str | None:
    """Where a redirect leads; None for other answers."""
    if isinstance(response, Redirect):
        return hub.site.location(request, response)
    return response.headers.get("location") if 300 <= response.status < 400 else None


def _is_same_page(hub: "Hub", token: str, location: str) -> bool:
    page = hub.page(token)
    if page is None:
        return False
    route, inputs = page
    target = urlsplit(location)
    return target.path == urlsplit(route.url(**inputs.params)).path and _pairs(target.query) == sorted(inputs.query)


def _pairs(query: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return sorted(parse_qsl(query, keep_blank_values=True))


async def _frames(hub: "Hub", request: "Request", held: Held) -> list[str]:
    """The differences for this user, rules asked again; none when the page is not his or cannot be rendered now."""
    page = hub.page(held.token)
    if page is None:
        return []
    route, inputs = page
    try:
        scene = await admit(hub, route, inputs, request, ReadLog())
        shapes = [shape for shape in map(scene.shape, hub.regions(route)) if shape.id in held.shapes]
        await scene.fresh(shapes)
    except Refused as refused:
        return [wire.gone(shape, refused.why) for shape in held.shapes]
    except Exception:
        log.exception("the regions of %r cannot be rendered after a form", route.name)
        return []
    return [text for shape in shapes if (text := shape.since(held.shapes[shape.id])) is not None]
