"""`gc`: room is made of what somebody names, and no take goes that any lock names, wherever that lock is."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.cli.main import run
from storyboard.collecting import SECONDS, Scope, Survey, collect, survey
from storyboard.errors import Refused, Transient, Usage
from storyboard.gateway.hosting import open_host
from storyboard.lockfile import lock_of
from storyboard.planner.lock import Lock, LockedShot, write_lock
from storyboard.planner.take import Facts, Take
from storyboard.production import open_production
from storyboard.settings import Settings, settings_for
from storyboard.store.claims import Claims
from storyboard.store.films import Films
from storyboard.store.journal import Journal
from storyboard.store.orders import Ceiling, Order, Orders
from storyboard.store.outbox import Outbox
from storyboard.store.project import Project, open_project
from storyboard.store.takes import TakeStore
from tests.test_revisions import git

Capture = pytest.CaptureFixture[str]


@dataclass
class Desk:
    """A repository with a film, and a store with takes that are old enough to go."""

    folder: Path
    home: Path
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    @property
    def file(self) -> Path:
        """The storyboard."""
        return self.folder / "film.yaml"

    @property
    def project(self) -> Project:
        """The project, opened anew."""
        return open_project(str(self.file))

    @property
    def settings(self) -> Settings:
        """This user's settings."""
        return replace(settings_for(self.folder), home=self.home)

    def take(self, *, days: float = 30) -> Take:
        """A take in the store, that came so long ago."""
        self.home.mkdir(exist_ok=True)
        (self.home / "incoming").write_bytes(self.dice.randbytes(1000))
        store = TakeStore(self.home)
        digest = store.adopt(self.home / "incoming")
        then = time.time() - days * 24 * 3600
        os.utime(store.path(digest), (then, then))
        return Take(
            slate=f"{self.dice.getrandbits(256):064x}", number=1, sha256=digest, bytes=1000,
            facts=Facts(72, Fraction(24), 128, 72, audio=False), gateway="remote", recipe="", cost=Decimal("0.50"),
        )  # fmt: skip

    def name(self, *takes: Take, file: str = "film.lock") -> None:
        """Write a lock that names these takes."""
        shots = {f"s{number}": LockedShot((take,), take.sha256) for number, take in enumerate(takes)}
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(write_lock(Lock(shots)))

    def git(self, *words: str) -> str:
        """What git says in the film's folder."""
        return git(self.folder, *words)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")

    def order(self, take: Take, film: Path) -> None:
        """Have the journal know that a take was bought for a film."""
        order = Order(
            key=f"key-{take.sha256[:8]}", slate=take.slate, number=1, attempt=1, film=str(film), shot="far", run="r",
            model="klingai/kling-v3.0-i2v", route="start", base="", team="", state="reserved", begun=1.0,
            estimate=Decimal("0.50"),
        )  # fmt: skip
        with closing(Journal(self.home)) as journal:
            Orders(journal.database).reserve(order, Ceiling(None, None), {})
            Orders(journal.database).hold(order, take, Decimal("0.42"))

    def surplus(self, *scopes: Scope, forget_gone: bool = False) -> set[str]:
        """What could be removed."""
        return {one.name for one in self.survey(*scopes, forget_gone=forget_gone).surplus}

    def survey(self, *scopes: Scope, forget_gone: bool = False) -> Survey:
        """What there is."""
        return survey(self.project, self.settings, scopes or ("takes",), forget_gone=forget_gone)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A repository with a commit whose film has bought nothing."""
    folder = tmp_path / "my räpo" / "films"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "--quiet")
    (folder / "film.yaml").write_text("storyboard: 1\nshots: [{id: a, prompt: x}]\n")
    made = Desk(folder, tmp_path / "home")
    made.commit()
    return made


def test_takes_that_git_leads_to_stay_and_no_others_do(desk: Desk) -> None:
    """A branch, a merged one, a tag, a remote branch, two stashes, the index, a reflog, another working tree."""
    free, kept = desk.take(), dict[str, Take]()

    def keep(where: str) -> Take:
        return kept.setdefault(where, desk.take())

    desk.name(keep("history"))
    desk.commit()
    desk.git("checkout", "--quiet", "-b", "side")
    desk.name(keep("merged, and not what became of it"))
    desk.commit()
    desk.git("checkout", "--quiet", "main")
    desk.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "x", "side")
    desk.git("branch", "--quiet", "--delete", "side")
    desk.git("checkout", "--quiet", "-b", "branch")
    desk.name(keep("branch"), file="other/deep/name.lock")
    desk.commit()
    desk.git("checkout", "--quiet", "--detach", "main")
    for where in ("tag", "remote"):
        desk.name(keep(where))
        desk.commit()
        target = ("tag", "v1", "--annotate", "--message", "x")
        desk.git(*(target if where == "tag" else ("update-ref", "refs/remotes/origin/far", "HEAD")))
        desk.git("checkout", "--quiet", "--detach", "main")
    for where in ("stash", "stash below"):
        desk.name(keep(where))
        desk.git("stash", "push", "--quiet", "--include-untracked")
    desk.name(keep("reflog"))
    desk.commit()
    desk.git("checkout", "--quiet", "main")
    desk.name(keep("index"))
    desk.git("add", "--all")
    desk.name(keep("working tree"))
    desk.name(keep("another film, ignored"), file="ignored/other.lock")
    (desk.folder / ".gitignore").write_text("ignored\n")
    desk.git("worktree", "add", "--quiet", str(desk.folder.parent.parent / "tree two"), "branch")
    (desk.folder.parent.parent / "tree two" / "films" / "third.lock").write_text(f"circled: {keep('tree').sha256}")
    damaged = f"<<<<<<< HEAD\nversion: 9\n what: {{{keep('damaged').sha256},"
    (desk.folder / "damaged.lock").write_text(damaged)
    named = {take.sha256: where for where, take in kept.items()}
    assert [named[digest] for digest in desk.surplus() & named.keys()] == []
    assert desk.surplus() == {free.sha256}


def test_a_take_of_another_film_stays_even_when_that_is_out_of_sight(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "elsewhere", desk.home, random.Random(2))
    far, committed, bought, free = other.take(), other.take(), other.take(), other.take()
    other.name(far)
    other.file.write_text("storyboard: 1\nshots: [{id: a, prompt: x}]\n")
    other.git("init", "--quiet")
    other.name(committed)
    other.commit()
    other.name(far)
    with open_production(other.project, other.settings, "local"):
        pass
    desk.order(bought, other.file)
    assert desk.surplus() == {bought.sha256, free.sha256}, "a film that is here says what it names"
    shutil.move(other.folder, tmp_path / "unmounted")
    assert desk.surplus() == {committed.sha256, free.sha256}
    assert desk.survey().gone == (other.file,)
    assert desk.surplus(forget_gone=True) == {far.sha256, committed.sha256, bought.sha256, free.sha256}


def test_what_a_film_named_once_is_remembered_for_when_it_is_gone(desk: Desk) -> None:
    one, two = desk.take(), desk.take()
    for take in (one, two):
        desk.name(take)
        with open_production(desk.project, desk.settings, "local"):
            pass
    assert Films(desk.home).known() == {desk.file.resolve(): {one.sha256, two.sha256}}
    next((desk.home / "films").iterdir()).write_text("{")
    with pytest.raises(Refused, match="nobody knows which takes its film names"):
        desk.surplus()


def test_what_came_lately_stays(desk: Desk) -> None:
    """A render that was killed has not written its lock yet."""
    young, old = desk.take(days=6.9), desk.take(days=7.1)
    assert SECONDS == 7 * 24 * 3600
    found = desk.survey()
    assert [one.name for one in found.surplus] == [old.sha256]
    assert found.young == 1
    assert young.sha256 not in desk.surplus()


def test_animatics_are_another_thing(desk: Desk) -> None:
    paid, drawn, both = desk.take(), desk.take(days=0), desk.take()
    with closing(Journal(desk.home)) as journal:
        for take in (drawn, both):
            journal.record(replace(take, gateway="local", recipe="1"))
        journal.record(both)
    assert desk.surplus("drawn") == {drawn.sha256}
    assert desk.surplus("takes") == {paid.sha256, both.sha256}


def test_a_film_outside_of_git(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "plain", desk.home, random.Random(2))
    mine, beside, free = other.take(), other.take(), other.take()
    other.name(mine, file="films/film.lock")
    other.name(beside, file="more/other.lock")
    (other.folder / "storyboard.toml").write_text("")
    (other.folder / "films" / "film.yaml").write_text("storyboard: 1\nshots: [{id: a, prompt: x}]\n")
    other.folder /= "films"
    assert other.surplus() == {free.sha256}


def rewritten(desk: Desk) -> None:
    """Lose a blob of the history."""
    blob = desk.git("rev-parse", "HEAD~1:films/film.lock")
    path = desk.folder.parent / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.unlink()


def lose_a_tree(desk: Desk) -> None:
    """Lose a folder of the history."""
    tree = desk.git("rev-parse", "HEAD~1:films")
    path = desk.folder.parent / ".git" / "objects" / tree[:2] / tree[2:]
    path.chmod(0o644)
    path.unlink()


@pytest.mark.parametrize("lose", [rewritten, lose_a_tree])
def test_a_repository_that_is_not_whole_lets_nothing_go(desk: Desk, lose: object) -> None:
    for _ in range(2):
        desk.name(desk.take())
        desk.commit()
    assert callable(lose)
    lose(desk)
    with pytest.raises(Refused, match="so no take is removed") as caught:
        desk.surplus()
    assert caught.value.hint
    assert desk.surplus("cache") == set(), "what needs no lock is not held up"


def test_a_shallow_clone_lets_nothing_go(desk: Desk, tmp_path: Path) -> None:
    desk.name(desk.take())
    desk.commit()
    desk.name(desk.take())
    desk.commit()
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{desk.folder.parent}", "shallow")
    clone = Desk(tmp_path / "shallow" / "films", desk.home)
    with pytest.raises(Refused, match="this clone has no older commits") as caught:
        clone.surplus()
    assert "--unshallow" in caught.value.hint


def test_what_was_agreed_to_goes_and_what_is_named_meanwhile_stays(desk: Desk) -> None:
    first, second, store = desk.take(), desk.take(), TakeStore(desk.home)
    found = desk.survey()
    desk.name(first)
    removed = collect(desk.project, desk.settings, found)
    assert [one.name for one in removed] == [second.sha256]
    assert store.holds(first.sha256)
    assert not store.holds(second.sha256)
    assert lock_of(desk.project).takes[0].sha256 == first.sha256
    assert collect(desk.project, desk.settings, desk.survey()) == ()


# Hosted stills


@pytest.fixture
def host(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this project's stills are: three of them, and one of another project."""
    monkeypatch.setenv("STORYBOARD_STILLS_HOST", str(tmp_path / "www"))
    monkeypatch.setenv("STORYBOARD_STILLS_URL", "https://cdn.example.com/stills")
    for root in (desk.project.root, tmp_path):
        place = open_host(str(tmp_path / "www"), "https://cdn.example.com/stills", desk.home, root)
        assert place
        folder = tmp_path / "www" / place.segment
        folder.mkdir(parents=True)
        for digest in "abc" if root != tmp_path else "d":
            (folder / f"{digest * 64}.jpg").write_bytes(b"still")
    return tmp_path / "www"


