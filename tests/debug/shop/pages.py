"""Each function here fails. The tests name them and look at what is reported; some name lines by their text."""

from dataclasses import dataclass
from pathlib import Path

import jinja2

PRICES = {"tea": 4, "coffee": 5, "cocoa": 3}

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=True,
)


@dataclass
class Settings:
    url: str
    api_key: str
    pages: int = 20


class Story:
    section = "markets"

    def __init__(self, title: str) -> None:
        self.title = title

    def headline(self) -> str:
        return title.upper()  # noqa: F821


def price_of(name: str, count: int) -> int:
    """The price of so many of a thing.

    Raises KeyError for what is not sold here.
    """
    return count * PRICES[name]  # in euro


def basket(form: dict[str, str]) -> int:
    password = "hunter" + str(2)
    settings = Settings(f"postgresql://shop:{password}@db.example.org/shop", "sk" + "-abcdef")
    headers = [("host", "localhost"), ("authorization", "Bearer " + "x" * 20), ("Cookie", "theme=" + "dark")]
    upload = "payload " * 1_250_000
    total = len(upload) * 0 + settings.pages * 0 + len(headers) * 0
    for name, count in form.items():
        total += price_of(name, int(count))
    return total


def with_secrets() -> int:
    return basket({"coffe": "2"})


def chained() -> None:
    try:
        basket({"coffe": "2"})
    except KeyError as error:
        raise LookupError("not in the price list") from error


def while_handling() -> None:
    try:
        basket({"coffe": "2"})
    except KeyError:
        raise ValueError("second") from None if PRICES.get("none") else ValueError("cause")


def grouped() -> None:
    errors: list[Exception] = []
    for form in ({"coffe": "2"}, {"tea": "two"}):
        try:
            basket(form)
        except (KeyError, ValueError) as error:
            error.add_note(f"while reading {form!r}")
            errors.append(error)
    raise ExceptionGroup("two baskets", errors)


def recursive(depth: int) -> int:
    return recursive(depth + 1)


def none_before_dot() -> str:
    story = None
    return story.title.upper()  # type: ignore[attr-defined]


def misspelt_attribute() -> str:
    return Story("Oil").titel  # type: ignore[attr-defined]


def misspelt_keyword() -> object:
    return Settings(url="", apikey="")  # type: ignore[call-arg]


def forgotten_self() -> str:
    return Story("Oil").headline()


def non_ascii() -> float:
    größe = {"ä": 0}
    return "é" and 1 / größe["ä"]  # type: ignore[return-value]


def several_lines() -> int:
    return sum(
        PRICES,
        len("tea"),
    )


async def awaited() -> None:
    await _deeper()


async def _deeper() -> None:
    raise RuntimeError("inside a coroutine")
