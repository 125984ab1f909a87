"""What a page does while things change, the line breaks, the reader is slow, and the view fails."""

import asyncio

import pytest

from live.todo_program import Todo, Unrelated, build
from sennit.live import wire


@pytest.fixture
async def live(tmp_path, opened):
    async with opened(build(tmp_path), database=f"sqlite:///{tmp_path / 'test.db'}") as live:
        async with live.database() as db:
            db.add(Todo(text="one"), Todo(text="two"), Todo(text="three"))
        await live.settled()
        yield live


async def write(live, change):
    async with live.database() as db:
        await change(db)


async def rename(live, key, text):
    async with live.database() as db:
        (await db.get(Todo, key)).text = text


async def same_as_fresh(live, *pages):
    fresh = (await live.open("/")).html
    assert all(page.html == fresh for page in pages)


def viewer_of(live, page):
    return next(viewer for viewer in live.hub.viewers if viewer.stream is page._socket.socket)


def make_slow(page):
    page._socket.socket.offer = lambda frame: False


def make_quick(live, page):
    del page._socket.socket.offer
    viewer_of(live, page)._caught_up()


class TestRendering:
    async def test_one_change_is_one_render_for_all_viewers(self, live):
        pages = [await live.open("/") for _ in range(5)]
        await rename(live, 1, "uno")
        await live.settled()
        assert all("uno" in page.texts("li")[0] for page in pages)
        assert live.renders == 2  # the list and the data; the count reads another column

    async def test_only_the_row_that_changed_is_sent(self, live):
        page = await live.open("/")
        await rename(live, 2, "zwei")
        await live.settled()
        rows = [frame for frame in page.frames if frame[0] == page.regions[1].shape]
        assert [step[:2] for step in rows[0][3]] == [["~", "2"]]

    async def test_a_table_that_is_not_read_renders_nothing(self, live):
        page = await live.open("/")
        async with live.database() as db:
            db.add(Unrelated())
        await live.settled()
        assert live.renders == 0 and page.bytes == 0

    async def test_equal_content_sends_nothing(self, live):
        page = await live.open("/")
        live.hub.touch("clock")
        await live.settled()
        assert live.renders == 3 and page.bytes == 0

    async def test_a_rolled_back_change_renders_nothing(self, live):
        await live.open("/")
        with pytest.raises(ZeroDivisionError):
            async with live.database() as db:
                db.add(Todo(text="x"))
                raise ZeroDivisionError
        await live.settled()
        assert live.renders == 0

    async def test_joining_after_the_page_costs_no_query(self, live):
        page = await live.open("/")
        assert live.renders == 0 and page.frames == []

    async def test_many_changes_while_one_render_runs_are_one_more_render(self, live):
        page = await live.open("/")
        gate = live.client.app.gate
        gate.clear()
        await rename(live, 1, "a")
        await asyncio.sleep(0)
        for text in "bcdef":
            await rename(live, 1, text)
        gate.set()
        await live.settled()
        assert live.renders == 4 and page.texts("li")[0].startswith("f")

    async def test_nothing_is_rendered_while_nobody_looks(self, live):
        page = await live.open("/")
        page.drop()
        await live.settled()
        await rename(live, 1, "unseen")
        await live.settled()
        assert live.renders == 0


class TestResuming:
    async def test_what_was_missed_comes_as_the_steps_that_were_missed(self, live):
        ann, bob = await live.open("/"), await live.open("/")
        bob.drop()
        for text in ("a", "b", "c"):
            await rename(live, 1, text)
            await live.settled()
        await bob.resume()
        frames = [frame for frame in bob.frames if frame[0] == bob.regions[1].shape]
        assert len(frames) == 1 and [step[0] for step in frames[0][3]] == ["~"]
        await same_as_fresh(live, ann, bob)

    async def test_longer_ago_than_the_ring_comes_whole(self, live):
        ann, bob = await live.open("/"), await live.open("/")
        bob.drop()
        for n in range(20):
            await rename(live, 1, f"n{n}")
            await live.settled()
        await bob.resume()
        assert [type(frame[3]) for frame in bob.frames] == [str, str]
        await same_as_fresh(live, ann, bob)

    async def test_nothing_missed_is_nothing_sent(self, live):
        page = await live.open("/")
        page.drop()
        await page.resume()
        assert page.frames == []

    async def test_a_change_between_page_and_socket_is_caught(self, live):
        page = await live.open("/", js=False)
        await rename(live, 1, "early")
        page.has_js = True
        await page.resume()
        await same_as_fresh(live, page)

    async def test_a_page_that_went_stale_long_ago_is_made_anew(self, live):
        page = await live.open("/")
        page.drop()
        await live.settled()
        for scene in list(live.hub.scenes.values()):
            live.hub.forget(scene)
        await rename(live, 1, "later")
        await page.resume()
        await same_as_fresh(live, page)

    async def test_a_viewer_that_lost_its_thread_asks_for_the_whole(self, live):
        page = await live.open("/")
        page.regions[1].digest = "f" * 16
        await rename(live, 1, "x")
        await live.settled()
        await same_as_fresh(live, page)


