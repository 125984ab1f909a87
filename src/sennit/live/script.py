"""The browser script: read once, served under a name that changes with its text, so that it can be cached for ever."""

from functools import cache
from pathlib import Path

from markupsafe import Markup

from ..errors import NotFound, SennitError
from ..web import Response
from .digest import digest

FOLDER = Path(__file__).parent / "static"
PREFIX = "/-/sennit/static/"
MORPH = FOLDER / "vendor" / "idiomorph.min.js"


@cache
def script() -> bytes:
    """The morph library and our script, one file. Raises SennitError where the build has not fetched the library."""
    if not MORPH.is_file():
        raise SennitError(
            code="live.E012",
            what="the morph library for the browser is not there",
            where=str(MORPH),
            fix="run `make setup`, which fetches it; wheels carry it",
        )
    return MORPH.read_bytes() + b";\n" + (FOLDER / "live.js").read_bytes()


@cache
def script_name() -> str:
    return f"live-{digest(script())}.js"


def script_tag(nonce: str | None = None) -> Markup:
    """The script element, deferred; `nonce` for a content security policy that wants one."""
    extra = Markup(' nonce="{}"').format(nonce) if nonce else Markup()
    return Markup('<script src="{}{}" defer{}></script>').format(PREFIX, script_name(), extra)


def static_file(name: str) -> Response:
    """Raises NotFound for any other name: an old page reloads and asks for the new one."""
    if name != script_name():
        raise NotFound
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(script(), headers=headers, media_type="text/javascript; charset=utf-8")
