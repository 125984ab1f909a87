"""The hubs of the other processes: what happens in one is told to all, so that a page is right wherever its socket ends."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from ..bus import Bus
from .change_message import decode_changes, encode_changes

if TYPE_CHECKING:
    from ..model import Change
    from .hub import Hub

log = logging.getLogger("sennit.live")

CHANGES = "live.changes"
TOPIC = "live.topic"
KICK = "live.kick"
KICK_SESSION = "live.kick_session"
VIEWERS = "live.viewers"
ASK = "live.ask"
"""A hub that has begun, or may have missed something, asks how many viewers the others have."""


class Neighbours:
    """What a hub tells and hears over the bus. `viewers`: pages that are open in other processes."""

    def __init__(self, hub: "Hub", bus: Bus) -> None:
        self._hub = hub
        self._bus = bus
        self._name = uuid4().hex
        self._counts: dict[str, int] = {}
        self._told = 0
        bus.listen(self._heard, self._missed)

    @property
    def viewers(self) -> int:
        return sum(self._counts.values())

    # -- telling -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._publish(ASK, b"")

    def changed(self, changes: "Sequence[Change]") -> None:
        if not self._bus.is_alone:
            self._bus.publish(CHANGES, encode_changes(changes))

    def touched(self, topic: str) -> None:
        self._publish(TOPIC, topic.encode())

    def kick(self, user: str) -> None:
        self._publish(KICK, user.encode())

    def kick_session(self, session_id: str) -> None:
        self._publish(KICK_SESSION, session_id.encode())

    def count(self, viewers: int) -> None:
        """This hub has so many viewers now."""
        if viewers != self._told:
            self._told = viewers
            self._tell_count()

    def _tell_count(self) -> None:
        self._publish(VIEWERS, msgspec.json.encode((self._name, self._told)))

    def _publish(self, subject: str, payload: bytes) -> None:
        if not self._bus.is_alone:
            self._bus.publish(subject, payload)

    # -- hearing -----------------------------------------------------------------------------------------------------

    def _heard(self, subject: str, payload: bytes) -> None:
        try:
            self._obey(subject, payload)
        except (ValueError, msgspec.MsgspecError):
            log.exception("a message on %r cannot be read: everything is looked at again", subject)
            self._hub.recheck()

    def _obey(self, subject: str, payload: bytes) -> None:
        if subject == CHANGES:
            self._hub.index.apply(decode_changes(payload))
        elif subject == TOPIC:
            self._hub.touch_here(payload.decode())
        elif subject == KICK:
            self._hub.kick_here(payload.decode())
        elif subject == KICK_SESSION:
            self._hub.kick_session_here(payload.decode())
        elif subject == VIEWERS:
            name, count = msgspec.json.decode(payload, type=tuple[str, int])
            self._counts[name] = count
            self._hub.neighbours_changed()
        elif subject == ASK and self._told:
            self._tell_count()

    def _missed(self) -> None:
        """Changes may be lost, and a process with its viewers: look at everything, count anew."""
        self._counts.clear()
        self._hub.recheck()
        self._publish(ASK, b"")
        self._hub.neighbours_changed()
