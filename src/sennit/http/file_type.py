"""The media type of a file by its name, the same on every machine: no table of the system is read."""

import mimetypes
import os

BYTES = "application/octet-stream"

_TYPES = mimetypes.MimeTypes(filenames=())
for _ending, _type in (
    (".js", "text/javascript"),  # RFC 9239
    (".mjs", "text/javascript"),
    (".map", "application/json"),
    (".webmanifest", "application/manifest+json"),
    (".md", "text/markdown"),
    (".wasm", "application/wasm"),
    (".webp", "image/webp"),
    (".avif", "image/avif"),
    (".ico", "image/x-icon"),
    (".woff", "font/woff"),
    (".woff2", "font/woff2"),
    (".ttf", "font/ttf"),
    (".otf", "font/otf"),
    (".opus", "audio/ogg"),
    (".m4a", "audio/mp4"),
    (".gz", "application/gzip"),
    (".br", BYTES),
    (".zst", "application/zstd"),
):
    _TYPES.add_type(_type, _ending)
_TYPES.encodings_map = {}  # `a.css.gz` is a packed file: said to be CSS, a browser would read garbage as a style sheet

_TEXT = frozenset(("application/json", "application/manifest+json", "application/xml", "image/svg+xml"))


def file_type(name: str) -> str:
    """Of a name or a path. With its charset, which is UTF-8; `application/octet-stream` for an ending that nobody knows."""
    stem, dot, ending = name.replace(os.sep, "/").rpartition("/")[2].rpartition(".")
    return with_charset((_TYPES.guess_type(f"file.{ending}")[0] if dot and stem else None) or BYTES)


def with_charset(media_type: str) -> str:
    """JSON has no such parameter (RFC 8259 §11): it is UTF-8 always."""
    is_text = media_type.startswith("text/") or (media_type in _TEXT and "json" not in media_type)
    return f"{media_type}; charset=utf-8" if is_text and "charset" not in media_type.lower() else media_type
