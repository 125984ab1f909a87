"""Bytes in motion: endpoints, connections, framing codecs, limits, deadlines, services."""

from .endpoint import Endpoint as Endpoint
from .address import Address as Address
from .limits import Limits as Limits
from .listener import Listener as Listener
from .coroutine import per_connection as per_connection
from .conn import Conn as Conn
from .peer import Peer as Peer
from .peer import broadcast as broadcast
from .protocol import Protocol as Protocol
from .connection import Connection as Connection
from .codec import Codec as Codec
from .codec import lines as lines
from .errors import ConnectionClosed as ConnectionClosed
from .errors import ProtocolError as ProtocolError
from .errors import Incomplete as Incomplete
from .reason import CloseReason as CloseReason
from .reason import Clean as Clean
from .reason import Reset as Reset
from .reason import Truncated as Truncated
from .reason import TimedOut as TimedOut
from .reason import Malformed as Malformed
from .reason import Evicted as Evicted
from .reason import Shutdown as Shutdown
from .reason import Failed as Failed
from .service import Service as Service
from .service import ServiceTree as ServiceTree
