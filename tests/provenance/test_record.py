"""The record beside a film."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storyboard.casting import Choice, Clip, accept, bring, pick
from storyboard.consent import Terms
from storyboard.errors import InvalidStoryboard
from storyboard.foresight import Options
from storyboard.progress import unwatched
from storyboard.provenance.carried import credentials_of
from storyboard.provenance.kept import is_ours, keep_record, record_text
from storyboard.render import render
from storyboard.secret import Secret
from storyboard.settings import settings_for
from storyboard.store import files
from storyboard.store.journal import Journal
from storyboard.store.orders import Orders
from storyboard.verifying import verify
from tests.paid.sets import COST, Set, orders_of
from tests.provenance.conftest import Filmed

LOCKED = Terms(locked=True)


def record(one: Set, name: str = "film.provenance.json") -> dict[str, Any]:
    """The record of the film."""
    value: dict[str, Any] = json.loads((one.folder / "build" / name).read_text("utf-8"))
    return value


def test_what_a_record_says_of_the_film(filmed: Filmed) -> None:
    one = filmed.take()
    said = record(one)
    assert list(said) == ["format_version", "made_by", "toolchain", "film", "shots", "sounds", "overlays"]
    assert said["format_version"] == 1
    assert said["made_by"].startswith("storyboard ")
    assert said["toolchain"].startswith("ffmpeg ")
    film = said["film"]
    assert film["sha256"] == files.sha256(one.folder / "build" / "film.mp4")
    assert (film["title"], film["file"], film["variant"]) == ("Shelf", "build/film.mp4", None)
    assert (film["rate"], film["size"], film["cost"]) == ("24", "128x72", f"{2 * COST:f}")
    assert film["frames"] == 24 - 12 + 48 + 72 + 36 + 24
    assert said["sounds"] == [{"file": "tone.wav", "sha256": files.sha256(one.folder / "tone.wav"), "role": "effects"}]
    assert said["overlays"] == [{"file": "logo.png", "sha256": files.sha256(one.folder / "logo.png")}]


def test_what_a_record_says_of_a_bought_shot(filmed: Filmed) -> None:
    one = filmed.take()
    shots = {shot["id"]: shot for shot in record(one)["shots"]}
    orders = {order.shot: order for order in orders_of(one)}
    take, asked = shots["a"]["take"], shots["a"]["asked"]
    assert shots["a"]["kind"] == "generated"
    assert shots["a"]["in_film"] == {"first": 12, "frames": 48}
    assert shots["a"]["used"] == {"in": 0, "out": 48, "of": 72, "rate": "24", "speed": "1", "reverse": False}
    assert (asked["model"], asked["mode"]) == ("klingai/kling-v3.0-i2v", "std")
    assert (asked["prompt"], asked["negative"], asked["seconds"]) == ("One: a fox.", "text", 3)
    still = files.sha256(one.folder / "plain.png")
    assert asked["stills"] == [{"role": "first", "file": "plain.png", "last_frame_of": None, "sha256": still}]
    locked = one.lock.shots["a"].take
    assert locked is not None
    assert (take["number"], take["sha256"], take["origin"], take["gateway"]) == (1, locked.sha256, "ordered", "remote")
    assert (take["cost"], take["made"]) == (f"{COST:f}", locked.made)
    assert take["job"] in (orders["a"].generation, orders["a"].operation.get("gatewayJobId"))
    assert take["ordered"].startswith(locked.made[:8])
    assert take["credentials"] == hashlib.sha256(credentials_of(one.clip(take["sha256"]))).hexdigest()
    assert shots["b"]["take"]["credentials"] is None
    goes_on = shots["b"]["asked"]["stills"][0]
    assert goes_on == {"role": "first", "file": None, "last_frame_of": "a", "sha256": locked.sha256}


def test_what_a_record_says_of_shots_that_nobody_ordered(filmed: Filmed) -> None:
    one = filmed.take()
    shots = {shot["id"]: shot for shot in record(one)["shots"]}
    assert list(shots) == ["t", "a", "b", "c", "again"]
    assert shots["t"]["card"] == {"text": "Title", "image": None}
    assert [shots["t"][name] for name in ("kind", "used", "asked", "take", "footage")] == ["card", *[None] * 4]
    clip = files.sha256(one.folder / "takes" / "clip.mp4")
    assert shots["c"]["footage"] == {"file": "takes/clip.mp4", "sha256": clip, "credentials": None}
    assert shots["c"]["used"] == {"in": 24, "out": 95, "of": 96, "rate": "24", "speed": "2", "reverse": False}
    assert (shots["again"]["reuse"], shots["again"]["take"]) == ("a", shots["a"]["take"])
    assert shots["again"]["used"] == {"in": 24, "out": 48, "of": 72, "rate": "24", "speed": "1", "reverse": True}


def test_an_animatic_has_a_record_and_no_price(filmed: Filmed, tmp_path: Path) -> None:
    one = replace(filmed.set, folder=tmp_path / "film", home=tmp_path / "home", events=[])
    one.write("{id: a, first: plain.png, prompt: One.}")
    one.render(key=False)
    said = record(one)
    assert said["shots"][0]["kind"] == "animatic"
    assert said["shots"][0]["asked"]["prompt"] == "One."
    assert [said["shots"][0]["take"][name] for name in ("gateway", "cost", "made", "job")] == ["local", "0", None, None]
    assert said["film"]["source_type"].endswith("/composite")


def test_what_has_not_changed_is_not_written_again(filmed: Filmed) -> None:
    one = filmed.take()
    paths = sorted((one.folder / "build").iterdir())
    assert [path.name for path in paths] == ["film.mp4", "film.provenance.json", "film.signed.mp4"]
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]
    done = one.render()
    assert done.outcome == "unchanged"
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths] == before
    assert done.beside[0].signed is not None
    assert not done.beside[0].signed.written


def test_an_edit_that_leaves_the_film_as_it_is_changes_the_record_alone(filmed: Filmed) -> None:
    one = filmed.take()
    before, signed = record(one), (one.folder / "build" / "film.signed.mp4").stat().st_ino
    (one.folder / "tone.wav").rename(one.folder / "beep.wav")
    one.file.write_text(one.file.read_text().replace("tone.wav", "beep.wav"))
    done = one.render()
    assert done.outcome == "unchanged"
    after = record(one)
    assert after.pop("sounds") == [{**before.pop("sounds")[0], "file": "beep.wav"}]
    assert after == before
    assert (one.folder / "build" / "film.signed.mp4").stat().st_ino != signed


def test_a_clone_knows_all_but_the_orders(filmed: Filmed, tmp_path: Path) -> None:
    """The takes and the lock travel; the journal stays with who ordered."""
    one = filmed.take()
    clone, home = tmp_path / "clone", tmp_path / "home"
    shutil.copytree(one.folder, clone, ignore=shutil.ignore_patterns("build", ".storyboard"))
    shutil.copytree(one.home / "takes", home / "takes")
    other = replace(one, folder=clone, home=home)
    settings = replace(settings_for(clone), home=home)
    render(other.project, settings, Options(gateway="remote", terms=LOCKED), unwatched)
    here, there = record(one), record(other)
    for shot in (*here["shots"], *there["shots"]):
        if shot["take"]:
            unknown = shot["take"].pop("job"), shot["take"].pop("ordered")
            assert unknown == (None, None) or shot in here["shots"]
    assert there == here


def test_a_kept_take_says_what_it_was_bought_for(filmed: Filmed) -> None:
    one = filmed.take()
    one.file.write_text(one.file.read_text().replace("One: ", "Another: "))
    one.render(replace(Terms(), locked=True, keep_stale=True))
    shots = {shot["id"]: shot for shot in record(one)["shots"]}
    assert shots["a"]["asked"]["prompt"] == "One: a fox."
    shutil.rmtree(one.home / "requests")
    one.render(replace(Terms(), locked=True, keep_stale=True))
    shots = {shot["id"]: shot for shot in record(one)["shots"]}
    assert shots["a"]["asked"] is None


def test_a_draft_leaves_no_record(filmed: Filmed) -> None:
    one = filmed.take()
    shutil.rmtree(one.folder / "build")
    assert one.render(draft="circled").beside == ()
    assert [path.name for path in (one.folder / "build").iterdir()] == ["film.draft.mp4"]


def test_nothing_but_films_is_in_the_sums(filmed: Filmed) -> None:
    one = filmed.take()
    rows = [line.split("  ")[1] for line in (one.folder / "film.sums").read_text().splitlines() if line[0] != "#"]
    assert rows == ["build/film.mp4"]
    found = verify(one.project, one.settings(), unwatched)
    assert [(film.file, film.state) for film in found.films] == [("build/film.mp4", "whole")]


def test_it_tells_no_secret_and_no_place(filmed: Filmed, tmp_path: Path) -> None:
    one = filmed.take()
    texts = [path.read_bytes() for path in (one.folder / "build").glob("*.json")]
    texts.append((one.folder / "build" / "film.signed.mp4").read_bytes())
    private = (one.home / "sign" / "development.key").read_bytes().splitlines()[1]
    for word in (b"vck_test", b"http://127", str(one.folder).encode(), str(one.home).encode(), private):
        assert all(word not in text for text in texts), word


def test_a_record_that_is_in_the_way_is_refused_with_its_place(filmed: Filmed) -> None:
    one = filmed.take()
    for name in ("film.provenance.json", "film.signed.mp4"):
        path = one.folder / "build" / name
        ours = path.read_bytes()
        path.write_text('{"mine": true}')
        with pytest.raises(InvalidStoryboard) as caught:
            one.render()
        (problem,) = caught.value.problems
        assert problem.message == f"`build/{name}` is there already, and was not made here"
        assert (problem.path, problem.where.line) == ("outputs.film.file", 7)
        assert path.read_text() == '{"mine": true}'
        path.write_bytes(ours)
    path = one.folder / "build" / "film.provenance.json"
    path.unlink()
    path.symlink_to(one.folder / "film.lock")
    with pytest.raises(InvalidStoryboard, match="1 problem"):
        one.render()


HOSTILE = 'a " \\ \u202e\u2066 \x07 \x1b[31m </script> \U000e0041 \ud800 vck_test_secret {{ x }}'


def test_texts_stay_texts_and_secrets_are_masked() -> None:
    value = {"title": HOSTILE, "list": [HOSTILE]}
    text = record_text(value, (Secret("vck_test_secret"), None))
    assert all(char.isprintable() or char == "\n" for char in text)
    masked = HOSTILE.replace("vck_test_secret", "***")
    assert json.loads(text) == {"title": masked, "list": [masked]}
    text.encode()


def test_a_record_is_told_from_other_files(tmp_path: Path) -> None:
    path = tmp_path / "film.provenance.json"
    assert keep_record(path, record_text({"format_version": 1, "made_by": "storyboard 0.1.0"}, ()))
    assert is_ours(path)
    assert not keep_record(path, path.read_text())
    for other in ("", "{}", '{"format_version": 1}', "[" * 5000, '{"made_by": "storyboard 0.1.0"}', "\x00"):
        path.write_text(other)
        assert not is_ours(path)


def test_what_was_made_elsewhere_or_for_another_text(filmed: Filmed) -> None:
    """An imported clip was ordered as nothing; one that was accepted was ordered as what it was bought for."""
    one = filmed.take()
    clip = one.folder / "takes" / "clip.mp4"
    bring(one.project, one.settings(), Clip("b", clip))
    pick(one.project, one.settings(), Choice("b", files.sha256(clip)[:12]))
    one.file.write_text(one.file.read_text().replace("One: ", "Another: "))
    accept(one.project, one.settings(), ["a"])
    one.render(LOCKED)
    shots = {shot["id"]: shot for shot in record(one)["shots"]}
    assert (shots["b"]["kind"], shots["b"]["asked"]) == ("imported", None)
    assert [shots["b"]["take"][name] for name in ("number", "origin", "gateway", "cost", "job")] == [
        2, "imported", None, "0", None,
    ]  # fmt: skip
    taken = shots["a"]["take"]
    assert (shots["a"]["kind"], shots["a"]["asked"]["prompt"]) == ("generated", "One: a fox.")
    assert (taken["origin"], taken["cost"], bool(taken["job"])) == ("accepted", f"{COST:f}", True)
    assert record(one)["film"]["cost"] == f"{COST:f}"


@pytest.mark.parametrize(
    ("operation", "generation", "job"),
    [
        ({"gatewayJobId": "job_1"}, "gen_1", "job_1"),
        ({}, "gen_1", "gen_1"),
        ({"gatewayJobId": "https://cdn.example.com/a?signature=x"}, "a/b", None),
        ({"gatewayJobId": {"id": "job_1"}}, "x" * 201, None),
        ({"gatewayJobId": "job 1\u202e"}, "", None),
    ],
)
def test_a_job_is_a_plain_id_or_none(filmed: Filmed, operation: dict[str, Any], generation: str, job: str) -> None:
    one = filmed.take()
    with closing(Journal(one.home)) as journal:
        for order in orders_of(one):
            Orders(journal.database).change(order, operation=operation, generation=generation)
    one.render(LOCKED)
    assert record(one)["shots"][1]["take"]["job"] == job