class TestSlowViewers:
    async def test_one_that_is_behind_gets_one_difference_when_it_reads_again(self, live):
        slow, quick = await live.open("/"), await live.open("/")
        make_slow(slow)
        for text in ("a", "b", "c"):
            await rename(live, 1, text)
            await live.settled()
        assert slow.frames == [] and quick.texts("li")[0].startswith("c")
        make_quick(live, slow)
        await live.settled()
        assert len(slow.frames) == 2  # one for the list, one for the data
        await same_as_fresh(live, slow, quick)

    async def test_a_hidden_tab_gets_nothing_until_it_shows(self, live, monkeypatch):
        page = await live.open("/")
        await page.say(["vis", 0])
        await live.settled()
        monkeypatch.setattr("sennit.live.viewer.PAUSE_S", 0)
        await rename(live, 1, "hidden")
        await live.settled()
        assert page.frames == []
        await page.say(["vis", 1])
        await live.settled()
        await same_as_fresh(live, page)


class TestFailure:
    async def test_the_last_good_content_stays_and_is_marked(self, live):
        page = await live.open("/")
        live.client.app.fails = True
        await rename(live, 1, "unseen")
        await live.settled()
        assert page.stale and page.texts("li")[0].startswith("one")
        live.client.app.fails = False
        for scene in live.hub.scenes.values():
            scene._failures = 0
        await live.settled()
        assert not page.stale - {page.regions[0].shape}
        await same_as_fresh(live, page)


class TestForms:
    async def test_the_sender_sees_the_change_without_a_socket(self, live):
        page = await live.open("/")
        page.drop()
        answer = await page.submit("form[action='/todos']", text="four")
        assert answer.status == 200 and "four" in page.texts("li")[3]
        assert page.text("p") == "4 left"

    async def test_the_echo_by_the_socket_is_ignored(self, live):
        page = await live.open("/")
        await page.submit("form[action='/todos']", text="four")
        await live.settled()
        assert len(page.texts("li")) == 4
        await same_as_fresh(live, page)

    async def test_a_redirect_elsewhere_is_followed(self, live):
        page = await live.open("/")
        held = f"{page._token} " + " ".join(f"{r.shape}={r.digest}" for r in page.regions)
        answer = await page.client.post("/away", headers={"sennit-live": held})
        assert answer.json() == {"location": "/readers", "frames": []}

    async def test_what_the_handler_puts_into_the_session_is_kept(self, live):
        page = await live.open("/")
        answer = await page._submit_live("/remember", {})
        assert answer.status == 200 and "set-cookie" in answer.headers

    async def test_a_refused_form_is_answered_as_it_is(self, live):
        page = await live.open("/")
        answer = await page._submit_live("/todos", {})
        assert answer.status == 422 and answer.json()["errors"][0]["field"] == "text"

    async def test_without_scripts_the_same_form_works(self, live):
        page = await live.open("/", js=False)
        await page.submit("form[action='/todos']", text="four")
        assert "four" in page.texts("li")[3]


class TestReaders:
    async def test_their_number_is_a_value_like_others(self, live):
        ann = await live.open("/readers")
        bob = await live.open("/readers")
        live.hub._housekeeping._tell_viewers()
        await live.settled()
        assert ann.text("p") == bob.text("p") == "2 readers"
        bob.drop()
        await live.settled()
        live.hub._housekeeping._tell_viewers()
        await live.settled()
        assert ann.text("p") == "1 readers"


