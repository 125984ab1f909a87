"""What becomes of a stream: at our endpoint, and at those of `websockets` and wsproto."""

import logging
from collections.abc import Iterable
from typing import NamedTuple

from websockets.extensions.permessage_deflate import PerMessageDeflate as WebsocketsDeflate
from websockets.frames import Opcode
from websockets.protocol import CLIENT, OPEN, SERVER, Protocol
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Message, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate as WsprotoDeflate

from fuzz.websocket.grammar import Setting
from sennit.protocols.websocket import Endpoint, Role, State

WAITING, CLOSED, REFUSED = "waiting", "closed", "refused"
KEY = b"\x01\x02\x03\x04"
_quiet = logging.getLogger("fuzz.websockets")
_quiet.setLevel(logging.CRITICAL)


class Taken(NamedTuple):
    """The messages, the payloads of pings that were answered, and how it stands at the end: with which code."""

    messages: list[str | bytes]
    pings: list[bytes]
    end: str
    code: int


def our_endpoint(setting: Setting) -> Endpoint:
    role = Role.SERVER if setting.is_server else Role.CLIENT
    return Endpoint(role, max_message=setting.max_message, deflate=setting.deflate, masking_key=lambda: KEY)


def ours(setting: Setting, pieces: Iterable[bytes]) -> tuple[Taken, bytes]:
    """And all octets that it answers."""
    endpoint, messages, output = our_endpoint(setting), [], b""
    for piece in pieces:
        messages += endpoint.receive_data(piece)
        output += endpoint.take_output()
        assert endpoint.pending <= max(2 * len(piece), setting.max_message) + 200, "it holds too much"
    if endpoint.state is not State.CLOSED:
        end, code = WAITING, 0
    else:
        end, code = (CLOSED if endpoint.failure is None else REFUSED), endpoint.close_code
    return Taken(messages, pongs_in(output, not setting.is_server), end, code), output


def pongs_in(output: bytes, is_masked: bool) -> list[bytes]:
    """The payloads of the pongs; nothing else but one close frame, which is the last, may stand there."""
    pongs, at = [], 0
    while at < len(output):
        first, size = output[at], output[at + 1] & 127
        start = at + (6 if is_masked else 2)
        payload = output[start : start + size]
        if first == 0x8A:
            pongs.append(unmasked(payload) if is_masked else payload)
        else:
            assert first == 0x88 and start + size == len(output), "something stands behind the close frame"
        at = start + size
    return pongs


def unmasked(payload: bytes) -> bytes:
    return bytes(octet ^ KEY[at % 4] for at, octet in enumerate(payload))


def by_websockets(setting: Setting, data: bytes) -> Taken:
    protocol = Protocol(
        SERVER if setting.is_server else CLIENT, state=OPEN, max_size=setting.max_message, logger=_quiet
    )
    if setting.deflate is not None:
        bits, forgets = setting.window()
        protocol.extensions = [WebsocketsDeflate(forgets, True, bits, 15)]
    protocol.receive_data(data)
    messages: list[str | bytes] = []
    pings, pieces, kind = [], [], Opcode.TEXT
    for frame in protocol.events_received():
        if frame.opcode is Opcode.PING:
            pings.append(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            kind = kind if frame.opcode is Opcode.CONT else frame.opcode
            pieces.append(bytes(frame.data))
            if frame.fin:
                whole = b"".join(pieces)
                pieces.clear()
                try:
                    messages.append(whole.decode() if kind is Opcode.TEXT else whole)
                except UnicodeDecodeError:  # what its connections do with a frame that is handed to them
                    return Taken(messages, pings, REFUSED, 1007)
    if protocol.parser_exc is not None:
        assert protocol.close_sent is not None
        return Taken(messages, pings, REFUSED, int(protocol.close_sent.code))
    if protocol.close_rcvd is not None:
        return Taken(messages, pings, CLOSED, int(protocol.close_rcvd.code))
    return Taken(messages, pings, WAITING, 0)


def by_wsproto(setting: Setting, data: bytes) -> Taken:
    """It has no limit of its own."""
    extensions = []
    if setting.deflate is not None:
        bits, forgets = setting.window()
        extension = WsprotoDeflate(forgets, bits, forgets, bits)
        extension.finalize("permessage-deflate")
        extensions.append(extension)
    connection = Connection(ConnectionType.SERVER if setting.is_server else ConnectionType.CLIENT, extensions)
    connection.receive_data(data)
    messages: list[str | bytes] = []
    pings, pieces = [], []
    for event in connection.events():
        if isinstance(event, Ping):
            pings.append(bytes(event.payload))
        elif isinstance(event, Message):
            pieces.append(event.data)
            if event.message_finished:
                is_text = isinstance(event, TextMessage)
                messages.append("".join(pieces) if is_text else b"".join(pieces))
                pieces.clear()
        elif isinstance(event, CloseConnection):
            is_answered = connection.state is ConnectionState.REMOTE_CLOSING
            return Taken(messages, pings, CLOSED if is_answered else REFUSED, int(event.code))
    return Taken(messages, pings, WAITING, 0)
