"""WebSocket on the wire (RFC 6455) with permessage-deflate (RFC 7692), both sides."""

from . import close_code as close_code
from .errors import NotSendable as NotSendable
from .errors import WebSocketError as WebSocketError
from .state import Role as Role
from .state import State as State
from .endpoint import Endpoint as Endpoint
from .endpoint import serialize_message as serialize_message
from .deflate import Deflate as Deflate
from .handshake import VERSION as VERSION
from .handshake import Handshake as Handshake
from .handshake import accept_lines as accept_lines
from .handshake import receive_handshake as receive_handshake
from .receiver import Close as Close
from .receiver import Event as Event
from .receiver import Ping as Ping
from .receiver import Pong as Pong
from .receiver import Receiver as Receiver
from .sender import serialize_close as serialize_close
from .sender import serialize_ping as serialize_ping
from .sender import serialize_pong as serialize_pong
