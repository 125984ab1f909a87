"""One process of a fuzz run: `python worker.py SEED FIRST LAST STEPS [judge]`. Prints a line for each block: its digest.

The digest is over all that our parsers said, so that two processes, one with the compiled twins and one without, can be
compared; what broke a rule stands beside it, with the octets in hexadecimal.
"""

import asyncio
import hashlib
import json
import logging
import sys
from pathlib import Path
from random import Random
from typing import Any

from fuzz.connection import Watch, converse
from fuzz.grammar import Grammar
from fuzz.oracle import complaint
from fuzz.parsers import body_outcome, ours, outcome

CORPUS = Path(__file__).with_name("corpus")
CONVERSE_EVERY = 10


def corpus() -> list[bytes]:
    return [path.read_bytes() for path in sorted(CORPUS.glob("*.http"))]


class Block:
    """So many steps of one seed."""

    def __init__(self, seed: int, number: int, kept: list[bytes], is_judged: bool) -> None:
        self._random = Random(seed * 1_000_003 + number)
        self._grammar = Grammar(self._random, kept)
        self._digest = hashlib.blake2b(digest_size=16)
        self._is_judged = is_judged
        self.wrong: list[tuple[str, str]] = []

    async def run(self, steps: int, watch: Watch) -> str:
        for step in range(steps):
            data = self._grammar.messages()
            self.parse(data)
            if step % CONVERSE_EVERY == 0:
                await self.talk(data, watch)
        return self._digest.hexdigest()

    def parse(self, data: bytes) -> None:
        whole, cut = outcome(data), self._random.randrange(len(data))
        early = outcome(data[:cut])
        self._note(whole, early, ours(data))
        if early is not None and early != whole:
            self.wrong.append((data.hex(), f"cut at {cut} the head is {early!r}, whole it is {whole!r}"))
        chunks = data.partition(b"\r\n\r\n")[2] or data
        together, apart = body_outcome([chunks]), body_outcome(self._grammar.split(chunks))
        self._note(together, apart)
        if together[0] != apart[0]:
            self.wrong.append((chunks.hex(), f"cut the body is {apart!r}, whole it is {together!r}"))
        if self._is_judged and (said := complaint(data)):
            self.wrong.append((data.hex(), said))

    async def talk(self, data: bytes, watch: Watch) -> None:
        data += self._grammar.messages() * self._random.choice((0, 1, 30))
        wrong = await converse(Random(self._random.getrandbits(32)), self._grammar.split(data), watch)
        self.wrong += [(data.hex(), said) for said in wrong]

    def _note(self, *said: Any) -> None:
        self._digest.update(repr(said).encode())


async def main(seed: int, first: int, last: int, steps: int, is_judged: bool) -> None:
    logging.getLogger("sennit").propagate = False
    logging.getLogger("sennit").addHandler(logging.NullHandler())
    watch, kept = Watch(), corpus()
    for number in range(first, last):
        block = Block(seed, number, kept, is_judged)
        digest = await block.run(steps, watch)
        print(json.dumps({"block": number, "digest": digest, "wrong": block.wrong}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:5]), is_judged=sys.argv[5:] == ["judge"]))
