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


@app.on_start
async def stock(db: Database) -> None:
    """An empty newsroom gets its stories and its two accounts."""
    await seed.stock(db)


@app.on_start
async def welcome() -> None:
    for address in app.runtime.addresses[:1]:
        print(WELCOME.format(site=address, wire=wire.address(app.runtime.settings.host)), flush=True)


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
