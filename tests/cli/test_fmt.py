"""`storyboard fmt` as it is typed: what is written, what is shown, what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.cli.main import run
from storyboard.errors import Transient
from storyboard.store import files

Capture = pytest.CaptureFixture[str]
UNTIDY = "storyboard:   1\ntitle: 'Cards'   # mine\nshots:\n- {id: a,\n   card: {text: A}}\n"
IN_ORDER = 'storyboard: 1\ntitle: "Cards"   # mine\nshots:\n  - {id: a, card: {text: A}}\n'


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storyboard that is not in order, in the folder where one is."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "film.yaml"
    file.write_text(UNTIDY)
    return file


def test_a_file_is_put_in_order_and_then_left_alone(film: Path, capsys: Capture) -> None:
    film.chmod(0o640)
    assert run(["fmt", "film.yaml"]) == 0
    assert film.read_text() == IN_ORDER
    assert capsys.readouterr().out == "film.yaml\n"
    assert film.stat().st_mode & 0o777 == 0o640
    state = files.state_of(film)
    assert run(["fmt", "film.yaml"]) == 0
    assert files.state_of(film) == state
    assert capsys.readouterr().out == ""
    assert [one.name for one in film.parent.iterdir() if one.is_file()] == ["film.yaml"]


def test_check_and_diff_write_nothing(film: Path, capsys: Capture) -> None:
    part = film.with_name("part.yaml")
    part.write_text("vars: {a: b}\n")
    assert run(["fmt", "--check", "film.yaml", "part.yaml"]) == 1
    assert capsys.readouterr().out == "film.yaml\n"
    assert run(["fmt", "--diff", "film.yaml", "part.yaml"]) == 0
    assert capsys.readouterr().out == (
        "--- film.yaml\n+++ film.yaml, in order\n@@ -1,5 +1,4 @@\n-storyboard:   1\n-title: 'Cards'   # mine\n"
        '+storyboard: 1\n+title: "Cards"   # mine\n shots:\n'
        "-- {id: a,\n-   card: {text: A}}\n+  - {id: a, card: {text: A}}\n"
    )
    assert run(["fmt", "--check", "part.yaml"]) == 0
    assert film.read_text() == UNTIDY


def test_nothing_is_written_when_one_file_cannot_be_read(film: Path, capsys: Capture) -> None:
    film.with_name("wrong.yaml").write_text("vars: [a\n")
    assert run(["fmt", "film.yaml", "wrong.yaml"]) == 1
    assert "wrong.yaml:1:7: error[yaml]: a list in [ ] is not closed" in capsys.readouterr().err
    assert film.read_text() == UNTIDY


@pytest.mark.parametrize("name", ["gone.yaml", ".", "film.txt"])
def test_what_is_no_storyboard_is_a_usage_error(film: Path, name: str) -> None:
    film.with_suffix(".txt").write_text(UNTIDY)
    assert run(["fmt", name]) == 2


def test_a_link_stays_a_link(film: Path) -> None:
    link = film.with_name("link.yaml")
    link.symlink_to("film.yaml")
    assert run(["fmt", "link.yaml"]) == 0
    assert link.is_symlink()
    assert film.read_text() == IN_ORDER


def test_a_file_that_was_saved_meanwhile_is_not_written_over(film: Path) -> None:
    from storyboard.cli import fmt

    state = files.state_of(film)
    film.write_text("storyboard: 1 # saved by an editor\n")
    with pytest.raises(Transient, match="was changed while it was used"):
        fmt._write(film, state, IN_ORDER.encode())
    assert film.read_text() == "storyboard: 1 # saved by an editor\n"
