"""The report's page in a real browser, opened from disk.

Without a browser, everything else about the page is tested by reading it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from storyboard.cli.main import run
from storyboard.report.paper import page
from tests.browsing import assert_fit_to_see, needs_chromium, until
from tests.media import run as run_ffmpeg
from tests.test_revisions import commit, git

pytestmark = needs_chromium
HOSTILE = "</style></script><img src=x onerror=\"document.title='run'\"><b>\u202e\u2066x"

FILM = """\
storyboard: 1
title: %s
defaults: {transition: {type: dissolve, duration: 0.5s}}
scenes:
  - id: one
    title: %s
    shots:
      - {id: open, card: {text: Begin, background: "#803020"}, duration: 2s}
%s
  - id: two
    shots:
      - {id: end, card: {text: End}, duration: 1s}
sound: {music: {file: theme.wav}}
outputs: {film: {size: 160x90}}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a film of footage that was cut."""
    folder = tmp_path_factory.mktemp("report")
    for name in ("one", "two"):
        colours = "testsrc2=s=320x180:r=24" if name == "one" else "smptebars=s=320x180:r=24"
        run_ffmpeg("-f", "lavfi", "-i", colours, "-t", "2", "-pix_fmt", "yuv420p", str(folder / f"{name}.mp4"))
    run_ffmpeg("-f", "lavfi", "-i", "sine=300", "-t", "12", str(folder / "theme.wav"))
    text = json.dumps(HOSTILE)
    shots = "\n".join(
        f"      - {{id: s{number}, footage: {'one' if number % 2 else 'two'}.mp4, note: {text}, length: 1s}}"
        for number in range(10)
    )
    (folder / "film.yaml").write_text(FILM % (text, text, shots))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORYBOARD_HOME", str(folder / "home"))
        assert run(["render", str(folder / "film.yaml")]) == 0
        assert run(["report", str(folder / "film.yaml")]) == 0
    return folder / "build" / "film.report.html"


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Page]:
    """The page, opened from its file; nothing may be said on the console, and nothing asked of any network."""
    said: list[str] = []
    asked: list[str] = []
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(report.as_uri())
    yield tab
    tab.close()
    assert said == []
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}
    assert [url for url in asked if url.startswith("file:")] == [report.as_uri()]


def test_the_film_plays_and_shots_are_looked_through(opened: Page) -> None:
    film = opened.locator("#film")
    until(opened, "document.getElementById('film').readyState >= 1")
    assert film.evaluate("film => Math.round(film.duration * 10)") == pytest.approx(75, abs=1)
    film.evaluate("film => { film.muted = true; film.playbackRate = 8; return film.play(); }")
    until(opened, "document.getElementById('film').ended")
    assert opened.locator("#playhead").evaluate("head => parseFloat(head.style.left)") > 95
    film.evaluate("film => { film.playbackRate = 0.1; }")
    opened.get_by_role("button", name="Play the film from s3").click()
    until(opened, "document.getElementById('c5').classList.contains('now')")
    assert film.evaluate("film => [film.paused, Math.floor(film.currentTime)]") == [False, 3]
    film.evaluate("film => film.pause()")
    slider = opened.get_by_label("Look through s3")
    slider.focus()
    opened.keyboard.press("Home")
    assert opened.locator("#v5").evaluate("view => view.style.getPropertyValue('--k')") == "0"
    opened.keyboard.press("ArrowRight")
    assert opened.locator("#v5").evaluate("view => view.style.getPropertyValue('--k')") == "1"
    box = opened.locator("#v5").bounding_box()
    assert box is not None
    opened.locator("#v5").hover(position={"x": box["width"] - 3, "y": 20})
    assert slider.input_value() == "9"
    place = opened.locator("#v5").evaluate("view => getComputedStyle(view).backgroundPositionX")
    assert "100%" in place


def test_texts_stay_texts(opened: Page) -> None:
    assert opened.title() != "run"
    assert opened.locator("h1").inner_text() == HOSTILE
    assert opened.locator(".note").all_inner_texts() == [HOSTILE] * 10
    assert opened.locator("h1 bdi *, .note bdi *, img[src='x'], main b b").count() == 0


def test_every_width_light_and_dark(opened: Page) -> None:
    assert_fit_to_see(opened, "report")


def test_it_prints_without_a_broken_shot(opened: Page, tmp_path: Path) -> None:
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.querySelector('.shot')).breakInside") == "avoid"
    assert opened.evaluate("getComputedStyle(document.querySelector('video')).display") == "none"
    for form in ("A4", "Letter"):
        data = opened.pdf(format=form)
        assert data.startswith(b"%PDF")
        assert 1 <= data.count(b"/Type /Page\n") <= 4


def test_a_page_of_differences_is_accessible(browser: Browser, cards: Path) -> None:
    git(cards.parent, "init", "--quiet")
    commit(cards.parent)
    cards.write_text(cards.read_text().replace("text: One", "text: Another").replace("title: Cards", "title: Plates"))
    made = cards.with_name("page.html")
    assert run(["diff", str(cards), "--html", str(made)]) == 0
    tab = browser.new_page()
    tab.goto(made.as_uri())
    assert tab.locator("section table").count() == 2
    assert_fit_to_see(tab, "diff")
    tab.close()


def test_a_page_without_its_policy_would_run_nothing_else(browser: Browser, tmp_path: Path) -> None:
    """The policy is a second lock: even markup that got through would neither run nor load anything."""
    text = page("diff", {
        "file": "film.yaml", "title": "Film", "before": "HEAD", "after": "now", "sums": [], "film": [], "shots": [],
        "version": "1",
    })  # fmt: skip
    through = "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\"><p style='color:red'>"
    (tmp_path / "page.html").write_text(text.replace("</h1>", f"</h1>{through}"))
    tab = browser.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.title() == "Film: HEAD → now"
    assert len(said) >= 3
    assert tab.evaluate("getComputedStyle(document.querySelector('p[style]')).color") != "rgb(255, 0, 0)"
    tab.close()
