"""Log lines of the development and production commands: short, to standard error."""

import logging


def log_to_terminal(level: int = logging.INFO, who: str = "") -> None:
    """who: stands before each message, to tell processes apart."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Printable(f"%(asctime)s %(levelname)-7s {who}%(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)


class _Printable(logging.Formatter):
    """Control characters in what clients sent never reach the terminal (threat R44)."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)
