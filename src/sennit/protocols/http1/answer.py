"""The states of an answer, as a table: the server, the tests and the message of an error read the same one."""

from typing import Final

from .errors import LocalProtocolError

Answer = str

WAITING: Final = "waiting"  # nothing sent; a 100 may go out
STREAMING: Final = "streaming"  # the head has been sent, pieces follow
DONE: Final = "done"  # complete; the connection may go on
SWITCHED: Final = "switched"  # 101: the connection speaks another protocol
CUT: Final = "cut"  # given up; the connection is closed

ANSWERS: Final[dict[str, dict[str, str]]] = {
    WAITING: {"respond": DONE, "start": STREAMING, "accept": SWITCHED, "abort": CUT},
    STREAMING: {"send": STREAMING, "finish": DONE, "abort": CUT},
    DONE: {"abort": DONE},
    SWITCHED: {"abort": CUT},
    CUT: {"respond": CUT, "send": CUT, "finish": CUT, "abort": CUT},
}
"""What may be done in each state, and the state after it. An answer that was cut swallows what comes late."""


def advance(state: Answer, step: str) -> Answer:
    """Raises LocalProtocolError (http.E010) for a step that the state has no place for."""
    after = ANSWERS[state].get(step)
    if after is None:
        raise LocalProtocolError(
            code="http.E010",
            what=f"{step}() on an answer that is {state}",
            fix=f"an answer that is {state} takes: {', '.join(ANSWERS[state])}",
        )
    return after
