"""The browser script in a real browser, fed with frames: no server, a socket that only writes down what is sent."""

import asyncio
import json
import random

import pytest
import pytest_asyncio

from sennit.live.difference import difference
from sennit.live.region import Row
from sennit.live.script import script
from sennit.testing.live_region import LiveRegion

# One browser for the whole file: starting one takes longer than any test here.
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="module")]

MOST_BYTES = 10 * 1024
SHAPE, ONE, TWO, THREE = "a" * 16, "1" * 16, "2" * 16, "3" * 16

FAKE = """
window.sent = [];
window.WebSocket = class { constructor() { this.readyState = 1; window.line = this; setTimeout(() => this.onopen()); }
  send(text) { sent.push(JSON.parse(text)); } close() { this.onclose && this.onclose(); } };
"""
# A strict policy: only scripts of the site itself, nothing inline, no eval.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"


def markers(content, kind="rows", extra=""):
    return f"<!--live:{SHAPE} {ONE} {kind}{extra}-->{content}<!--/live:{SHAPE}-->"


def li(key, text):
    return f'<li live-key="{key}">{text}</li>'


@pytest_asyncio.fixture(loop_scope="module")
async def page(shared_browser):
    context = await shared_browser.new_context(viewport={"width": 800, "height": 600})
    page = await context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    await page.add_init_script(FAKE)

    async def answer(route):
        path = route.request.url.partition("test.local")[2]
        if path == "/live.js":
            await route.fulfill(body=script(), content_type="text/javascript")
        elif path in page.answers:
            await route.fulfill(**page.answers[path])
        else:
            headers = {"content-security-policy": POLICY}
            await route.fulfill(body=page.html, content_type="text/html", headers=headers)

    await page.route("http://test.local/**", answer)
    page.answers = {}

    async def show(body):
        page.html = (
            '<!doctype html><html lang="en"><head><title>t</title><meta name="sennit-live" content="token">'
            f'<script src="/live.js" defer></script></head><body>{body}</body></html>'
        )
        await page.goto("http://test.local/")
        await page.until("sent.length > 0")

    async def until(claim):
        # Playwright's own wait evaluates text in the page, which the policy forbids.
        async with asyncio.timeout(10):
            while not await page.evaluate(claim):
                await asyncio.sleep(0.01)

    page.until = until
    page.show = show
    page.receive = lambda *frame: page.evaluate("frame => sennit.receive(frame)", list(frame))
    page.sent = lambda: page.evaluate("sent")
    yield page
    await context.close()
    assert page.errors == []


async def test_script_and_morph_library_together_are_small():
    import gzip

    assert len(gzip.compress(script(), 9, mtime=0)) <= MOST_BYTES


async def test_it_joins_with_what_the_page_holds(page):
    await page.show("<p>" + markers("x", "text") + "</p>")
    assert await page.sent() == [["join", "token", [[SHAPE, ONE]]]]


class TestRows:
    async def test_steps_are_applied_in_order(self, page):
        await page.show("<ul>" + markers(li("a", "A") + li("b", "B") + li("c", "C")) + "</ul>")
        steps = [["-", "a"], ["+", "d", None, li("d", "D")], [">", "c", "b"], ["~", "b", li("b", "Bee")]]
        await page.receive(SHAPE, ONE, TWO, steps)
        assert await page.locator("li").all_inner_texts() == ["C", "Bee", "D"]

    async def test_table_rows_and_keys_with_quotes(self, page):
        await page.show("<table><tbody>" + markers('<tr live-key="a&#34;b"><td>1</td></tr>') + "</tbody></table>")
        row = '<tr live-key="n"><td>2</td></tr>'
        await page.receive(SHAPE, ONE, TWO, [["+", "n", 'a"b', row], ["~", 'a"b', row.replace('"n"', '"a&#34;b"')]])
        assert await page.locator("tbody > tr > td").all_inner_texts() == ["2", "2"]

    async def test_a_row_that_stays_is_the_same_element(self, page):
        await page.show("<ul>" + markers(li("a", "A") + li("b", "B")) + "</ul>")
        await page.evaluate("window.row = document.querySelector('li')")
        await page.receive(SHAPE, ONE, TWO, [["~", "a", li("a", "<b>A</b>")]])
        await page.receive(SHAPE, TWO, THREE, [[">", "a", None]])
        assert await page.evaluate("row === document.querySelectorAll('li')[1] && row.innerHTML === '<b>A</b>'")

    async def test_a_row_may_become_another_kind_of_element(self, page):
        await page.show("<div>" + markers('<p live-key="a">A</p>') + "</div>")
        await page.receive(SHAPE, ONE, TWO, [["~", "a", '<h2 live-key="a">A</h2>']])
        await page.receive(SHAPE, TWO, THREE, [["~", "a", '<h2 live-key="a">B</h2>']])
        assert await page.locator("h2").all_inner_texts() == ["B"] and await page.locator("p").count() == 0

    async def test_the_whole_keeps_rows_by_key(self, page):
        await page.show("<ul>" + markers(li("a", "A") + li("b", "B")) + "</ul>")
        await page.evaluate("window.row = document.querySelector('[live-key=b]')")
        await page.receive(SHAPE, ONE, TWO, li("b", "B2") + li("c", "C") + li("d", "D"))
        assert await page.locator("li").all_inner_texts() == ["B2", "C", "D"]
        assert await page.evaluate("row === document.querySelector('li')")


