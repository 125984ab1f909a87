"""The page's token: which route with which inputs a page shows. Signed, 24 hours, and it grants nothing.

It keeps the inputs honest: a browser can only ask for pages that the server has made. Whether it may see them is asked
again at every join.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from itsdangerous import BadData, URLSafeTimedSerializer

LIFE_S = 24 * 3600
MOST = 4096
"""Characters; a page whose inputs need more is not live."""


class PageInputs(NamedTuple):
    """route: its name. params: path segments. query: pairs in order."""

    route: str
    params: Mapping[str, str]
    query: Sequence[tuple[str, str]]


class PageTokens:
    def __init__(self, secret: bytes | Sequence[bytes]) -> None:
        """secret: one, or several of which the last signs and all are accepted."""
        key = [secret] if isinstance(secret, bytes) else list(secret)
        self._serializer = URLSafeTimedSerializer(key, salt="sennit.live.page")

    def dumps(self, inputs: PageInputs) -> str | None:
        """None when the inputs are too long for a token."""
        token = self._serializer.dumps([inputs.route, dict(inputs.params), [list(pair) for pair in inputs.query]])
        text = token.decode() if isinstance(token, bytes) else token
        return text if len(text) <= MOST else None

    def loads(self, token: str) -> PageInputs | None:
        """None for one that is forged, damaged or older than a day."""
        if len(token) > MOST:
            return None
        try:
            route, params, query = self._serializer.loads(token, max_age=LIFE_S)
        except BadData:
            return None
        return PageInputs(route, params, [(name, value) for name, value in query])
