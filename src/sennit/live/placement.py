"""Where in the HTML a piece of a template stands: inside a tag, a raw-text element, a table.

A reader of template data, not a browser: it knows tags, quotes, comments, void and raw-text elements, and nothing of
implied end tags beyond closing an outer element closing its inner ones.
"""

import re
from dataclasses import dataclass, field

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
RAW = frozenset(["script", "style", "textarea", "title"])

_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][^\s/>]*)")
_REST = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(slots=True)
class Place:
    """The state after some text was fed. Copy it to try two branches."""

    open: list[str] = field(default_factory=list)
    unfinished: str = ""
    """Text from an opened but unclosed tag or comment on; non-empty means inside a tag."""

    def copy(self) -> "Place":
        return Place(list(self.open), self.unfinished)

    def feed(self, text: str) -> None:
        text, self.unfinished = self.unfinished + text, ""
        at = 0
        while at < len(text):
            at = self._skip_raw(text, at) if self.open and self.open[-1] in RAW else self._next_tag(text, at)

    def value(self) -> None:
        """A value of unknown text stands here."""
        if self.unfinished:
            self.unfinished += "x"

    def _skip_raw(self, text: str, at: int) -> int:
        end = re.compile(rf"</{self.open[-1]}[^>]*>", re.IGNORECASE).search(text, at)
        if end is None:
            return len(text)
        self.open.pop()
        return end.end()

    def _next_tag(self, text: str, at: int) -> int:
        start = _TAG.search(text, at)
        if start is None:
            return len(text)
        if start[0] == "<!--":
            end = text.find("-->", start.end())
            if end < 0:
                self.unfinished = text[start.start() :]
                return len(text)
            return end + 3
        rest = _REST.match(text, start.end())
        if rest is None:
            self.unfinished = text[start.start() :]
            return len(text)
        self._tag(start[2].lower(), is_end=bool(start[1]), is_closed=rest[0].endswith("/>"))
        return rest.end()

    def _tag(self, name: str, *, is_end: bool, is_closed: bool) -> None:
        if not is_end:
            if name not in VOID and not (is_closed and name not in RAW and self._in_foreign()):
                self.open.append(name)
        elif name in self.open:
            while self.open.pop() != name:
                pass

    def _in_foreign(self) -> bool:
        """`<path/>` closes itself in SVG and MathML, and nowhere else."""
        return "svg" in self.open or "math" in self.open

    @property
    def objection(self) -> str:
        """Why a live region cannot stand here; empty when it can."""
        if self.unfinished.startswith("<!--"):
            return "inside a comment"
        if self.unfinished:
            return "inside a tag or an attribute"
        inner = self.open[-1] if self.open else ""
        if inner in RAW:
            return f"inside <{inner}>"
        if inner == "table":
            return "directly inside <table>, where browsers move it into a <tbody> of their own"
        return ""