class TestOrder:
    async def test_a_frame_that_begins_elsewhere_is_not_applied_and_the_whole_is_asked_for(self, page):
        await page.show("<ul>" + markers(li("a", "A")) + "</ul>")
        await page.receive(SHAPE, TWO, THREE, [["-", "a"]])
        assert await page.locator("li").count() == 1 and (await page.sent())[-1] == ["need", SHAPE]
        await page.receive(SHAPE, "", THREE, li("z", "Z"))
        assert await page.locator("li").all_inner_texts() == ["Z"]

    async def test_a_step_for_a_row_that_is_not_there_asks_for_the_whole(self, page):
        await page.show("<ul>" + markers(li("a", "A")) + "</ul>")
        for step in (
            ["-", "x"],
            ["~", "x", li("x", "")],
            [">", "x", None],
            ["+", "y", "x", li("y", "")],
            ["+", "a", None, ""],
        ):
            await page.receive(SHAPE, ONE, TWO, [step])
            assert (await page.sent())[-1] == ["need", SHAPE]
            await page.receive(SHAPE, "", ONE, li("a", "A"))

    async def test_what_is_held_already_is_ignored(self, page):
        await page.show("<ul>" + markers(li("a", "A")) + "</ul>")
        await page.receive(SHAPE, TWO, ONE, [["-", "a"]])
        assert await page.locator("li").count() == 1 and len(await page.sent()) == 1


class TestVectors:
    """Random lists: the script, the headless client and the server agree."""

    async def test_the_script_and_the_headless_client_do_the_same(self, page):
        rng = random.Random(7)
        await page.show("<ul>" + markers("") + "</ul>")
        held = LiveRegion(SHAPE, ONE, "rows", None, "")
        for number in range(150):
            keys = rng.sample("abcdefghij", rng.randrange(11))
            rows = [Row(key, li(key, rng.choice("xyz"))) for key in keys]
            after = f"{number:016x}"
            steps = difference([Row(*row) for row in held.rows], rows)
            body = steps if rng.random() < 0.8 else "".join(row.text for row in rows)
            await page.receive(SHAPE, held.digest, after, body)
            held.apply(held.digest, after, body)
            shown = await page.evaluate("[...document.querySelectorAll('li')].map(li => li.outerHTML).join('')")
            assert shown == held.markup == "".join(row.text for row in rows)

    async def test_data_regions_too(self, page):
        rng = random.Random(8)
        start = '<script type="application/json">[["a",{"v":"<"}]]</script>'.replace('<"', '\\u003c"')
        await page.show("<x-chart live-own>" + markers(start, "json") + "</x-chart>")
        held = LiveRegion(SHAPE, ONE, "json", None, start)
        await page.evaluate("document.addEventListener('live:data', e => window.shown = e.detail)")
        for number in range(60):
            rows = [Row(key, json.dumps({"v": rng.randrange(3)})) for key in rng.sample("abcdefg", rng.randrange(1, 8))]
            steps = difference([Row(*row) for row in held.rows], rows)
            body = steps if rng.random() < 0.8 else "[" + ",".join(f'["{row.key}",{row.text}]' for row in rows) + "]"
            after = f"{number:016x}"
            await page.receive(SHAPE, held.digest, after, body)
            held.apply(held.digest, after, body)
            assert await page.evaluate("shown.rows") == [json.loads(row.text) for row in rows]


