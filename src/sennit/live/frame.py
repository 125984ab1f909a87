"""A message prepared once for everybody who gets it."""

from ..http import WebSocketStream


class Frame:
    """`text` is encoded at the first offer to each kind of stream; the same bytes serve all viewers of that kind."""

    __slots__ = ("_prepared", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._prepared: dict[type, bytes] = {}

    def offer_to(self, stream: WebSocketStream) -> bool:
        """False, and nothing queued, when the peer is behind or gone."""
        kind = type(stream)
        prepared = self._prepared.get(kind)
        if prepared is None:
            prepared = self._prepared[kind] = stream.prepare(self.text)
        return stream.offer(prepared)
