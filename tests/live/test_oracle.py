"""The oracle: after any sequence of writes, drops, slow phases and restarts, a page equals a fresh GET.

`SENNIT_ORACLE_STEPS` sets the number of random steps (`make soak` takes a million), `SENNIT_ORACLE_SEED` repeats a run.
"""

import os
import random

from live.todo_program import Todo, build

STEPS = int(os.environ.get("SENNIT_ORACLE_STEPS", "2000"))
SEED = int(os.environ.get("SENNIT_ORACLE_SEED", "1"))
ROUND = 25
LOST = "f" * 16
PAGES = ["/", "/", "/", "/filtered?done=true", "/filtered"]


class Disorder:
    """Random writes and random troubles. Each step is one method, chosen by weight."""

    def __init__(self, live, seed):
        self.live = live
        self.random = random.Random(seed)
        self.pages = []

    async def step(self):
        kinds = {self.write: 6, self.line: 3, self.reader: 2, self.form: 1, self.server: 1}
        (kind,) = self.random.choices(list(kinds), kinds.values())
        await kind()

    async def write(self):
        random = self.random
        async with self.live.database() as db:
            for _ in range(random.choice([1, 1, 1, 2, 5])):
                await self._write_one(db)

    async def _write_one(self, db):
        random = self.random
        keys = await db.all(Todo.all().order_by(Todo.id).values(Todo.id))
        verb = random.choice(["insert", "insert", "rename", "toggle", "move", "delete", "bulk", "sweep"])
        if verb == "insert" and len(keys) < 25:
            db.add(Todo(text=f"<t{random.randrange(1000)}>", place=random.randrange(9), done=random.random() < 0.5))
        elif not keys:
            return
        elif verb == "bulk":
            await db.execute(Todo.where(place=random.randrange(9)).update(text=f"b{random.randrange(100)}"))
        elif verb == "sweep" and random.random() < 0.2:
            await db.execute(Todo.where(done=True).delete())
        else:
            await self._change(db, await db.get(Todo, random.choice(keys)), verb)

    async def _change(self, db, todo, verb):
        if verb == "rename":
            todo.text = f"r{self.random.randrange(1000)}"
        elif verb == "toggle":
            todo.done = not todo.done
        elif verb == "move":
            todo.place = self.random.randrange(9)
        elif verb == "delete":
            await db.delete(todo)

    async def line(self):
        page = self.random.choice(self.pages)
        if page.is_open:
            page.drop()
        else:
            await page.resume()

    async def reader(self):
        page = self.random.choice(self.pages)
        socket = page._socket.socket if page.is_open else None
        trouble = self.random.choice(["slow", "quick", "hide", "show", "lost", "receive"])
        if trouble in ("hide", "show"):
            await page.say(["vis", int(trouble == "show")])
        elif trouble == "lost" and page.regions:
            self.random.choice(page.regions).digest = LOST
        elif trouble == "receive":
            await page.receive()
        elif socket is not None:
            self._speed(socket, trouble)

    def _speed(self, socket, trouble):
        if trouble == "slow":
            socket.offer = lambda frame: False
        elif "offer" in vars(socket):
            del socket.offer
            for viewer in self.live.hub.viewers:
                if viewer.stream is socket:
                    viewer._caught_up()

    async def form(self):
        page = self.random.choice(self.pages)
        await page.submit("form[action='/todos']", text=f"f{self.random.randrange(1000)}")

    async def server(self):
        hub = self.live.hub
        match self.random.choice(["settle", "forget", "recheck", "turn"]):
            case "settle":
                await self.live.settled()
            case "forget":
                for scene in [scene for scene in hub.scenes.values() if not scene.is_watched]:
                    hub.forget(scene)
            case "recheck":
                hub.recheck()
            case "turn":
                hub._housekeeping._turn_over()

    async def calm(self):
        """Everybody reads again and is connected; then all is settled."""
        for page in self.pages:
            if page.is_open:
                self._speed(page._socket.socket, "quick")
                await page.say(["vis", 1])
                for region in page.regions:
                    if region.digest == LOST:
                        await page.say(["need", region.shape])
            else:
                await page.resume()
        await self.live.settled()


async def test_every_page_equals_a_fresh_one(tmp_path, opened, monkeypatch):
    monkeypatch.setattr("sennit.live.viewer.PAUSE_S", 0)
    async with opened(build(tmp_path), database=f"sqlite:///{tmp_path / 'test.db'}") as live:
        disorder = Disorder(live, SEED)
        disorder.pages = [await live.open(url) for url in PAGES]
        for number in range(STEPS):
            await disorder.step()
            if number % ROUND == ROUND - 1:
                await disorder.calm()
                await compare(live, disorder.pages, f"SENNIT_ORACLE_SEED={SEED}, step {number}")
        assert live.renders > STEPS / 20


async def compare(live, pages, where):
    for page in pages:
        fresh = await live.open(page.url, js=False)
        live.pages.remove(fresh)
        assert page.html == fresh.html, where
