"""A to-do list with an order, some text and a data region: what the tests of following a page write to."""

import asyncio

from sennit.app import App
from sennit.live import topic, view, viewers
from sennit.model import Database, Mapped, Model, column
from sennit.web import Form, Session, back, redirect

PAGE = """<!doctype html><html><head><title>To do</title>{{ live_script() }}</head><body>
<p>{% live %}{{ left }} left{% endlive %}</p>
<form method="post" action="/todos" live><input name="text" required><button>Add</button></form>
<ul>{% live for t in items key t.id %}
  <li class="{{ 'done' if t.done }}">{{ t.text }}
    <form method="post" action="/todos/{{ t.id }}/toggle" live><button>toggle</button></form></li>
{% else %}<li>Nothing to do</li>{% endlive %}</ul>
<x-chart live-own>{% live json items key id fields text, done %}</x-chart></body></html>"""


class Todo(Model):
    text: Mapped[str]
    done: Mapped[bool] = column(default=False)
    place: Mapped[int] = column(default=0, index=True)


class Unrelated(Model):
    text: Mapped[str] = column(default="")


def build(folder, hz=60):
    """The program, in a folder of its own. `app.gate`: a view waits for it; `app.fails`: a view raises."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "todo.html").write_text(PAGE)
    (folder / "templates" / "count.html").write_text("<p>{% live %}{{ readers }} readers{% endlive %}</p>")
    app = App(root=folder, secret="s" * 40, database="sqlite:///todo.db")
    app.fails = False
    app.gate = asyncio.Event()
    app.gate.set()

    @app.get("/")
    @view("todo.html", hz=hz, also=[topic("clock")])
    async def todos():
        await app.gate.wait()
        if app.fails:
            raise RuntimeError("told to fail")
        return {"items": Todo.all().order_by(Todo.place, Todo.id), "left": Todo.where(done=False).count()}

    @app.get("/readers")
    @view("count.html")
    def readers():
        return {"readers": viewers()}

    @app.get("/filtered")
    @view("todo.html", hz=hz)
    def filtered(done: bool = False):
        rows = Todo.where(done=done)
        return {"items": rows.order_by(Todo.place, Todo.id), "left": rows.count()}

    @app.post("/todos")
    async def add(db: Database, text: Form[str]):
        db.add(Todo(text=text))
        return back()

    @app.post("/todos/{id}/toggle")
    async def toggle(db: Database, id: int):
        todo = await db.get(Todo, id)
        todo.done = not todo.done
        return back()

    @app.post("/remember")
    async def remember(session: Session):
        session["seen"] = "yes"
        return back()

    @app.post("/away")
    async def away():
        return redirect("/readers")

    return app