class TestHostileBrowsers:
    @pytest.mark.parametrize(
        "message",
        ["", "{}", "[]", '["join"]', '["join", 5, []]', '["join", "x", [["a"]]]', "[" * 20000, '["need", 1]', "\x00"],
    )
    async def test_nonsense_closes_the_socket(self, live, message):
        page = await live.open("/")
        await page._socket.send(message)
        await live.settled()
        assert page.close_code == 1008

    async def test_shapes_of_other_pages_are_not_given(self, live):
        page, other = await live.open("/"), await live.open("/filtered?done=true")
        await page.say(["join", page._token, [[other.regions[0].shape, "0" * 16]]])
        await live.settled()
        assert not [frame for frame in page.frames if frame[0] == other.regions[0].shape]

    async def test_more_pages_than_a_tab_shows_are_refused(self, live):
        page = await live.open("/")
        tokens = [(await live.open(f"/?n={n}", js=False))._token for n in range(wire.MOST_SEATS + 3)]
        for token in tokens:
            await page.say(["join", token, []])
        await live.settled()
        assert len(viewer_of(live, page).seats) == wire.MOST_SEATS

    async def test_many_different_inputs_are_bounded(self, live, monkeypatch):
        monkeypatch.setattr("sennit.live.housekeeping.MOST_SCENES", 20)
        for n in range(60):
            await live.client.get(f"/filtered?done={n % 2}&x={n}")
        assert len(live.hub.scenes) <= 21


class TestRate:
    async def test_the_first_change_shows_at_once_and_the_last_is_never_left_out(self, tmp_path, opened):
        async with opened(build(tmp_path, hz=0.5), database=f"sqlite:///{tmp_path / 'slow.db'}") as live:
            async with live.database() as db:
                db.add(Todo(text="one"))
            page = await live.open("/")
            scene = next(iter(live.hub.scenes.values()))
            await rename(live, 1, "a")
            while not scene.is_settled:
                await asyncio.sleep(0)
            before = live.renders
            assert before == 2
            for text in "bcd":
                await rename(live, 1, text)
            wait = scene._timer.when() - asyncio.get_running_loop().time()
            assert 1 < wait <= 2 and live.renders == before and scene._task is None
            await live.settled()
            assert live.renders == before + 2 and page.texts("li")[0].startswith("d")


class TestHousekeeping:
    async def test_an_unwatched_scene_lingers_and_goes(self, live, monkeypatch):
        page = await live.open("/")
        live.hub._housekeeping._turn_over()
        assert len(live.hub.scenes) == 1
        page.drop()
        await live.settled()
        live.hub._housekeeping._turn_over()
        assert len(live.hub.scenes) == 1
        monkeypatch.setattr("sennit.live.housekeeping.LINGER_S", -1)
        live.hub._housekeeping._turn_over()
        assert live.hub.scenes == {} and not live.hub.index._reads

    async def test_what_was_changed_behind_our_back_is_found_by_looking_again(self, live, monkeypatch):
        page = await live.open("/")
        monkeypatch.setattr(type(live.hub.index), "apply", lambda self, changes: None)
        await rename(live, 1, "unseen")
        await live.settled()
        assert "unseen" not in page.html
        monkeypatch.setattr("sennit.live.housekeeping.RECHECK_S", 0.001)
        live.hub._housekeeping._look_again()
        await live.settled()
        await same_as_fresh(live, page)

    async def test_a_browser_that_is_silent_or_does_not_read_is_closed(self, live, monkeypatch):
        silent, slow = await live.open("/"), await live.open("/")
        make_slow(slow)
        await rename(live, 1, "x")
        await live.settled()
        monkeypatch.setattr("sennit.live.housekeeping.BEHIND_S", -1)
        live.hub._housekeeping._ping()
        await live.settled()
        assert slow.close_code == 1013 and silent.close_code is None
        monkeypatch.setattr("sennit.live.housekeeping.SILENT_S", -1)
        live.hub._housekeeping._ping()
        await live.settled()
        assert silent.close_code == 1013

    async def test_memory_is_bounded_unwatched_first_then_new_pages(self, live, monkeypatch):
        watched = await live.open("/")
        for n in range(5):
            await live.client.get(f"/filtered?done={n % 2}")
        monkeypatch.setattr("sennit.live.housekeeping.MOST_SIZE", 10)
        live.hub._housekeeping._turn_over()
        assert len(live.hub.scenes) == 1 and live.hub.is_full
        late = await live.open("/filtered")
        assert late.close_code == 1013 and watched.is_open

    async def test_draining_tells_browsers_to_come_back_elsewhere(self, live):
        page = await live.open("/")
        live.hub.drain(2.0)
        await live.settled()
        assert page.frames == [["drain", 2000]]
        late = await live.open("/", js=False)
        late.has_js = True
        with pytest.raises(ConnectionError):
            await late.resume()