class TestWhatTheReaderDoes:
    async def test_text_being_typed_focus_and_selection_stay(self, page):
        await page.show("<div>" + markers('<p live-key="a"><input name="n" value="old"><i>1</i></p>') + "</div>")
        await page.fill("input", "typing")
        await page.evaluate("document.querySelector('input').setSelectionRange(2, 4)")
        await page.receive(SHAPE, ONE, TWO, [["~", "a", '<p live-key="a"><input name="n" value="new"><i>2</i></p>']])
        found = await page.evaluate(
            "(i => [i.value, i.selectionStart, i.selectionEnd, document.activeElement === i])(document.querySelector('input'))"
        )
        assert found == ["typing", 2, 4, True] and await page.inner_text("i") == "2"

    async def test_a_changed_field_without_focus_stays_and_an_untouched_one_follows(self, page):
        fields = '<p live-key="a"><input name="n" value="{0}"><input name="m" value="{0}"><textarea>{0}</textarea></p>'
        await page.show("<div>" + markers(fields.format("old")) + "</div>")
        await page.fill("[name=n]", "mine")
        await page.fill("textarea", "mine too")
        await page.evaluate("document.activeElement.blur()")
        await page.receive(SHAPE, ONE, TWO, [["~", "a", fields.format("new")]])
        assert await page.input_value("[name=n]") == "mine" and await page.input_value("[name=m]") == "new"
        assert await page.input_value("textarea") == "mine too"

    async def test_an_open_details_stays_open(self, page):
        row = '<li live-key="a"><details><summary>s</summary>{}</details></li>'
        await page.show("<ul>" + markers(row.format("1")) + "</ul>")
        await page.click("summary")
        await page.receive(SHAPE, ONE, TWO, [["~", "a", row.format("2")]])
        assert await page.evaluate("document.querySelector('details').open") and "2" in await page.inner_text("details")

    async def test_live_own_is_never_touched(self, page):
        row = '<li live-key="a"><div live-own>{0}</div><i>{0}</i></li>'
        await page.show("<ul>" + markers(row.format("1")) + "</ul>")
        await page.evaluate("document.querySelector('div').textContent = 'mine'")
        await page.receive(SHAPE, ONE, TWO, [["~", "a", row.format("2")]])
        assert await page.inner_text("div") == "mine" and await page.inner_text("i") == "2"

    async def test_rows_above_do_not_move_what_is_being_read(self, page):
        tall = "".join(li(n, f"<p>{n}</p>" * 4) for n in range(40))
        await page.show("<ul>" + markers(tall) + "</ul>")
        await page.evaluate("document.querySelector('[live-key=\"20\"]').scrollIntoView()")
        top = "document.querySelector('[live-key=\"20\"]').getBoundingClientRect().top"
        before = await page.evaluate(top)
        await page.receive(SHAPE, ONE, TWO, [["+", "new", "0", li("new", "<p>n</p>" * 9)]])
        await page.wait_for_timeout(50)
        assert abs(await page.evaluate(top) - before) < 2

    async def test_held_rows_wait_until_the_pointer_has_left(self, page):
        await page.show("<ul>" + markers(li("a", "A"), extra=" hold") + "</ul><p>away</p>")
        await page.hover("li")
        await page.receive(SHAPE, ONE, TWO, [["+", "b", None, li("b", "B")]])
        await page.receive(SHAPE, TWO, THREE, [["+", "c", None, li("c", "C")]])
        assert await page.locator("li").count() == 1
        assert await page.get_attribute("ul", "live-held") == "2"
        await page.hover("text=away")
        await page.until("document.querySelectorAll('li').length === 3")
        assert await page.get_attribute("ul", "live-held") is None


class TestText:
    async def test_is_morphed_in_place(self, page):
        await page.show("<div>" + markers("<b>1</b> left <i>x</i>", "text") + "</div>")
        await page.evaluate("window.b = document.querySelector('b')")
        await page.receive(SHAPE, ONE, TWO, "<b>2</b> to do<u>!</u>")
        assert await page.inner_html("div") == markers("<b>2</b> to do<u>!</u>", "text")
        assert await page.evaluate("b === document.querySelector('b')")


