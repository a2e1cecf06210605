"""The studio's page in a real browser, and beside it the page of a real second origin."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.browsing import assert_accessible, assert_fit_to_see, keep_picture, listening, needs_chromium, until
from tests.studio.conftest import FILM, Visitor, at_home, visiting

pytestmark = needs_chromium
HOSTILE = "</script><img src=x onerror=\"document.title='run'\"><b>\u202e\u2066x{{7*7}}"
HEAD = "storyboard: 1\ntitle: Many\noutputs: {film: {size: 160x90}}\nshots:\n"
SHOT = '  - {id: shot%d, card: {text: Card, background: "#%06x"}, duration: 1s}\n'
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
WATCHED = """() => {
  window.built = 0;
  new MutationObserver((seen) => { built += seen.filter((one) => one.type === "childList").length; })
    .observe(document.getElementById("strip"), { subtree: true, childList: true });
}"""
"""Counts how often something in the strip is built anew."""
SCROLL = """async () => {
  const strip = document.getElementById("time");
  for (let frame = 1; frame <= 40; frame++) {
    strip.scrollLeft = (strip.scrollWidth - strip.clientWidth) * frame / 40;
    await new Promise(requestAnimationFrame);
  }
}"""
"""From one end to the other, a step a frame."""
FETCHED = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/media/')).length"
"""How many pictures and clips were fetched."""
STOP = """() => {
  const on = document.activeElement, own = getComputedStyle(on), after = getComputedStyle(on, "::after");
  return { id: on.id, seen: own.outlineStyle !== "none" || after.boxShadow !== "none" };
}"""
"""What has the focus, and whether that is seen."""
ELSEWHERE = """<!doctype html><title>other</title><script>
window.tried = (async () => {
  const at = ADDRESS, got = [];
  for (const [name, ask] of [
    ["page", () => fetch(at)], ["events", () => fetch(at + "events")],
    ["post", () => fetch(at + "apply", {method: "POST", body: "{}"})],
    ["json", () => fetch(at + "apply", {method: "POST", headers: {"content-type": "application/json"}})],
    ["image", () => new Promise((yes, no) =>
      Object.assign(new Image(), {onload: yes, onerror: no, src: at + "icon.svg"}))],
    ["script", () => new Promise((yes, no) => document.head.append(Object.assign(
      document.createElement("script"), {type: "module", onload: yes, onerror: no, src: at + "parts.js"})))],
    ["stream", () => new Promise((yes, no) =>
      Object.assign(new EventSource(at + "events"), {onopen: yes, onerror: no}))],
  ]) { try { await ask(); got.push(name); } catch { } }
  return got;
})();
</script><iframe src=ADDRESS></iframe>"""


@pytest.fixture
def page(browser: Browser, studio: Visitor) -> Iterator[Page]:
    """The studio, opened; nothing is said on the console, and nothing asked of anybody else."""
    studio.state(lambda state: state["film"])
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    with listening(tab):
        tab.goto(studio.address)
        until(tab, "document.querySelectorAll('.cell').length === 3")
        yield tab
        tab.close()


def test_it_follows_the_file_and_trims_a_shot(page: Page, studio: Visitor, film: Path) -> None:
    film.write_text(FILM.replace("duration: 1s}  # red", "duration: 3s}  # red"))
    until(page, "document.getElementById('cell two').getBoundingClientRect().width > 500")
    film.write_text(FILM.replace("duration: 2s", "duration: two"))
    until(page, "document.querySelector('.problem')")
    assert "duration: two" in page.locator(".problem .here").inner_text()
    assert page.locator(".cell").count() == 3
    assert_accessible(page)
    keep_picture(page, "studio-problem")
    film.write_text(FILM)
    until(page, "!document.querySelector('.problem')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("e")
    page.keyboard.type("0.5s")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('ask').open")
    assert "+    in: 0.5s" in page.locator(".patch .came").inner_text()
    assert film.read_text() == FILM
    assert_accessible(page)
    keep_picture(page, "studio-edit")
    page.keyboard.press("Enter")
    until(page, "!document.getElementById('put-back').hidden")
    assert page.evaluate("document.activeElement.id") == "set-in"
    lines = film.read_text().splitlines()
    assert [line for line in lines if line not in FILM.splitlines()] == ["    in: 0.5s"]
    assert [line for line in lines if line != "    in: 0.5s"] == FILM.splitlines()
    until(page, "document.getElementById('set-in').value === '0.5s'")
    until(page, "document.querySelector('.when').textContent.includes('1.5 s')")
    page.locator("#put-back").click()
    until(page, "document.getElementById('put-back').hidden")
    assert film.read_text() == FILM
    page.locator("#set-note").fill("here")
    page.keyboard.press("ArrowLeft")
    film.write_text(FILM.replace("duration: 2s", "duration: 3s"))
    until(page, "document.querySelector('.when').textContent.includes('3.0 s')")
    on = page.evaluate("(({ id, value, selectionStart }) => [id, value, selectionStart])(document.activeElement)")
    assert on == ["set-note", "here", 3]


def test_texts_stay_texts_and_every_width_is_fit_to_see(page: Page, film: Path) -> None:
    text = json.dumps(HOSTILE.replace("{{7*7}}", ""))
    rest = FILM.replace("title: Harbour", f"title: {text}").replace(
        "card: {text: One}", f"card: {{text: One}}\n    note: {text}"
    )
    film.write_text(rest.replace("Two,", f"{text},"))
    until(page, "document.getElementById('title').textContent.includes('onerror')")
    assert page.title() != "run"
    assert page.locator("#set-note").input_value().startswith("</script><img")
    assert page.locator("main b b, img[src='x'], #title *").count() == 0
    assert_fit_to_see(page, "studio")
    page.keyboard.press("?")
    until(page, "document.getElementById('help').open")
    assert_accessible(page)
    page.keyboard.press("Escape")
    until(page, "!document.getElementById('help').open")


def test_everything_is_reached_by_the_tab_key_and_seen_to_be(page: Page) -> None:
    """One stop for the whole strip; from there the arrows go on. Each stop is drawn as such."""
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["id"] in stops:
            break
        assert stop["seen"], stop
        stops.append(stop["id"])
    assert [one for one in stops if one.startswith("cell ")] == ["cell one"]
    order = ["", "show-help", "time", "cell one", "set-in", "set-out", "set-length", "show-edit"]
    assert [one for one in stops if one in order][: len(order)] == order
    page.locator("#time").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    until(page, "document.activeElement.id === 'cell two' && document.querySelector('#shot h2').textContent === 'two'")
    assert page.locator(".cell[aria-current]").get_attribute("id") == "cell two"


def test_a_pointer_over_the_strip_shows_the_frame_that_is_there(page: Page) -> None:
    box = page.locator("#strip").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    until(page, "!document.getElementById('peek').hidden")
    assert page.locator("#peek-time").inner_text() == "0:01.8"
    picture = page.locator("#peek i").evaluate("one => getComputedStyle(one).backgroundImage")
    assert "/media/" in picture
    page.mouse.move(5, 5)
    until(page, "document.getElementById('peek').hidden")


def test_the_film_plays_to_its_end_by_the_keys(browser: Browser, film: Path, tmp_path: Path) -> None:
    with visiting(film, at_home(tmp_path / "home")) as studio:
        studio.state(lambda state: state["film"] and state["film"]["film"])
        tab = browser.new_page(viewport={"width": 820, "height": 900}, reduced_motion="reduce")
        with listening(tab):
            tab.goto(studio.address)
            until(tab, "document.getElementById('film').readyState >= 2 && document.querySelector('.cell.now')")
            where = "document.getElementById('film')"
            tab.keyboard.press("Space")
            until(tab, f"{where}.currentTime > 0.1")
            tab.keyboard.press("Space")
            assert tab.evaluate(f"{where}.paused")
            for rate in (1, 2, 4):
                tab.keyboard.press("l")
                assert tab.evaluate(f"{where}.playbackRate") == rate
            until(tab, f"{where}.ended")
            assert tab.locator(".cell.now").get_attribute("id") == "cell three"
            until(tab, "parseFloat(document.getElementById('playhead').style.left) > 98")
            tab.keyboard.press("j")
            until(tab, f"!{where}.seeking && Math.abs({where}.duration - {where}.currentTime - 1) < 0.1")
            tab.keyboard.press("k")
            assert tab.evaluate(f"[{where}.paused, {where}.playbackRate]") == [True, 1]
            tab.keyboard.press("ArrowLeft")
            until(tab, f"!{where}.seeking && document.querySelector('.cell.now').id === 'cell two'")
            begun = tab.evaluate(f"{where}.currentTime")
            assert begun == pytest.approx(1.5, abs=0.01)
            tab.keyboard.press(".")
            assert tab.evaluate(f"{where}.currentTime") - begun == pytest.approx(1 / 24, abs=0.001)
            tab.keyboard.press(",")
            assert tab.evaluate(f"{where}.currentTime") == pytest.approx(begun, abs=0.001)
            tab.close()


def test_two_hundred_shots_are_light(browser: Browser, film: Path, tmp_path: Path, studio: Visitor) -> None:
    """What is out of sight is neither drawn nor fetched, and an edit leaves alone what it does not change."""
    film.write_text(HEAD + "".join(SHOT % (number, number // 4 * 80_000) for number in range(200)))
    known = studio.state(lambda state: state["film"] and len(state["film"]["shots"]) == 200)
    assert len(json.dumps(known)) < 200 * 2000
    tab = browser.new_page(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    with listening(tab):
        tab.goto(studio.address)
        until(tab, "document.querySelectorAll('.cell').length === 200")
        tab.evaluate("window.cells = [...document.querySelectorAll('.cell')]")
        until(tab, "!document.querySelector('.frames.awaited')")
        tab.evaluate(PAINTED)
        assert tab.evaluate("document.querySelectorAll('*').length") < 200 * 7
        assert tab.evaluate(FETCHED) < 15
        tab.evaluate(WATCHED)
        film.write_text(film.read_text().replace("duration: 1s", "duration: 9s", 1))
        until(tab, "document.getElementById('cell shot0').getAttribute('aria-label').includes('0:09')")
        assert tab.evaluate("document.querySelectorAll('.cell').values().every((one, at) => one === cells[at])")
        assert tab.evaluate("window.built") <= 2
        before = tab.evaluate(FETCHED)
        metrics = tab.context.new_cdp_session(tab)
        metrics.send("Performance.enable")
        laid_out = _layouts(metrics)
        tab.evaluate(SCROLL)
        until(tab, f"{FETCHED} > {before}")
        assert _layouts(metrics) - laid_out < 10
        tab.close()


def test_a_second_origin_gets_nothing(browser: Browser, studio: Visitor, film: Path, tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text(ELSEWHERE.replace("ADDRESS", json.dumps(studio.address)))
    serve = partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        tab = browser.new_page()
        tab.goto(f"http://127.0.0.1:{other.server_port}/other.html")
        assert tab.evaluate("window.tried") == []
        assert all("Harbour" not in (frame.content() or "") for frame in tab.frames)
        tab.close()
        other.shutdown()
    assert film.read_text() == FILM


def _layouts(metrics: CDPSession) -> float:
    """How often a page was laid out."""
    found = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
    return float(found["LayoutCount"])


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
        pass


def test_a_studio_that_stops_is_told_and_waited_for(browser: Browser, film: Path, tmp_path: Path) -> None:
    with visiting(film, at_home(tmp_path / "home"), read_only=True) as studio:
        tab = browser.new_page()
        tab.goto(studio.address)
        until(tab, "document.querySelectorAll('.cell').length === 3")
        assert tab.locator("form.edit, #retake").count() == 0
        assert_accessible(tab)
        port = studio.port
    until(tab, "document.getElementById('told').textContent.includes('does not answer')")
    film.write_text(FILM.replace("Harbour", "Harbor"))
    with visiting(film, at_home(tmp_path / "home"), port=port):
        until(tab, "document.getElementById('title').textContent === 'Harbor'")
        assert "does not answer" not in tab.locator("#told").inner_text()
        tab.close()
