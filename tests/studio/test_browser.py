"""The studio's page in a real browser, and beside it the page of a real second origin."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import CONTRAST, UNNAMED, assert_fit_to_see, needs_chromium, until
from tests.studio.conftest import FILM, Visitor, at_home, visiting

pytestmark = needs_chromium
HOSTILE = "</script><img src=x onerror=\"document.title='run'\"><b>\u202e\u2066x{{7*7}}"
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
    said: list[str] = []
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(studio.address)
    until(tab, "document.querySelectorAll('.cell').length === 3")
    yield tab
    tab.close()
    assert said == []


def test_it_follows_the_file_and_trims_a_shot(page: Page, studio: Visitor, film: Path) -> None:
    film.write_text(FILM.replace("duration: 1s}  # red", "duration: 3s}  # red"))
    until(page, "document.getElementById('cell two').getBoundingClientRect().width > 500")
    film.write_text(FILM.replace("duration: 2s", "duration: two"))
    until(page, "document.querySelector('.problem')")
    assert "duration: two" in page.locator(".problem .here").inner_text()
    assert page.locator(".cell").count() == 3
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
    page.keyboard.press("Enter")
    until(page, "!document.getElementById('put-back').hidden")
    lines = film.read_text().splitlines()
    assert [line for line in lines if line not in FILM.splitlines()] == ["    in: 0.5s"]
    assert [line for line in lines if line != "    in: 0.5s"] == FILM.splitlines()
    until(page, "document.getElementById('set-in').value === '0.5s'")
    until(page, "document.querySelector('.when').textContent.includes('1.5 s')")
    page.locator("#put-back").click()
    until(page, "document.getElementById('put-back').hidden")
    assert film.read_text() == FILM


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
    assert page.evaluate(UNNAMED.replace("!(", "!((one.labels && one.labels.length) || ", 1)) == []
    page.keyboard.press("?")
    until(page, "document.getElementById('help').open")
    assert page.evaluate(CONTRAST) == []


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


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
        pass


def test_a_studio_that_stops_is_told_and_waited_for(browser: Browser, film: Path, tmp_path: Path) -> None:
    with visiting(film, at_home(tmp_path / "home"), read_only=True) as studio:
        tab = browser.new_page()
        tab.goto(studio.address)
        until(tab, "document.querySelectorAll('.cell').length === 3")
        assert tab.locator("form.edit, #retake").count() == 0
        port = studio.port
    until(tab, "document.getElementById('told').textContent.includes('does not answer')")
    film.write_text(FILM.replace("Harbour", "Harbor"))
    with visiting(film, at_home(tmp_path / "home"), port=port):
        until(tab, "document.getElementById('title').textContent === 'Harbor'")
        assert "does not answer" not in tab.locator("#told").inner_text()
        tab.close()
