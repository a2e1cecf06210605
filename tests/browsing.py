"""Pages in a real browser: Chromium, driven by Playwright; `.ci/run` installs it where it can."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WIDTHS = (1440, 820, 390)
KEPT = os.environ.get("STORYBOARD_SCREENSHOTS")
"""A folder that pictures of the pages are kept in, at each width."""


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


def assert_fit_to_see(tab: Page, name: str) -> None:
    """That a page fits every width, with contrast enough, light and dark. Pictures are kept on demand."""
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            assert tab.evaluate("document.documentElement.scrollWidth") == width
            assert tab.evaluate(CONTRAST) == []
            if KEPT:
                tab.screenshot(path=str(Path(KEPT) / f"{name}-{width}-{scheme}.png"), full_page=True)


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const under = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const rgb = parse(getComputedStyle(at).backgroundColor);
      if (rgb.length === 3 || rgb[3] === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!own || !node.checkVisibility() || ["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(under(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) found.add(`${node.tagName}.${node.parentElement.className} ${ratio.toFixed(2)}`);
  }
  return [...found];
}"""
"""Texts whose contrast is below 4.5 to 1."""
UNNAMED = """() => [...document.querySelectorAll("a, button, input, video, [role=region], img")].filter((one) =>
  !(one.getAttribute("aria-label") || one.getAttribute("alt") || one.textContent.trim())).map((one) => one.outerHTML)"""
"""What can be operated, or is a picture, and has no name."""
