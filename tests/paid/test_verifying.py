"""`verify`: takes and films against what was written down of them, films made again, locks made whole."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from storyboard.assembler import ffmpeg
from storyboard.cli.main import run
from storyboard.consent import Terms
from storyboard.errors import Gate, InvalidStoryboard
from storyboard.mending import LOST, Mended, mend
from storyboard.planner.lock import Lock, write_lock
from storyboard.planner.take import Take
from storyboard.production import open_production
from storyboard.progress import unwatched
from storyboard.rebuilding import Rebuilt, rebuild
from storyboard.settings import settings_for
from storyboard.store import files
from storyboard.store.project import open_project
from storyboard.verifying import Verified, verify
from tests.damage import damaged
from tests.paid.disks import said_by
from tests.paid.rehearsing import STRESS
from tests.paid.sets import Set
from tests.paid.shelf import OPEN, Shelf, stocked
from tests.test_revisions import commit, git
from tests.test_shape import PACKAGE

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A film that was bought."""
    with stocked(tmp_path_factory.mktemp("shelf")) as shelf:
        yield shelf


@pytest.fixture
def one(shelf: Shelf) -> Set:
    """The film, as it was when it had been rendered."""
    return shelf.take()


def verified(one: Set) -> Verified:
    """What a look at the film finds."""
    return verify(one.project, one.settings(), unwatched)


def rebuilt(one: Set) -> Rebuilt:
    """What comes of making the film again."""
    (made,) = rebuild(one.project, one.settings(), unwatched)
    return made


def mended(one: Set) -> Mended:
    """What becomes of its lock."""
    return mend(one.project, one.settings())


def states(found: Verified) -> list[str]:
    """How its takes were found, in the order of their shots."""
    return [take.state for take in found.takes]


def film_of(one: Set) -> Path:
    """The film."""
    return one.folder / "build" / "film.mp4"


def lock_of(one: Set) -> Path:
    """The lock."""
    return one.folder / "film.lock"


def flip(path: Path, dice: random.Random) -> None:
    """Another bit at a place of a file."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def typed(one: Set, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command in the film's folder; its exit code."""
    monkeypatch.chdir(one.folder)
    monkeypatch.setenv("STORYBOARD_HOME", str(one.home))
    return run([words[0], "film.yaml", *words[1:]])


# Takes, films, and the cache


