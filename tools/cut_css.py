"""Cuts a stylesheet down to the rules whose class names and ids occur in given texts.

A rule stays when every class and id that one of its selectors *requires* is a word somewhere in the texts: too much may
stay, nothing that a page uses can go. A name put together at run time (`"bg-" + colour`) must be spelled out once in
the template, a comment is enough. Key frames and custom properties that nothing refers to any more go too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

GROUPS = ("@media", "@supports", "@layer", "@container")
_TOKEN = re.compile(
    r"""/\*.*?\*/ | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | \\. | [{};()] | [^"'\\{};()/]+ | /""",
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_NAME = re.compile(r"[.#]((?:[A-Za-z_-]|\\.)(?:[\w-]|\\.)*)")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
_DECLARATION = re.compile(r"""(--[\w-]+)\s*:(?:"[^"]*"|'[^']*'|\((?:[^()]|\([^()]*\))*\)|[^;{}"'()])*(?:;|(?=\}))""")
_EMPTY_RULE = re.compile(r"(?<=[};])[^{};@]+\{\s*\}")
_KEY_FRAMES = re.compile(r"@(?:-webkit-)?keyframes ([\w-]+)\{(?:[^{}]|\{[^{}]*\})*\}")
_NEGATION = re.compile(r":not\((?:[^()]|\([^()]*\))*\)")


@dataclass
class Rule:
    """`prelude{body}`, `prelude{rules}` for a group such as @media, or `prelude;` when body is None."""

    prelude: str
    body: str | None = None
    rules: list["Rule"] = field(default_factory=list)

    def __str__(self) -> str:
        if self.body is None and not self.rules:
            return f"{self.prelude};"
        return f"{self.prelude}{{{''.join(map(str, self.rules)) or self.body}}}"


def cut(css: str, texts: Iterable[str]) -> str:
    """The part of a stylesheet that these texts can use. Licence comments (`/*! … */`) stay at the top."""
    texts = list(texts)
    words = {word for text in texts for word in _WORD.findall(text)}
    used = {name for text in texts for name in _VARIABLE.findall(text)}
    rules = [kept for rule in parse(css) if (kept := needed(rule, words))]
    licences = re.findall(r"/\*!.*?\*/", css, re.DOTALL)
    return "\n".join([*licences, without_unreferenced("".join(map(str, rules)), used)]) + "\n"


def parse(css: str) -> list[Rule]:
    """The rules of a stylesheet; comments are dropped. Raises ValueError where braces do not match."""
    rules: list[Rule] = []
    open_groups: list[list[Rule]] = [rules]
    prelude: list[str] = []
    body: list[str] | None = None
    depth = parentheses = 0
    for token in _TOKEN.findall(css.removeprefix("\ufeff")):
        if token.startswith("/*"):
            continue
        parentheses += (token == "(") - (token == ")")
        if body is not None:
            depth += (token == "{") - (token == "}")
            if depth:
                body.append(token)
                continue
            open_groups[-1].append(Rule("".join(prelude).strip(), "".join(body).strip()))
            prelude, body = [], None
        elif token == "{" and "".join(prelude).strip().startswith(GROUPS):
            group = Rule("".join(prelude).strip(), None)
            open_groups[-1].append(group)
            open_groups.append(group.rules)
            prelude = []
        elif token == "{":
            body, depth = [], 1
        elif token == "}":
            open_groups.pop()
        elif token == ";" and not parentheses:
            open_groups[-1].append(Rule("".join(prelude).strip()))
            prelude = []
        else:
            prelude.append(token)
    if len(open_groups) != 1 or body is not None:
        raise ValueError("the braces of the stylesheet do not match")
    return rules


def needed(rule: Rule, words: set[str]) -> Rule | None:
    """The rule with only the selectors that can match, None when none can."""
    if rule.prelude.startswith(GROUPS):
        inner = [kept for child in rule.rules if (kept := needed(child, words))]
        return Rule(rule.prelude, None, inner) if inner else None
    if rule.prelude.startswith("@"):
        return rule
    selectors = [one for one in split_selectors(rule.prelude) if required_names(one) <= words]
    return Rule(",".join(selectors), rule.body) if selectors and rule.body else None


def split_selectors(prelude: str) -> list[str]:
    """Splits at the commas outside of parentheses and brackets."""
    return [part.strip() for part in re.split(r",(?![^(\[]*[)\]])", prelude)]


def required_names(selector: str) -> set[str]:
    """The classes and ids without which it cannot match; what stands in :not(), :is() and :where() is not required."""
    certain = re.sub(r":(?:is|where)\([^()]*\)", "", _NEGATION.sub("", selector))
    certain = re.sub(r"\[[^\]]*\]", "", certain)
    return {re.sub(r"\\(.)", r"\1", name) for name in _NAME.findall(certain)}


def without_unreferenced(css: str, used_elsewhere: set[str]) -> str:
    """Drops custom properties and key frames that nothing uses; again and again, since they use one another."""
    while True:
        used = used_elsewhere | set(_VARIABLE.findall(css))
        shorter = _DECLARATION.sub(lambda match, used=used: match[0] if match[1] in used else "", css)
        shorter = _EMPTY_RULE.sub("", shorter)
        shorter = _KEY_FRAMES.sub(lambda match, css=css: match[0] if is_animated(match[1], css) else "", shorter)
        if shorter == css:
            return css
        css = shorter


def is_animated(key_frames: str, css: str) -> bool:
    """Whether anything but their own definition names these key frames."""
    named = len(re.findall(rf"(?<![\w-]){re.escape(key_frames)}(?![\w-])", css))
    return named > css.count(f"keyframes {key_frames}{{")