def stills(host: Path) -> list[str]:
    """The first signs of what is hosted."""
    return sorted(path.name[0] for path in host.rglob("*.jpg"))


def test_settled_stills_go(desk: Desk, host: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    Outbox(desk.home).put("1" * 64, "key", f'{{"image": "https://cdn.example.com/x/{"b" * 64}.jpg"}}'.encode())
    found = desk.survey("stills")
    assert {one.name[0] for one in found.surplus} == {"a", "c"}
    assert found.where == "https://cdn.example.com"
    with Claims(desk.home).taking("somebody") as holder:
        assert holder is None
        with pytest.raises(Transient, match="a render is at work: process"):
            collect(desk.project, desk.settings, found)
    assert stills(host) == ["a", "b", "c", "d"]
    assert len(collect(desk.project, desk.settings, found)) == 2
    assert stills(host) == ["b", "d"]
    Outbox(desk.home).drop("1" * 64, "key")
    assert typed(desk, monkeypatch, "--stills", "--yes") == 0
    assert "stills  1 file at https://cdn.example.com, 0 kB: put there again when an order needs it" in one_line(capsys)
    assert stills(host) == ["d"]
    shutil.rmtree(host)
    host.mkdir()
    assert desk.survey("stills").surplus == ()


# As one types it


def typed(desk: Desk, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run `gc` in the film's folder; its exit code."""
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("STORYBOARD_HOME", str(desk.home))
    return run(["gc", "film.yaml", *words])


def one_line(capsys: Capture) -> str:
    """What was said, its spaces counted once."""
    return " ".join(capsys.readouterr().err.split(" "))


def test_nothing_goes_unasked(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    take = desk.take()
    desk.order(take, desk.file)
    assert typed(desk, monkeypatch) == 2
    assert "say what: `--cache`, `--drawn`, `--takes` or `--stills`" in capsys.readouterr().err
    assert typed(desk, monkeypatch, "--stills") == 2
    assert "no stills are hosted" in capsys.readouterr().err
    (desk.folder / ".storyboard" / "cache" / "v1").mkdir(parents=True)
    (desk.folder / ".storyboard" / "cache" / "v1" / "x").write_bytes(b"x" * 300_000)
    assert typed(desk, monkeypatch, "--takes", "--cache") == 0
    told = capsys.readouterr().err
    assert "cache   0.3 MB: made again when it is needed" in told
    assert "takes   1 take that no lock names, 1 kB, $0.42: nobody can make them again" in told
    assert f"{take.sha256[:12]}  1 kB  `far` of {desk.file}, klingai/kling-v3.0-i2v, $0.42" in told
    assert told.endswith("nothing was removed; `--yes` removes it\n")
    assert TakeStore(desk.home).holds(take.sha256)
    assert typed(desk, monkeypatch, "--takes", "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    row = {"scope": "takes", "name": take.sha256, "bytes": 1000, "cost": "0.42"}
    assert (plain["outcome"], plain["freed"], plain["surplus"]) == ("shown", 0, [row])
    assert typed(desk, monkeypatch, "--takes", "--cache", "--yes") == 0
    assert capsys.readouterr().err.endswith("freed  0.3 MB\n")
    assert not TakeStore(desk.home).holds(take.sha256)
    assert not (desk.folder / ".storyboard" / "cache").exists()
    assert typed(desk, monkeypatch, "--takes", "--cache") == 0
    assert "takes   nothing" in capsys.readouterr().err


def test_a_cache_that_is_in_use_stays(desk: Desk) -> None:
    segment = desk.folder / ".storyboard" / "cache" / "v1" / "segment"
    segment.parent.mkdir(parents=True)
    segment.write_bytes(b"x")
    found = desk.survey("cache")
    with open_production(desk.project, desk.settings, "local"), open_production(desk.project, desk.settings, "local"):
        with pytest.raises(Transient, match="cache is in use"):
            collect(desk.project, desk.settings, found)
        assert segment.exists()
    assert len(collect(desk.project, desk.settings, found)) == 1
    assert not segment.exists()


def test_a_cache_behind_a_link_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    (desk.folder / ".storyboard").mkdir()
    (desk.folder / ".storyboard" / "cache").symlink_to(tmp_path / "precious")
    with pytest.raises(Usage, match="is a link"):
        desk.survey("cache")
    (desk.folder / ".storyboard" / "cache").unlink()
    (desk.folder / ".storyboard" / "cache" / "v1").mkdir(parents=True)
    (desk.folder / ".storyboard" / "cache" / "v1" / "link").symlink_to(tmp_path / "precious")
    collect(desk.project, desk.settings, desk.survey("cache"))
    assert (tmp_path / "precious" / "file").exists()
