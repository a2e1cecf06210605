"""Takes ordered in a real browser, from a paid gateway that takes no money; then played, compared and chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from storyboard.consent import Terms
from storyboard.retakes import Wanted, retake
from storyboard.testing import FakeGateway
from tests.browsing import assert_accessible, keep_picture, listening, needs_chromium, until
from tests.paid.sets import COST, PAIR, Set
from tests.studio.conftest import Visitor, visiting

pytestmark = needs_chromium
TAKES = "document.querySelectorAll('.thumb[id^=take]').length"


@pytest.fixture
def one(tmp_path: Path, served: tuple[FakeGateway, str]) -> Set:
    """A film with one bought take, whose gateway holds the next one back."""
    gateway, base = served
    film = Set(tmp_path / "film", gateway, base, tmp_path / "home")
    film.write(PAIR[0], head="budget: 5.00\n")
    wanted = Wanted("a", terms=Terms(budget=Decimal(5)))
    with ThreadPoolExecutor() as apart:  # this thread's event loop is the browser's
        apart.submit(retake, film.project, film.settings(), wanted, film.events.append).result()
    gateway.seconds = math.inf
    return film


@pytest.fixture
def studio(one: Set, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Its studio, in which nothing is drawn."""
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    with visiting(one.file, lambda _: one.settings()) as visitor:
        yield visitor


@pytest.fixture
def page(browser: Browser, studio: Visitor) -> Iterator[Page]:
    """The studio, opened; nothing is said on the console."""
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    with listening(tab):
        tab.goto(studio.address)
        until(tab, f"{TAKES} === 1")
        yield tab
        tab.close()


def test_a_take_is_ordered_arrives_is_compared_and_picked(one: Set, page: Page) -> None:
    for leave in ("Enter", "Escape"):
        page.keyboard.press("t")
        until(page, "document.getElementById('ask').open")
        assert page.locator(".price").inner_text() == f"${COST}"
        page.keyboard.press(leave)
        until(page, "!document.getElementById('ask').open")
    assert one.charged == 1
    page.locator("#set-count").select_option("2")
    page.locator("#retake").click()
    until(page, "document.getElementById('ask').open")
    assert page.locator("#ask-yes").inner_text() == f"Buy them for ${2 * COST}"
    page.locator("#ask-no").click()
    page.locator("#set-count").select_option("1")
    page.locator("#retake").click()
    until(page, "document.getElementById('ask').open")
    assert page.locator("#ask-yes").inner_text() == f"Buy it for ${COST}"
    assert_accessible(page)
    keep_picture(page, "studio-price")
    page.locator("#ask-yes").click()
    until(page, "document.querySelector('.coming')?.textContent.includes('shooting')")
    keep_picture(page, "studio-shooting")
    assert "shooting" in page.locator("#told .busy").inner_text()
    assert page.locator("#take-2").count() == 0
    one.gateway.seconds = 0
    until(page, f"{TAKES} === 2 && document.getElementById('clip').getAttribute('aria-label') === 'Take 2 of a'")
    until(page, "document.getElementById('told').textContent.includes('$0.504 spent')")
    assert page.locator(".coming, #told .busy").count() == 0
    assert [charge.amount for charge in one.gateway.ledger.charges] == [COST, COST]
    page.locator("#take-2").click()
    page.keyboard.press("Space")
    until(page, "document.getElementById('clip').ended")
    for number in ("1", "2"):
        page.keyboard.press(number)
        until(page, f"document.getElementById('clip').getAttribute('aria-label') === 'Take {number} of a'")
    _compare(page)
    assert _in_the_cut(one) == 1
    page.keyboard.press("c")
    page.locator("#pick-2").click()
    until(page, "document.getElementById('ask').open")
    assert "Let take 2" in page.locator("#ask-title").inner_text()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.takes .circled #take-2')")
    assert _in_the_cut(one) == 2
    assert len(one.gateway.ledger.charges) == 2


def _in_the_cut(one: Set) -> int:
    """The number of the take that is."""
    take = one.lock.shots["a"].take
    return take.number if take else 0


def _compare(page: Page) -> None:
    """Both takes play side by side and in step, by one key."""
    page.keyboard.press("c")
    until(page, "document.querySelectorAll('.beside .clip').length === 2")
    until(page, "[...document.querySelectorAll('.clip')].every((one) => one.readyState >= 2)")
    page.keyboard.press("Space")
    until(page, "[...document.querySelectorAll('.clip')].every((one) => one.currentTime > 0.2)")
    page.keyboard.press("k")
    until(page, "[...document.querySelectorAll('.clip')].every((one) => one.paused && !one.seeking)")
    first, second = page.evaluate("[...document.querySelectorAll('.clip')].map((one) => one.currentTime)")
    assert abs(first - second) < 0.25
    page.keyboard.press(",")
    assert_accessible(page)
    keep_picture(page, "studio-takes")
