"""One process of a fuzz run: `python worker.py SEED FIRST LAST STEPS [judge]`. Prints a line for each block: its digest.

As fuzz/worker.py does it for requests: the digest is over all that our endpoint said, so that the twins can be compared.
"""

import asyncio  # noqa: F401  # before the package, as in every program
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from fuzz.websocket.endpoints import REFUSED, Taken, our_endpoint, ours
from fuzz.websocket.grammar import Grammar, Setting
from fuzz.websocket.oracle import complaint, complaint_of_sent

CORPUS = Path(__file__).with_name("corpus")
SEND_EVERY = 5


def corpus() -> list[tuple[Setting, bytes]]:
    """Each file: the line of a setting, and the octets."""
    found = []
    for path in sorted(CORPUS.glob("*.ws")):
        line, _, data = path.read_bytes().partition(b"\n")
        found.append((Setting.of_line(line), data))
    return found


def is_like(whole: Taken, cut: Taken) -> bool:
    """The same; of a packed message that is too long and cannot be unpacked either is found first, as it comes."""
    codes = {whole.code, cut.code}
    return whole == cut or (
        codes == {1007, 1009} and whole._replace(code=0) == cut._replace(code=0) and cut.end == REFUSED
    )


class Block:
    """So many steps of one seed."""

    def __init__(self, seed: int, number: int, is_judged: bool) -> None:
        self._random = Random(seed * 1_000_003 + number)
        self._grammar = Grammar(self._random)
        self._digest = hashlib.blake2b(digest_size=16)
        self._is_judged = is_judged
        self.wrong: list[tuple[str, str]] = []

    def run(self, steps: int) -> str:
        for step in range(steps):
            setting = self._grammar.setting()
            self.receive(setting, self._grammar.stream(setting))
            if step % SEND_EVERY == 0:
                self.send(setting)
        return self._digest.hexdigest()

    def receive(self, setting: Setting, data: bytes) -> None:
        whole, cut = ours(setting, [data]), ours(setting, self._grammar.split(data))
        self._digest.update(repr((whole, cut)).encode())
        if not is_like(whole[0], cut[0]):
            self._complain(setting, data, f"cut it is {cut[0]!r:.300}, whole it is {whole[0]!r:.300}")
        if self._is_judged and (said := complaint(setting, data, whole[0])):
            self._complain(setting, data, said)

    def send(self, setting: Setting) -> None:
        """Our other end sends; they read."""
        endpoint = our_endpoint(Setting(not setting.is_server, setting.max_message, setting.deflate))
        messages = [self._grammar.message() for _ in range(4)]
        data = b"".join(self._sent(endpoint, message) for message in messages)
        self._digest.update(data)
        wide = Setting(setting.is_server, 1 << 22, setting.deflate)
        if self._is_judged and (said := complaint_of_sent(wide, data, messages)):
            self._complain(wide, data, said)

    def _sent(self, endpoint, message: str | bytes) -> bytes:  # type: ignore[no-untyped-def]  # either twin's
        if self._random.random() < 0.6:
            return endpoint.serialize_message(message) + endpoint.serialize_ping(b"p")
        cuts = sorted(self._random.randrange(len(message) + 1) for _ in range(2))
        pieces: Sequence[str | bytes] = [message[: cuts[0]], message[cuts[0] : cuts[1]], message[cuts[1] :]]
        return b"".join(
            endpoint.serialize_fragment(piece, first=at == 0, fin=at == 2) for at, piece in enumerate(pieces)
        )

    def _complain(self, setting: Setting, data: bytes, said: str) -> None:
        self.wrong.append(((setting.line() + data).hex(), said))


def main(seed: int, first: int, last: int, steps: int, is_judged: bool) -> None:
    for number in range(first, last):
        block = Block(seed, number, is_judged)
        digest = block.run(steps)
        print(json.dumps({"block": number, "digest": digest, "wrong": block.wrong}), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), is_judged=sys.argv[5:] == ["judge"])
