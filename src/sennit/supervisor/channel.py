"""The line between supervisor and worker: a message is a line of JSON; listening sockets travel along."""

import os
import socket
from typing import Any, Generic, TypeVar

import msgspec

from .messages import FromWorker, ToWorker

T = TypeVar("T")

MOST_LINE = 256 * 1024
MOST_DESCRIPTORS = 250
"""Of one message; Linux passes 253 at most."""


class ChannelClosed(Exception):
    """The other end has gone, or what it says cannot be understood."""


class Channel(Generic[T]):
    """One end. `descriptors` of a message are duplicates that belong to the receiver."""

    def __init__(self, end: socket.socket, expected: Any) -> None:
        self._end = end
        self._decoder = msgspec.json.Decoder(expected)
        self._held = b""
        self._descriptors: list[int] = []
        end.setblocking(False)

    def fileno(self) -> int:
        return self._end.fileno()

    def send(self, message: msgspec.Struct, descriptors: list[int] | None = None) -> None:
        """Never waits: messages are few and small. Raises ChannelClosed, also for an end that does not read."""
        line = msgspec.json.encode(message) + b"\n"
        try:
            sent = socket.send_fds(self._end, [line], descriptors or [])
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        if sent != len(line):
            raise ChannelClosed("the other end does not read")

    def receive(self) -> list[T]:
        """What has come, perhaps nothing. Raises ChannelClosed."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._end, 65536, MOST_DESCRIPTORS)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        self._descriptors.extend(descriptors)
        if not data:
            raise ChannelClosed("the other end has gone")
        *lines, self._held = (self._held + data).split(b"\n")
        if len(self._held) > MOST_LINE:
            raise ChannelClosed("a message without an end")
        return [self._decode(line) for line in lines]

    def take_sockets(self, count: int) -> list[socket.socket]:
        """The next sockets that came along with messages, in their order. Raises ChannelClosed when they did not come."""
        if count > len(self._descriptors):
            raise ChannelClosed("sockets are missing")
        taken, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return [_socket(descriptor) for descriptor in taken]

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._end.close()

    def _decode(self, line: bytes) -> T:
        try:
            message: T = self._decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise ChannelClosed(f"a message that is none: {error}") from error
        return message


def _socket(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def worker_end(end: socket.socket) -> "Channel[ToWorker]":
    return Channel(end, ToWorker)


def supervisor_end(end: socket.socket) -> "Channel[FromWorker]":
    return Channel(end, FromWorker)
