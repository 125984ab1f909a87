"""Form bodies as a browser would send them."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

FileContent = bytes | tuple[str, bytes] | tuple[str, bytes, str]
"""A file: its content, or (file name, content), or (file name, content, media type)."""


def urlencoded(form: Mapping[str, object]) -> tuple[str, bytes]:
    """Content type and body."""
    return "application/x-www-form-urlencoded", urlencode(form, doseq=True).encode()


def multipart(form: Mapping[str, object], files: Mapping[str, FileContent]) -> tuple[str, bytes]:
    """Content type and body."""
    boundary = secrets.token_hex(16)
    parts = [_part(boundary, f'name="{name}"', str(value).encode(), "") for name, value in form.items()]
    for name, file in files.items():
        filename, content, media_type = _file(name, file)
        disposition = f'name="{name}"; filename="{filename}"'
        parts.append(_part(boundary, disposition, content, f"\r\nContent-Type: {media_type}"))
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def _file(name: str, file: FileContent) -> tuple[str, bytes, str]:
    if isinstance(file, bytes):
        return name, file, "application/octet-stream"
    return (file[0], file[1], file[2] if len(file) == 3 else "application/octet-stream")


def _part(boundary: str, disposition: str, content: bytes, extra: str) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}{extra}\r\n\r\n"
    return head.encode() + content + b"\r\n"
