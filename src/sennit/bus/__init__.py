"""Fan-out between processes and machines: small messages, at most once, with gaps told."""

from .bus import Bus as Bus
from .bus import OnGap as OnGap
from .bus import OnMessage as OnMessage
from .local import LocalBus as LocalBus
from .relay import Relay as Relay
from .unix import UnixBus as UnixBus
