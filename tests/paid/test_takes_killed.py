"""Retakes that are killed and repeated, that run side by side, and takes of two branches that are merged."""

from __future__ import annotations

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from storyboard.casting import Choice, pick
from storyboard.consent import Terms
from storyboard.lockfile import lock_of
from storyboard.retakes import Retaken, Wanted, retake
from storyboard.steps import on_step
from storyboard.store.project import open_project
from storyboard.testing import Fault
from storyboard.testing.faults import ALWAYS
from storyboard.testing.killing import lost_takes, torn_files
from storyboard.testing.stage import Kill, Ran
from tests.paid.rehearsing import STRESS, Rehearsal, Rehearse, words_shot
from tests.paid.sets import ALL, PAIR, Set
from tests.test_revisions import commit, git

STEPS = ("K1", "K2", "K3", "K4", "K6", "K7", "K8", "K9", "K10", "K11", "K12", "K13", "K14")
COUNT = 2


@dataclass
class Retake:
    """A shot with a take, of which more are wanted."""

    rehearsal: Rehearsal

    def run(self, *kills: Kill) -> Ran:
        """Ask for two more takes."""
        one = self.rehearsal
        args = ("retake", str(one.file), "a", "-n", str(COUNT), "--budget", "100", "--json")
        return one.stage.run(*args, environment=one.environment, kills=kills)

    def check(self, takes: int) -> None:
        """Every take was paid for once, is here whole, and stands in the lock; and nothing is left over."""
        one = self.rehearsal
        lock = one.file.with_suffix(".lock").read_text("utf-8")
        assert len(one.gateway.ledger.charges) == takes
        assert len({charge.key for charge in one.gateway.ledger.charges}) == takes
        assert lost_takes(one.gateway.ledger, one.home, lock) == []
        assert list(torn_files(one.home)) == []
        assert list((one.home / "outbox").glob("*")) == []
        shot = lock_of(open_project(str(one.file))).shots["a"]
        assert [take.number for take in shot.takes] == list(range(1, takes + 1))
        assert shot.take == shot.takes[0]


def test_a_retake_that_was_killed_pays_for_what_is_left_and_no_more(rehearse: Rehearse) -> None:
    one = rehearse()
    one.write(words_shot("a"))
    ready, takes = Retake(one), 0
    for step in STEPS if STRESS else ("K6", "K14"):
        for nth in (1, 2) if STRESS else (2,):
            assert ready.run(Kill(step=step, nth=nth)).code == -9, step
            ran = ready.run()
            assert ran.code == 0, (step, ran.err)
            assert json.loads(ran.out)["circled"] == 1
            takes += COUNT
            ready.check(takes)
    one.play(Fault("start", "hang", charged=True, times=ALWAYS))  # and now between the charge and its answer
    assert ready.run(Kill(file=str(one.gateway.ledger.path), lines=2 * takes + 1)).code == -9
    one.play()
    ran = ready.run()
    assert ran.code == 0, ran.err
    ready.check(takes + COUNT)


def shoot(one: Set, count: int = 1) -> Retaken:
    """Retake the first shot."""
    return retake(one.project, one.settings(), Wanted("a", count, terms=ALL), one.events.append)


def test_a_retake_that_died_before_it_could_tell_is_not_paid_again(one: Set) -> None:
    """All was bought and written down, and nobody knows: the same command tells it, and a further one buys."""
    one.write(*PAIR)
    shoot(one)
    home = one.home.with_name("as it was")

    def keep(_step: str) -> None:
        if not home.exists() and len(one.lock.shots["a"].takes) == 1 + COUNT:
            with closing(sqlite3.connect(one.home / "journal.db")) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
                shutil.copytree(one.home, home)

    on_step(keep)
    try:
        dead = shoot(one, COUNT)
    finally:
        on_step(None)
    shutil.rmtree(one.home)
    home.rename(one.home)
    text = one.file.with_suffix(".lock").read_text("utf-8")
    again = shoot(one, COUNT)
    assert (again.takes, again.found) == (dead.takes, COUNT)
    assert one.file.with_suffix(".lock").read_text("utf-8") == text
    assert len(one.gateway.ledger.charges) == 1 + COUNT
    assert (shoot(one).found, len(one.gateway.ledger.charges)) == (0, 2 + COUNT)


def test_retakes_side_by_side_each_buy_their_own(one: Set) -> None:
    one.write(*PAIR)
    shoot(one)
    with ThreadPoolExecutor(3) as pool:
        done = [each.result() for each in [pool.submit(_alone, one) for _ in range(3)]]
    assert len({take.sha256 for each in done for take in each.takes}) == 3
    assert [each.found for each in done] == [0, 0, 0]
    assert len(one.gateway.ledger.charges) == 4
    assert [take.number for take in one.lock.shots["a"].takes] == [1, 2, 3, 4]


def _alone(one: Set) -> Retaken:
    return shoot(Set(one.folder, one.gateway, one.base, one.home))


@pytest.fixture
def repository(one: Set) -> Set:
    """A film in git, with two takes of its first shot."""
    one.write(*PAIR)
    shoot(one, count=2)
    (one.folder / ".gitignore").write_text("build/\n.storyboard/\n*.sums\n")
    git(one.folder, "init", "--quiet", "--initial-branch", "main")
    commit(one.folder)
    return one


def choose(one: Set, take: str) -> None:
    """Pick a take of the first shot."""
    pick(one.project, one.settings(key=False), Choice("a", take))


def test_a_pick_and_a_purchase_on_two_branches_merge_by_themselves(repository: Set) -> None:
    one = repository
    git(one.folder, "checkout", "--quiet", "-b", "cast")
    choose(one, "2")
    commit(one.folder)
    git(one.folder, "checkout", "--quiet", "main")
    shoot(one)
    one.write(*PAIR, "{id: c, first: plain.png, prompt: Three.}")
    one.render()
    commit(one.folder)
    git(one.folder, "merge", "--quiet", "--no-edit", "cast")
    shot = one.lock.shots["a"]
    assert [take.number for take in shot.takes] == [1, 2, 3]
    assert (shot.take, set(one.lock.shots)) == (shot.takes[1], {"a", "b", "c"})
    charges = len(one.gateway.ledger.charges)
    assert one.render(Terms(locked=True), key=False).outcome == "rendered"
    assert len(one.gateway.ledger.charges) == charges


def test_takes_of_one_shot_from_two_branches_are_a_union_with_numbers_of_their_own(
    repository: Set, tmp_path: Path
) -> None:
    """Bought by two people, each with a store; git's own union keeps both lines."""
    one = repository
    (one.folder / ".gitattributes").write_text("film.lock merge=union\n")
    commit(one.folder)
    other = Set(tmp_path / "clone", one.gateway, one.base, tmp_path / "other")
    git(tmp_path, "clone", "--quiet", str(one.folder), str(other.folder))
    other.gateway.honours_keys = False  # what they ask for has one key: within a day it would be one take
    for each in (one, other):
        shoot(each)
        commit(each.folder)
    git(one.folder, "pull", "--quiet", "--no-rebase", "--no-edit", str(other.folder), "main")
    merged = one.lock.shots["a"]
    assert [take.number for take in merged.takes] == [1, 2, 3, 4]
    assert merged.take == merged.takes[0]
    git(other.folder, "pull", "--quiet", "--no-rebase", "--no-edit", str(one.folder), "main")
    assert other.lock == one.lock, "everybody who merges gives the same numbers"
    choose(one, "4")
    assert lock_of(one.project).shots["a"].take == merged.takes[3]