def test_all_is_whole(one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    before = {path: path.read_bytes() for path in one.folder.rglob("*") if path.is_file() and "cache" not in path.parts}
    assert typed(one, monkeypatch, "verify") == 0
    assert capsys.readouterr().err.splitlines()[-1] == "3 takes are whole; 1 film is what film.sums says"
    assert all(path.read_bytes() == data for path, data in before.items())
    assert typed(one, monkeypatch, "verify", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["format_version"], told["outcome"]) == (1, "whole")
    assert [(take["shot"], take["number"], take["state"]) for take in told["takes"]] == [
        ("a", 1, "whole"), ("b", 1, "whole"), ("c", 1, "whole"),
    ]  # fmt: skip
    assert told["films"] == [{"file": "build/film.mp4", "sha256": files.sha256(film_of(one)), "state": "whole"}]
    assert "lock" not in told


def test_each_thing_that_is_wrong_is_named(one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (a, b, c), dice = (shot.circled for shot in one.lock.shots.values()), random.Random(1)
    flip(one.clip(a), dice)
    one.clip(b).unlink()
    text = lock_of(one).read_text()
    lock_of(one).write_text(text.replace("frames: 72", "frames: 73"))
    flip(film_of(one), dice)
    lock = lock_of(one).read_bytes()
    assert typed(one, monkeypatch, "verify") == 1
    told = " ".join(capsys.readouterr().err.split())
    aside = next((one.home / "quarantine").iterdir()).name
    assert f"`a` take 1: take {a[:12]} is damaged: its bytes are not those of its digest" in told
    assert f"put aside as {aside} in the store's quarantine" in told
    assert "`b` take 1 is not here hint: `storyboard pull film.yaml` brings them" in told
    size = f"{one.clip(c).stat().st_size:,}"
    assert (
        f"`c` take 1: it has {size} bytes, 72 frames at 24 a second, 128x72, without sound, and the lock says" in told
    )
    assert "build/film.mp4 is another film than film.sums says" in told
    assert lock_of(one).read_bytes() == lock
    assert states(verified(one)) == ["missing", "missing", "unlike"]
    assert one.clip(c).is_file()


def test_a_take_that_is_not_here_is_3(one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    shutil.rmtree(one.home / "takes")
    shutil.rmtree(one.folder / "build")
    assert typed(one, monkeypatch, "verify", "--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == "incomplete"
    assert told["films"][0]["state"] == "missing"


def test_a_take_that_was_paid_for_and_that_no_lock_names(one: Set) -> None:
    lock = one.lock
    lock_of(one).write_text(write_lock(type(lock)({id_: shot for id_, shot in lock.shots.items() if id_ != "b"})))
    found = verified(one)
    assert [str(named) for named in found.unnamed] == ["`b` take 1"]
    assert states(found) == ["whole", "whole"]


def test_a_film_of_nothing_but_cards(cards: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(cards.parent)
    assert run(["verify", "film.yaml"]) == 0
    assert "names no take" in capsys.readouterr().err
    assert run(["verify", "film.yaml", "--rebuild"]) == 2
    assert "film.sums` names none of its films" in capsys.readouterr().err


@pytest.mark.stress
def test_every_flipped_byte_is_found_and_none_is_used(one: Set) -> None:
    """In takes and in the cache; and what was paid for is fetched again, and never bought again."""
    film, charged, dice, found = files.sha256(film_of(one)), one.charged, random.Random(7), 0
    while found < (500 if STRESS else 24):
        cache = sorted(path for path in (one.folder / ".storyboard" / "cache").glob("*/*/*/*") if path.is_file())
        takes = sorted(one.clip(take.sha256) for take in one.lock.takes)
        bad = [*dice.sample(takes, 2), *dice.sample(cache, 12)]
        for path in bad:
            flip(path, dice)
        entries = {path.relative_to(path.parents[2]).as_posix().removesuffix(".sha256") for path in bad[2:]}
        if dice.random() < 0.5:  # looked for
            seen = verified(one)
            assert sum(take.state == "damaged" for take in seen.takes) == 2
            assert set(seen.rotten) == entries
            entries = set()
        film_of(one).unlink()
        for _ in range(2):
            while error := said_by(lambda: one.render(Terms())):  # met while the film is made
                assert "is damaged" in error.message, error
            assert files.sha256(film_of(one)) == film
            assert one.charged == charged
            again = verified(one)  # what the film had no use for
            assert set(again.rotten) <= entries
        assert (states(again), again.rotten) == (["whole"] * 3, ()), "none is left"
        found += len(bad)


# Branches


def edited(one: Set, old: str, new: str) -> None:
    """Change a prompt, shoot what that asks for, and commit."""
    one.file.write_text(one.file.read_text().replace(old, new))
    one.render(OPEN)
    commit(one.folder)


def test_two_branches_that_change_different_shots_merge_and_nothing_is_ordered(one: Set) -> None:
    """By git itself, with what `init` gives a project and nothing else."""
    (one.folder / ".gitattributes").write_bytes((PACKAGE / "starter" / "gitattributes").read_bytes())
    (one.folder / ".gitignore").write_bytes((PACKAGE / "starter" / "gitignore").read_bytes())
    git(one.folder, "init", "--quiet")
    commit(one.folder)
    git(one.folder, "checkout", "--quiet", "-b", "side")
    edited(one, "Two.", "Two slower.")
    git(one.folder, "checkout", "--quiet", "main")
    edited(one, "Three.", "Three faster.")
    charged, calls = one.charged, one.gateway.calls["start"]
    git(one.folder, "merge", "--quiet", "--no-edit", "side")
    lock = lock_of(one).read_bytes()
    assert [len(shot.takes) for shot in one.lock.shots.values()] == [1, 2, 2]
    assert [shot.circled == shot.takes[-1].sha256 for shot in one.lock.shots.values()] == [True] * 3
    done = one.render(Terms(locked=True), key=False)
    assert done.outcome == "rendered"
    assert (one.charged, one.gateway.calls["start"]) == (charged, calls)
    assert lock_of(one).read_bytes() == lock
    assert one_sum(one) == done.films[0].sha256
    assert (one.folder / "film.sums").read_text().count("build/film.mp4") == 1, "the union of both is settled"
    commit(one.folder)
    git(one.folder, "checkout", "--quiet", "side")
    assert states(verified(one)) == ["whole"] * 4
    assert one.render(Terms(locked=True), key=False).takes["c"].sha256 == one.lock.shots["c"].circled


# Films made again


def test_a_film_made_again_is_the_same(one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    shutil.rmtree(one.folder / ".storyboard")
    shutil.rmtree(one.folder / "build")
    calls = one.gateway.calls.copy()
    assert rebuilt(one) == Rebuilt("build/film.mp4", "same", one_sum(one))
    assert not (one.folder / "build").exists()
    assert one.gateway.calls == calls


def one_sum(one: Set) -> str:
    """The digest that `film.sums` has."""
    return (one.folder / "film.sums").read_text().splitlines()[-1].split()[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("text: Title", "text: Tittle", "it differs first in segment 1 of 8, at 0.0 s (frame 0, shot `t`)"),
        ("role: effects", "role: effects, level: -6dB", "its sound differs from"),
    ],
)
def test_where_a_film_differs_first(one: Set, old: str, new: str, says: str) -> None:
    text = one.file.read_text()
    assert old in text
    one.file.write_text(text.replace(old, new))
    made = rebuilt(one)
    assert made.outcome == "different"
    assert says in made.said
    assert "`storyboard render` makes it anew" in made.hint


def test_a_film_of_then_that_is_not_here_cannot_say_where(cards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums, project = cards.with_suffix(".sums"), open_project(str(cards))
    settings = settings_for(cards.parent)
    tools = ffmpeg.toolchain(project.cache(settings.home))
    for made_by, outcome, says in (
        (tools, "different", "its bytes differ, and the film of then is not here to say where"),
        ("ffmpeg 0123", "unknown", f"it was made by ffmpeg 0123, and this is {tools}; the film of then is not here"),
    ):
        sums.write_text(f"# {made_by}\n{'0' * 64}  build/film.mp4\n")
        (made,) = rebuild(project, settings, unwatched)
        assert (made.outcome, made.said) == (outcome, says)


def test_a_film_without_its_takes_is_not_made_again(one: Set) -> None:
    one.clip(one.lock.shots["a"].circled).unlink()
    with pytest.raises(Gate, match="`a` has no take here") as caught:
        rebuilt(one)
    assert "storyboard pull" in caught.value.hint


def test_another_toolchain_is_judged_by_its_pictures(
    one: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    again = ("-c:v", "libx264", "-crf", "24", "-c:a", "copy")
    ffmpeg.run(*ffmpeg.QUIET, "-i", str(film_of(one)), *again, str(tmp_path / "other.mp4"))
    shutil.copy(tmp_path / "other.mp4", film_of(one))
    tools, digest = "ffmpeg 0123456789abcdef, PyAV 1.0.0, Darwin arm64", files.sha256(film_of(one))
    (one.folder / "film.sums").write_text(f"# x\n# {tools}\n{digest}  build/film.mp4\n")
    assert typed(one, monkeypatch, "verify", "--rebuild") == 0
    told = capsys.readouterr().err
    assert (
        "alike  build/film.mp4  it was made by ffmpeg 0123456789abcdef, PyAV 1.0.0, Darwin arm64, and this is" in told
    )
    assert re.search(r"all 227 decoded pictures are alike, up to 0\.\d% of their lightness\n", told)


# Locks made whole


def test_a_lock_that_is_gone_comes_back_from_the_journal(
    one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    before = lock_of(one).read_bytes()
    lock_of(one).unlink()
    assert typed(one, monkeypatch, "verify", "--repair-lock") == 0
    assert "repaired  film.lock  0 of its takes could be read, 3 came from the journal" in capsys.readouterr().err
    assert lock_of(one).read_bytes() == before
    assert typed(one, monkeypatch, "verify", "--repair-lock") == 0
    assert "nothing to repair" in capsys.readouterr().err


def test_every_way_to_break_a_lock_is_told_and_mended(
    one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """And no command writes over what it cannot read, or says that the file should go."""
    good = lock_of(one).read_text()
    lines = good.splitlines(keepends=True)
    broken = {
        "truncated": good[: good.index('"c"') + 200],
        "edited by hand": re.sub("bytes: ([0-9]+)", "bytes: many", good, count=1),
        "with conflict markers": "".join(
            [*lines[:4], "<<<<<<< HEAD\n", *lines[4:8], "=======\n", *lines[8:12], ">>>>>>> other\n", *lines[12:]]
        ),
        "moved": good.replace('  "b":', '"b":'),
        "empty": "",
    }
    for what, text in broken.items():
        lock_of(one).write_text(text)
        for words in (["status"], ["render", "--locked"], ["verify"], ["push"], ["gc", "--cache"]):
            assert typed(one, monkeypatch, *words) in ((0,) if words[0] == "gc" else (1, 2)), what
            told = capsys.readouterr().err
            if words[0] in ("status", "render", "verify"):
                assert "film.lock:" in told, what
                assert "storyboard verify film.yaml --repair-lock" in told, what
            assert not re.search(r"(?<!never )delete|remove (it|the (file|lock))", told), what
            assert lock_of(one).read_text() == text, what
        assert typed(one, monkeypatch, "verify", "--repair-lock") == 0, what
        assert lock_of(one).read_text() == good, what
        if text:
            kept = sorted((one.home / "quarantine").glob("*.film.lock"))
            assert text in [path.read_text() for path in kept], what
        assert typed(one, monkeypatch, "render", "--locked") == 0, what
        capsys.readouterr()


def test_a_lock_of_a_newer_version_is_left_alone(one: Set, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    text = lock_of(one).read_text().replace("version: 1", "version: 2")
    lock_of(one).write_text(text)
    for words in (["status"], ["render", "--locked"], ["verify"], ["verify", "--repair-lock"], ["verify", "--rebuild"]):
        assert typed(one, monkeypatch, *words) == 1
        told = capsys.readouterr().err
        assert "the lock has version 2, and this storyboard writes version 1" in told
        assert "install a newer storyboard; leave the file as it is" in told
        assert lock_of(one).read_text() == text


def test_takes_of_others_are_kept_although_this_journal_knows_none(one: Set) -> None:
    """A clone whose takes were pulled: what can be read stays, and what cannot is told."""
    for path in one.home.glob("journal.db*"):
        path.unlink()
    text = lock_of(one).read_text()
    head, _, tail = text.replace('  "a":', '  "a: {').rpartition("bytes: ")
    lock_of(one).write_text(f"{head}bytes: ?{tail}")
    found = mended(one)
    assert [line.strip()[:12] for _, line in found.unread] == ['"a: {', "- {number: 1"]
    assert found.without == ("c",), "`a` is found by what it asks for"
    assert {id_: shot.circled for id_, shot in one.lock.shots.items()}.keys() == {"a", "b"}
    one.file.write_text(one.file.read_text().replace("prompt: One.", "prompt: Another."))
    lock_of(one).write_text(text.replace('  "a":', '  "a: {'))
    found = mended(one)
    assert len(found.homeless) == 1
    assert one.lock.shots.keys() == {"b", "c", LOST}, "nothing that can be read is dropped"


def test_a_storyboard_with_problems_hinders_nothing(one: Set) -> None:
    lock_of(one).unlink()
    one.file.write_text("storyboard: 1\nshots: [{id: a, promt: x}]\n")
    found = mended(one)
    assert (len(found.added), found.without) == (3, None)


def adding(one: Set, takes: dict[str, Take], before: list[Lock]) -> None:
    """Read the lock, and add takes to it, as a render does."""
    before.append(one.lock)
    with open_production(one.project, one.settings(), "remote") as production:
        production.relock(takes)


@pytest.mark.stress
def test_no_mutated_lock_is_written_over(one: Set) -> None:
    """By whoever adds a take: what could not be read is left as it is, and what could be is still there after."""
    good = lock_of(one).read_bytes()
    further = dict(zip(("x", "y"), one.lock.takes, strict=False))
    for seed in range(10_000 if STRESS else 60):
        bad, before = damaged(good, random.Random(seed), most=3, longest=150), list[Lock]()
        lock_of(one).write_bytes(bad)
        error = said_by(partial(adding, one, further, before))
        if error:
            assert isinstance(error, InvalidStoryboard), (seed, error)
            assert lock_of(one).read_bytes() == bad, seed
            assert all(one.where.file.endswith("film.lock") for one in error.problems), seed
            assert all("never delete" in one.hint or "leave the file" in one.hint for one in error.problems), seed
        else:
            rest = {(id_, take.sha256) for id_, shot in before[0].shots.items() for take in shot.takes}
            assert rest <= {(id_, take.sha256) for id_, shot in one.lock.shots.items() for take in shot.takes}, seed
    lock_of(one).write_bytes(good)
    assert said_by(lambda: one.render(Terms())) is None