class TestLine:
    async def test_it_answers_pings_and_says_when_it_is_hidden(self, page):
        await page.show("<p>" + markers("x", "text") + "</p>")
        await page.evaluate("line.onmessage({data: '[\"ping\"]'})")
        assert (await page.sent())[-1] == ["pong"]

    async def test_a_broken_line_shows_and_is_made_again_with_what_is_held(self, page):
        await page.show("<p>" + markers("x", "text") + "</p>")
        await page.receive(SHAPE, ONE, TWO, "y")
        # In one step: it is made again as soon as it can.
        shown = await page.evaluate("window.first = line; line.onclose(); document.documentElement.className")
        assert "live-offline" in shown
        await page.until("window.first !== line && sent.length === 2")
        assert (await page.sent())[-1] == ["join", "token", [[SHAPE, TWO]]]
        assert "live-offline" not in await page.evaluate("document.documentElement.className")

    async def test_what_is_gone_is_emptied(self, page):
        await page.show("<p>" + markers("secret", "text") + "</p>")
        await page.evaluate(f"line.onmessage({{data: JSON.stringify(['gone', '{SHAPE}', 'forbidden'])}})")
        assert await page.inner_text("p") == "" and "live-gone" in (await page.get_attribute("p", "class") or "")

    async def test_a_stale_region_is_marked_until_the_next_frame(self, page):
        await page.show("<p>" + markers("x", "text") + "</p>")
        await page.evaluate(f"line.onmessage({{data: JSON.stringify(['stale', '{SHAPE}'])}})")
        assert "live-stale" in await page.get_attribute("p", "class")
        await page.receive(SHAPE, ONE, TWO, "y")
        assert "live-stale" not in await page.get_attribute("p", "class")


class TestForms:
    FORM = '<form method="post" action="/todos" live><input name="text"><button name="b" value="1">Add</button></form>'

    def answer(self, **values):
        headers = {"content-type": "application/vnd.sennit.live+json"}
        return {"body": json.dumps({"location": None, "frames": []} | values), "headers": headers}

    async def test_the_answer_is_applied_and_the_form_cleared(self, page):
        await page.show("<ul>" + markers(li("a", "A")) + "</ul>" + self.FORM)
        steps = [["+", "b", None, li("b", "B")]]
        page.answers["/todos"] = self.answer(frames=[[SHAPE, ONE, TWO, steps]])
        await page.fill("input", "B")
        async with page.expect_request("**/todos") as request:
            await page.click("button")
        sent = await request.value
        assert sent.headers["sennit-live"] == f"token {SHAPE}={ONE}" and sent.post_data == "text=B&b=1"
        await page.until("document.querySelectorAll('li').length === 2")
        assert await page.input_value("input") == ""
        assert (await page.sent())[-1] == ["have", [[SHAPE, TWO]]]

    async def test_an_answer_that_the_socket_has_overtaken_is_left(self, page):
        await page.show("<p>" + markers("x", "text") + "</p>" + self.FORM)
        page.answers["/todos"] = self.answer(frames=[[SHAPE, ONE, THREE, "old"]])
        await page.evaluate(
            f"document.addEventListener('submit', () => setTimeout(() => sennit.receive(['{SHAPE}','{ONE}','{TWO}','new'])))"
        )
        async with page.expect_response("**/todos"):
            await page.click("button")
        await page.until("!document.querySelector('.live-busy')")
        shown = await page.inner_text("p")
        assert shown in ("new", "old") and (shown == "new" or (await page.sent())[-1][0] == "have")

    async def test_wrong_input_is_told_beside_the_field_and_kept(self, page):
        await page.show("<p>" + markers("x", "text") + "</p>" + self.FORM)
        problem = {
            "title": "Unprocessable",
            "errors": [{"in": "form", "field": "text", "code": "x", "message": "too short"}],
        }
        page.answers["/todos"] = {
            "status": 422,
            "body": json.dumps(problem),
            "content_type": "application/problem+json",
        }
        await page.fill("input", "B")
        await page.click("button")
        await page.wait_for_selector("input[aria-invalid] + output.live-error")
        assert await page.inner_text("output") == "too short" and await page.input_value("input") == "B"
        page.errors.clear()  # browsers report a 422 in the console
        page.answers["/todos"] = self.answer()
        await page.click("button")
        await page.until("!document.querySelector('.live-error')")

    async def test_a_filter_asks_for_the_page_and_keeps_the_field(self, page):
        form = '<form method="get" live="input 1ms"><input name="q" value=""><button>Go</button></form>'
        await page.show(form + "<p>" + markers("all", "text") + "</p>")
        other = page.html.replace("all", "some").replace(SHAPE, "b" * 16).replace('content="token"', 'content="two"')
        page.answers["/?q=so"] = {"body": other, "content_type": "text/html"}
        await page.fill("input", "so")
        await page.until("document.querySelector('p').innerText === 'some'")
        assert page.url.endswith("/?q=so") and await page.input_value("input") == "so"
        assert (await page.sent())[-2:] == [["leave", "token"], ["join", "two", [["b" * 16, ONE]]]]


class TestTimes:
    async def test_are_worded_relative_to_now(self, page):
        await page.show("<p>" + markers("x", "text") + '</p><time datetime="2020-01-01T00:00:00Z" live-ago>2020</time>')
        assert "years ago" in await page.inner_text("time")
