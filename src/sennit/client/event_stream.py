"""The format of event streams (HTML standard §9.2.6): octets in, events out."""

from codecs import BOM_UTF8
from dataclasses import dataclass

MOST_RETRY_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Event:
    """`id`: the last one that the stream has given, this event's own or an earlier one's."""

    data: str
    event: str = "message"
    id: str = ""


class EventStream:
    """Decodes one stream. `last_event_id` and `retry_s` (None until the server says one) go on to the next.

    `pending`: octets of an event that is not whole; the caller bounds it.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry_s: float | None = None
        self._rest = bytearray()
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = last_event_id
        self._is_first = True
        self._after_cr = False

    @property
    def pending(self) -> int:
        return len(self._rest) + self._size

    def receive_data(self, data: bytes) -> list[Event]:
        """Lines end with CRLF, CR or LF. An event that no empty line ends is never given."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if not self._is_first and b"\n" not in data and b"\r" not in data:
            self._rest += data  # joined once its line ends: one that drips in costs no more than one that comes at once
            return []
        data = bytes(self._rest) + data
        self._rest.clear()
        if self._is_first:
            if len(data) < len(BOM_UTF8) and BOM_UTF8.startswith(data):
                self._rest += data
                return []
            self._is_first = False
            data = data.removeprefix(BOM_UTF8)
        self._after_cr = data.endswith(b"\r")
        *lines, rest = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest += rest
        events = [self._line(line.decode("utf-8", "replace")) for line in lines]
        return [event for event in events if event is not None]

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        if name == "data":
            self._data.append(value)
            self._size += len(value) + 1
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_s = min(int(value[:10]), MOST_RETRY_MS) / 1000

    def _dispatch(self) -> Event | None:
        self.last_event_id = self._id
        event = Event("\n".join(self._data), self._event or "message", self._id) if self._data else None
        self._data, self._event, self._size = [], "", 0
        return event
