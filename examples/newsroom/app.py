"""The Strand, a live newsroom: `make run`, or `sennit run examples/newsroom/app.py`.

Pages change while they are read: stories come in over TCP (`wire.py`) or from the editors' desk, readers comment.
"""

import desk
import figures
import pages
import seed
import wire

from sennit import App, Database

app = App("The Strand", accounts=True, admin="/desk", static={"/static": "static/"})  # database: sennit.toml
app.include(pages.router, figures.router, wire.router)
desk.furnish(app.admin)
app.error(404)(pages.missing)


@app.on_start
async def stock(db: Database) -> None:
    """An empty newsroom gets its stories and its two accounts."""
    await seed.stock(db)


class Welcome:
    """A service without work: services start after the listeners, so what it says is true when it says it."""

    name = "welcome"

    async def start(self) -> None:
        site = app.runtime.addresses[0]
        print(WELCOME.format(site=site, wire=wire.address(app.runtime.settings.host)), flush=True)

    def drain(self) -> None:
        pass

    async def drained(self) -> None:
        pass

    async def close(self) -> None:
        pass


WELCOME = """
  The Strand is open.

    front page       {site}/
    live figures     {site}/figures
    editors’ desk    {site}/desk/
    the wire         tcp {wire[0]}:{wire[1]}

    reader           ada     reader-demo
    editor           grace   editor-demo

  Three things to try, with the front page open in two windows:

    1  printf 'markets|Oil falls for a third day|Text of the story\\n' | nc {wire[0]} {wire[1]}
    2  open a story in both windows and comment on it in one
    3  sign in as grace at {site}/desk/ and change a headline
"""

app.add(Welcome())
