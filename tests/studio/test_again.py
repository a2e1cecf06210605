"""A studio that is started again: its pages come back, and nobody else does."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from storyboard.studio import again
from storyboard.studio.live import Live
from storyboard.studio.serve import kept_at, listen
from tests.browsing import needs_chromium, until
from tests.studio.conftest import FILM, at_home, visiting


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where runs are written down."""
    return tmp_path / "home" / "studio" / "one"


def test_the_next_run_has_a_word_of_the_last_ones_key_and_only_for_a_while(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again.next_run(kept)
    assert (first.port, first.before, first.proof("a", 0)) == (0, "", "")
    again.keep(kept, first, 4321)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert first.word not in kept.read_text()
    second = again.next_run(kept)
    assert (second.port, second.before) == (4321, first.key)
    assert second.word not in (first.word, kept.read_text())
    assert second.key != first.key
    assert second.proof("abc", 4321) != second.proof("abd", 4321)
    assert [second.proof(*one) for one in (("abc", 4322), ("a" * 65, 4321), ("", 4321), ("é", 4321))] == [""] * 4
    assert again.next_run(kept, 4321).before == first.key
    assert again.next_run(kept, 99).before == ""
    old = kept.with_name("old")
    old.write_text("{}")
    os.utime(old, (0, 0))
    again.keep(kept, second, 4321)
    assert [one.name for one in kept.parent.iterdir()] == ["one"]
    assert again.is_kept(kept, second)
    assert not again.is_kept(kept, first)
    kept.rename(kept.with_name("gone"))
    assert again.is_kept(kept, first)  # a long run's note is too old for another film's run, which clears it away
    kept.with_name("gone").rename(kept)
    now = json.loads(kept.read_text())["seen"]
    kept.chmod(0o640)
    assert again.next_run(kept).before == ""
    kept.chmod(0o600)
    assert again.next_run(kept).before == second.key
    for late in (-10.0, again.SECONDS + 1):
        monkeypatch.setattr("storyboard.studio.again.time.time", lambda late=late: now + late)
        assert again.next_run(kept).before == ""


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"key": "zz", "port": 1, "seen": 0}', '{"key": 7, "port": 1e999, "seen": 0}', "\x00" * 9000],
)
def test_what_is_no_note_of_a_run_is_of_no_account(kept: Path, text: str) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_text(text)
    assert again.next_run(kept).before == ""


def test_every_film_and_kind_of_studio_has_a_note_of_its_own(film: Path, tmp_path: Path) -> None:
    film.write_text(FILM + "variants: {de: {title: Hafen}}\n")
    other = film.with_name("other.yaml")
    other.write_text(FILM)
    home = at_home(tmp_path / "home")
    ways = (
        Live(str(film), home), Live(str(film), home, read_only=True), Live(str(film), home, variant="de"),
        Live(str(other), home),
    )  # fmt: skip
    assert len({kept_at(one) for one in ways}) == 4
    assert (tmp_path / "home" / "studio").stat().st_mode & 0o777 == 0o700


def test_a_port_that_somebody_else_has_by_now_gets_no_word_that_a_page_knows() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        run = again.Run("word", "00" * 32, other.getsockname()[1], "11" * 32)
        mine, fresh = listen(run, 0)
        with mine:
            number = mine.getsockname()[1]
            assert number != run.port
            assert (fresh.word != run.word, fresh.before, fresh.proof("a", number)) == (True, "", "")


def test_a_stranger_at_the_port_is_told_nothing(film: Path, tmp_path: Path) -> None:
    run = again.Run("the-new-word", "00" * 32, 0, "11" * 32)
    with visiting(film, at_home(tmp_path / "home"), read_only=True) as studio:
        assert studio.client.get(f"http://{studio.host}/back/{'0' * 32}").status_code == 404
    with visiting(film, at_home(tmp_path / "home"), read_only=True, run=run) as studio:
        root = f"http://{studio.host}/back/"
        answer = studio.client.get(root + "0" * 32)
        assert (answer.status_code, len(answer.text)) == (200, 64)
        for secret in (run.word, run.key, run.before):
            assert secret not in answer.text
        assert studio.client.get(root + "0" * 32, headers={"origin": "http://evil.example"}).status_code == 403
        assert studio.client.get(root + "0" * 32, headers={"sec-fetch-site": "same-site"}).status_code == 403
        assert studio.client.get(root + "0" * 65).status_code == 404
        assert studio.client.post(root + "0" * 32).status_code == 403


@needs_chromium
def test_the_open_page_goes_on_with_the_next_run(browser: Browser, film: Path, tmp_path: Path, kept: Path) -> None:
    home = at_home(tmp_path / "home")
    first = again.next_run(kept)
    with visiting(film, home, run=first) as studio:
        again.keep(kept, first, studio.port)
        tab = browser.new_page()
        tab.goto(studio.address)
        until(tab, "document.querySelectorAll('.cell').length === 3")
        tab.locator("#set-note").fill("not written yet")
    until(tab, "document.getElementById('told').textContent.includes('does not answer')")
    assert f"storyboard studio {film}" in tab.locator("#told").inner_text()
    film.write_text(FILM.replace("Harbour", "Harbor"))
    second = again.next_run(kept)
    with visiting(film, home, run=second, port=second.port) as studio:
        until(tab, "document.getElementById('title').textContent === 'Harbor'")
        assert studio.live.board.is_heard
        assert tab.url == f"http://{studio.host}/{second.word}/"
        assert tab.locator("#set-note").input_value() == "not written yet"
        assert "does not answer" not in tab.locator("#told").inner_text()
        assert studio.client.get(f"http://{studio.host}/{first.word}/").status_code == 404
        tab.close()


def test_who_may_read_the_note(kept: Path) -> None:
    before = os.umask(0)
    try:
        again.keep(kept, again.next_run(kept), 1)
    finally:
        os.umask(before)
    assert kept.stat().st_mode & 0o777 == 0o600
