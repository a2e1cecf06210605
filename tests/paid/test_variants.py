"""Variants: what they ask for alike is bought once, what they ask for otherwise is cast on its own."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.casting import Choice, accept, pick
from storyboard.cli.main import run
from storyboard.collecting import survey
from storyboard.consent import Terms
from storyboard.errors import Gate, InvalidStoryboard, Usage
from storyboard.family import examine_all, films_of
from storyboard.foresight import Options, make_plan, together
from storyboard.mending import mend
from storyboard.planner.lock import Lock
from storyboard.progress import Said, unwatched
from storyboard.reasons import reason_of
from storyboard.rebuilding import rebuild
from storyboard.render import Rendered, render, render_all
from storyboard.retakes import Wanted, retake
from storyboard.store.project import Project
from storyboard.store.sums import read_sums
from storyboard.takelist import takes_of
from storyboard.testing import FakeGateway
from storyboard.testing.clips import clip_of, colour_of
from storyboard.testing.ledger import Charge
from tests.paid.sets import COST, Set, orders_of
from tests.paid.shelf import Shelf

HEAD = """vars: {who: One}
variants:
  de: {vars: {who: Eins}}
  fr: {vars: {who: Un}}
  wie: {title: The same words as de, vars: {who: Eins}}
  short: {order: [b], shots: {b: {length: 1s}}}
