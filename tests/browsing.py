"""Pages in a real browser: Chromium, driven by Playwright; `.ci/run` installs it where it can."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WIDTHS = (1440, 820, 390)
KEPT = os.environ.get("STORYBOARD_SCREENSHOTS")
"""A folder that pictures of the pages are kept in, at each width."""
AXE = Axe()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, running."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield browser
        browser.close()


def until(tab: Page, holds: str) -> None:
    """Wait until something holds, and say so where it never does. The pages' policy keeps Playwright's own way out."""
    never = "lost(`never: ${document.body.innerText}`)"
    look = f"() => ({holds}) ? done() : Date.now() > end ? {never} : setTimeout(look, 20)"
    wait = f"(done, lost) => {{ const end = Date.now() + 60000, look = {look}; look(); }}"
    tab.evaluate(f"() => new Promise({wait})")


@contextmanager
def listening(tab: Page) -> Iterator[None]:
    """Nothing may be said on a page's console while the block runs."""
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield
    assert said == []


def assert_accessible(tab: Page) -> None:
    """That axe finds nothing wrong with a page as it is now."""
    broken = AXE.run(tab).response["violations"]
    found = [f"{one['impact']} {one['id']}: {node['html'][:200]}" for one in broken for node in one["nodes"]]
    assert not found, "\n".join(found)


def assert_fit_to_see(tab: Page, name: str) -> None:
    """That a page fits every width, and that axe finds nothing wrong, light and dark. Pictures are kept on demand."""
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            assert tab.evaluate("document.documentElement.scrollWidth") == width
            if scheme == "light" or width == WIDTHS[0]:
                keep_picture(tab, f"{name}-{width}-{scheme}")
        assert_accessible(tab)


def keep_picture(tab: Page, name: str) -> None:
    """Keep a picture of a page as it is now, where somebody wants to see it."""
    if KEPT:
        tab.screenshot(path=str(Path(KEPT) / f"{name}.jpg"), type="jpeg", quality=70, full_page=True)
