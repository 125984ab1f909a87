"""Framing: bytes into messages and back, without a socket."""

from .contract import Codec as Codec
from .lines import lines as lines