"""
SHOTS = (
    '{id: a, first: plain.png, prompt: "{{ who }}.", length: 0.25s}',
    "{id: b, first: {shot: a, frame: last}, prompt: On., length: 0.25s}",
    "{id: c, first: plain.png, prompt: Alike., length: 0.25s}",
)
OPEN = Terms(budget=Decimal(100), allow_held_open=True)
KEPT = Terms(locked=True)


def coloured(one: Set) -> Set:
    """A set whose clips have colours of their own: a still that is cut from one is like no other."""
    colours = list({colour_of(job): job for job in (f"job_{number}" for number in range(400))}.values())
    jobs: list[str] = []

    def draw(charge: Charge) -> bytes:
        jobs.extend({charge.job} - {*jobs})
        name = charge.job.encode()
        clip = clip_of(replace(charge, job=colours[jobs.index(charge.job)]))
        return clip + struct.pack(">I4s", 8 + len(name), b"free") + name

    one.gateway.draw = draw
    return one


@pytest.fixture
def film(one: Set) -> Set:
    """The film with its variants, of which nothing was bought."""
    one.write(*SHOTS, head=HEAD)
    return coloured(one)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """The film and its German variant, bought."""
    folder = tmp_path_factory.mktemp("variants")
    gateway = FakeGateway(folder / "gateway", height=72)
    with gateway.serve() as base:
        one = coloured(Set(folder / "film", gateway, base, folder / "home"))
        one.write(*SHOTS, head=HEAD)
        shoot_all(one, ["", "de"])
        for path, copy in ((one.folder, "film"), (one.home, "home")):
            shutil.copytree(path, folder / "kept" / copy)
        yield Shelf(one, folder / "kept")


@pytest.fixture
def bought(shelf: Shelf) -> Set:
    """The film and its German variant as they were bought."""
    return shelf.take()


def variant(one: Set, name: str) -> Project:
    """One of its variants, opened anew."""
    return films_of(one.project, [name])[0]


def shoot(one: Set, name: str = "", terms: Terms = OPEN, *, key: bool = True) -> Rendered:
    """Render the film, or a variant."""
    return render(variant(one, name), one.settings(key=key), Options(terms=terms), one.events.append)


def shoot_all(one: Set, names: Sequence[str] = ("all",), terms: Terms = OPEN) -> list[tuple[Project, Rendered]]:
    """Render several films."""
    return list(render_all(films_of(one.project, names), one.settings(), Options(terms=terms), one.events.append))


def states(one: Set, name: str = "") -> dict[str, str]:
    """How the shots of the film, or of a variant, stand."""
    _, planned = make_plan(variant(one, name), one.settings(), Options(), live=False)
    return {shot.shot.id: shot.state for shot in planned.shots}


def circles(lock: Lock) -> dict[str, str]:
    """The circled take of each name in a lock."""
    return {name: shot.circled for name, shot in lock.shots.items()}


def test_the_film_and_then_its_variants(film: Set) -> None:
    shoot(film)
    before = film.lock
    assert (film.charged, set(before.shots)) == (3, {"a", "b", "c"})
    assert states(film, "short") == {"a": "held", "b": "held"}, "it cuts otherwise, and asks for nothing new"
    assert states(film, "de") == {"a": "missing", "b": "missing", "c": "held"}, "its first footage is not stale"

    shoot(film, "short", KEPT, key=False)
    assert (film.charged, film.lock) == (3, before)
    assert list(read_sums(film.project)) == ["build/film.mp4", "build/film.short.mp4"]

    done = shoot(film, "de")
    assert (done.spent, film.charged) == (2 * COST, 5)
    assert set(film.lock.shots) == {"a", "a@de", "b", "b@de", "c"}
    assert {name: film.lock.shots[name] for name in before.shots} == dict(before.shots), (
        "the film's takes are as before"
    )
    assert states(film) == {"a": "held", "b": "held", "c": "held"}
    assert {order.shot for order in orders_of(film)} == {"a", "b", "c", "a@de", "b@de"}


def test_all_at_once_is_agreed_to_once_and_bought_once(film: Set) -> None:
    films = films_of(film.project, ["all"])
    planned = together([(one, make_plan(one, film.settings(), Options(), live=False)[1]) for one in films])
    # What goes on from a take that is not there yet is counted for each: nobody knows that they will be alike.
    assert len(planned.to_buy) == 8
    with pytest.raises(Gate, match="would be bought"):
        shoot_all(film, terms=Terms(allow_held_open=True))
    with pytest.raises(Gate, match=r"up to \$4\.03, and \$2\.00 is"):
        shoot_all(film, terms=Terms(budget=Decimal(2), allow_held_open=True))
    assert film.charged == 0, "nothing is bought of what cannot be had as a whole"
    made = shoot_all(film)
    assert film.charged == 7
    assert [done.outcome for _, done in made] == ["rendered"] * 5
    assert [done.spent for _, done in made] == [3 * COST, 2 * COST, 2 * COST, 0, 0]
    assert circles(film.lock)["a@wie"] == circles(film.lock)["a@de"], "what de has bought is not bought again"
    assert [done.outcome for _, done in shoot_all(film, terms=KEPT)] == ["unchanged"] * 5


def test_takes_of_a_variant_are_cast_there(bought: Set) -> None:
    before, charges = bought.lock, len(bought.gateway.ledger.charges)
    german = variant(bought, "de")
    new = retake(german, bought.settings(), Wanted("a", terms=OPEN), bought.events.append)
    assert (len(new.takes), len(bought.gateway.ledger.charges)) == (1, charges + 1)
    assert [(one.shot, one.take.number, one.circled) for one in takes_of(german, bought.settings(), "a").entries] == [
        ("a", 1, True), ("a", 2, False),
    ]  # fmt: skip
    assert {one.shot for one in takes_of(bought.project, bought.settings()).entries} == {"a", "b", "c"}
    assert takes_of(bought.project, bought.settings()).gone == frozenset()
    cast = pick(german, bought.settings(), Choice("a", "2"))
    assert [one.shot.id for one in cast.next] == ["b"], "it goes on from it"
    assert states(bought, "de") == {"a": "held", "b": "stale", "c": "held"}
    assert set(states(bought).values()) == {"held"}
    accept(german, bought.settings(), ["b"])
    assert set(states(bought, "de").values()) == {"held"}
    assert {name for name in bought.lock.shots if bought.lock.shots[name] != before.shots[name]} == {"a@de", "b@de"}


def test_takes_on_one_machine_alone_are_named_as_in_the_lock_and_once(film: Set) -> None:
    list(render_all(films_of(film.project, ["all"]), film.settings(), Options(terms=OPEN), film.events.append))
    said = [event.text for event in film.events if isinstance(event, Said) and "this machine alone" in event.text]
    assert len(said) == len(set(said))
    assert "`a@de` take 1" in said[-1]
    assert not any("@`" in text for text in said)


def test_takes_of_a_renamed_shot_stay_in_sight(bought: Set) -> None:
    bought.file.write_text(bought.file.read_text().replace("id: a,", "id: z,").replace("shot: a,", "shot: z,"))
    entries = takes_of(variant(bought, "de"), bought.settings(), "a").entries
    assert [one.shot for one in entries] == ["a", "a@de"]
    assert "a@de" in takes_of(variant(bought, "de"), bought.settings()).gone
    with pytest.raises(Usage, match="there is no shot `a@de`"):
        takes_of(bought.project, bought.settings(), "a@de")


def test_an_edit_of_a_variant_is_told_in_its_words(bought: Set) -> None:
    bought.file.write_text(bought.file.read_text().replace("{who: Eins}}\n  fr", "{who: Zwei}}\n  fr"))
    german, settings = variant(bought, "de"), bought.settings()
    storyboard, planned = make_plan(german, settings, Options(), live=False)
    reason = reason_of(german, settings, storyboard, planned, "a")
    assert [(one.field, one.old, one.new) for one in reason.changes or ()] == [("prompt", "Eins.", "Zwei.")]
    assert set(states(bought).values()) == {"held"}


def test_a_clone_has_the_films_of_the_lock_and_pays_nothing(bought: Set, tmp_path: Path) -> None:
    clone = Set(tmp_path / "clone", bought.gateway, bought.base, bought.home)
    shutil.copytree(bought.folder, clone.folder, ignore=shutil.ignore_patterns("build", ".storyboard"))
    (bought.home / "journal.db").unlink()
    assert [(one.file, one.outcome) for one in rebuild(clone.project, clone.settings(key=False), unwatched)] == [
        ("build/film.mp4", "same"), ("build/film.de.mp4", "same"),
    ]  # fmt: skip
    done = shoot(clone, "de", KEPT, key=False)
    assert done.films[0].sha256 == read_sums(bought.project)["build/film.de.mp4"]
    assert clone.lock == bought.lock


def test_what_a_variant_has_bought_is_named_and_stays(bought: Set) -> None:
    before = bought.lock
    found = survey(bought.project, bought.settings(), ["takes"])
    assert (found.surplus, found.young) == ((), 0), "nothing of it may go"
    file = bought.project.beside(".lock")
    file.write_text(file.read_text()[:-200])
    mend(bought.project, bought.settings())
    assert circles(bought.lock) == circles(before)
    file.unlink()
    mend(bought.project, bought.settings())
    assert circles(bought.lock) == circles(before)


def test_words_of_one_run(bought: Set) -> None:
    german = films_of(bought.project, [], {"who": "Eins"})[0]
    _, planned = make_plan(german, bought.settings(), Options(), live=False)
    assert [(one.shot.id, one.state) for one in planned.shots] == [("a", "held"), ("b", "held"), ("c", "held")]
    with pytest.raises(Usage, match="there is no `whom`"):
        films_of(bought.project, [], {"whom": "Eins"})


def test_what_is_wrong_is_told_before_whose_takes_it_uses(film: Set) -> None:
    film.write(*SHOTS, "{id: d, prompt: {{ who }}}", head=HEAD)
    with pytest.raises(InvalidStoryboard, match="1 problem"):
        variant(film, "de")
    film.write(*SHOTS, "{id: d, first: plain.png, prompt: '{{ how }}'}", head=HEAD)
    with pytest.raises(InvalidStoryboard, match="1 problem"):
        variant(film, "de")
    film.write(*SHOTS, head=HEAD.replace("{who: Eins}}", "{who: [Eins]}, sound: {music: {file: none.wav}}}", 1))
    found = examine_all(film.project)
    assert [(one.where.line, one.path, one.message) for one in found] == [
        (4, "sound.file", "`none.wav` is not there (variant `de`)"),
        (11, "shots[0].prompt", "a list is no text (variant `de`)"),
    ]


def test_typed(film: Set, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(film.folder)
    monkeypatch.setenv("STORYBOARD_HOME", str(film.home))
    assert run(["validate", "film.yaml", "--var", "who=Drei"]) == 0
    assert run(["plan", "film.yaml", "--variant", "all", "--gateway", "remote", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["variant"] for one in told["films"]] == [None, "de", "fr", "wie", "short"]
    assert (told["format_version"], told["estimate"]) == (1, "4.03")
    assert run(["plan", "film.yaml", "--variant", "ed"]) == 2
    assert run(["plan", "film.yaml", "--var", "who=\udcff"]) == 2, "no text in UTF-8"
    for command in (["retake", "film.yaml", "a", "--yes"], ["pick", "film.yaml", "a", "1"], ["status", "film.yaml"]):
        assert run([*command, "--variant", "all"]) == 2, "which of them?"
    assert run(["status", "film.yaml", "--var", "who"]) == 2
    film.write("{id: e, card: {text: End}, duration: 1s}", head="variants: {de: {title: Ende}}\n")
    assert run(["render", "film.yaml", "--variant", "de", "--draft", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["variant"], one["file"]) for one in told["films"]] == [("de", "build/film.de.draft.mp4")]
