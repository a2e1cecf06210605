"""Takes are shared: what a lock names goes up once, comes down whole, and a bad place never leads to buying."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.consent import Terms
from storyboard.errors import Refused, StoryboardError, Transient, Usage
from storyboard.lockfile import lock_of
from storyboard.planner.lock import Lock, LockedShot, write_lock
from storyboard.planner.take import Facts, Take
from storyboard.progress import Carried, Event, Said, unwatched
from storyboard.settings import Settings, settings_for
from storyboard.sharing import Shared, in_one_place, named_in, pull, pull_missing, push, warn
from storyboard.store import objects
from storyboard.store.project import Project, open_project
from storyboard.store.remote import Damaged, name_of
from storyboard.store.takes import TakeStore
from storyboard.testing import FakeGateway
from tests.paid.sets import PAIR, Set
from tests.s3_server import READER, READER_SECRET, S3, moto_in, s3_in

STRESS = bool(os.environ.get("STORYBOARD_STRESS"))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An S3 server, and a key for it; its driver does not try again for long."""
    monkeypatch.setitem(objects.OPTIONS["s3"]["config_kwargs"], "retries", {"max_attempts": 0})
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    with s3_in(monkeypatch) as server:
        yield server


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 server that others wrote, and a key for it."""
    with moto_in(monkeypatch) as address:
        yield address


@dataclass
class Clone:
    """A clone of a project with a lock, and the store of whoever works there."""

    folder: Path
    home: Path
    remote: str
    events: list[Event] = field(default_factory=list)

    @property
    def project(self) -> Project:
        """The project, opened anew."""
        return open_project(str(self.folder / "film.yaml"))

    @property
    def settings(self) -> Settings:
        """This user's settings."""
        return replace(settings_for(self.folder), home=self.home, remote=self.remote, remote_shared=False)

    @property
    def takes(self) -> TakeStore:
        """What this user has."""
        return TakeStore(self.home)

    @property
    def lock(self) -> Lock:
        """The film's lock."""
        return lock_of(self.project)

    @property
    def digests(self) -> list[str]:
        """Every take that the lock names."""
        return [one.digest for one in named_in(self.lock)]

    def push(self, *, force: bool = False) -> Shared:
        """Push the film's takes."""
        return push(self.project, self.settings, self.events.append, force=force)

    def pull(self, *, circled: bool = False) -> Shared:
        """Pull the film's takes."""
        return pull(self.project, self.settings, self.events.append, circled=circled)

    def pull_missing(self) -> frozenset[str]:
        """Pull what the film lacks, as a render does."""
        return pull_missing(self.project, self.settings, named_in(self.lock), self.events.append)

    def held(self) -> set[str]:
        """The digests of what this user has, each of them whole; nothing half written is left."""
        found = [path for path in self.takes.folder.rglob("*") if path.is_file()] if self.home.exists() else []
        for path in found:
            assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest(), path
        return {path.stem for path in found}

    def said(self) -> list[Said]:
        """The sentences that were told."""
        return [one for one in self.events if isinstance(one, Said)]


@dataclass
class Team:
    """Who shot a film, and somebody with another clone of it."""

    folder: Path
    remote: str

    def shoot(self, *sizes: int, name: str = "ann") -> Clone:
        """A project whose takes were bought: two of shot `a`, one of each other; all here."""
        clone = self.join(name)
        shots: dict[str, tuple[Take, ...]] = {}
        for number, size in enumerate(sizes):
            data = random.Random(f"{number}:{size}").randbytes(size)
            incoming = self.folder / "incoming"
            incoming.write_bytes(data)
            digest = clone.takes.adopt(incoming)
            id_ = "a" if number < 2 else f"shot-{number}"
            earlier = shots.get(id_, ())
            shots[id_] = (*earlier, take_of(digest, size, len(earlier) + 1))
        lock = Lock({id_: LockedShot(takes, takes[-1].sha256) for id_, takes in shots.items()})
        (clone.folder / "film.lock").write_text(write_lock(lock))
        return clone

    def join(self, name: str, source: Clone | None = None) -> Clone:
        """A clone with an empty store."""
        clone = Clone(self.folder / name / "my film", self.folder / name / "home", self.remote)
        clone.folder.mkdir(parents=True)
        (clone.folder / "film.yaml").write_text("storyboard: 1\nshots: [{id: a, prompt: x}]\n")
        if source:
            shutil.copy(source.folder / "film.lock", clone.folder)
        return clone


def take_of(digest: str, size: int, number: int) -> Take:
    """A bought take."""
    return Take(
        slate=hashlib.sha256(digest.encode()).hexdigest(), number=number, sha256=digest, bytes=size,
        facts=Facts(72, Fraction(24), 1280, 720, audio=False), gateway="remote", recipe="", cost=Decimal("0.50"),
        model="klingai/kling-v3.0-t2v", made="2026-11-22",
    )  # fmt: skip


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team that shares through a folder."""
    (tmp_path / "nas").mkdir()
    return Team(tmp_path, str(tmp_path / "nas"))


@pytest.fixture
def at_s3(s3: S3, tmp_path: Path) -> Team:
    """A team that shares through a bucket."""
    return Team(tmp_path, "s3://films/first-light")


@pytest.fixture(params=["team", "at_s3"])
def either(request: pytest.FixtureRequest) -> Team:
    """A team of each kind."""
    team: Team = request.getfixturevalue(request.param)
    return team


def names(rows: tuple[object, ...]) -> list[str]:
    return [str(one) for one in rows]


# From one to the other


def test_what_one_has_pushed_another_pulls(either: Team) -> None:
    ann = either.shoot(5000, 6000, 7000, 8000)
    pushed = ann.push()
    assert names(pushed.moved) == ["`a` take 1", "`a` take 2", "`shot-2` take 1", "`shot-3` take 1"]
    assert (pushed.there, pushed.missing) == ((), ())
    bob = either.join("bob", ann)
    pulled = bob.pull()
    assert names(pulled.moved) == names(pushed.moved)
    assert bob.held() == ann.held() == set(ann.digests)
    assert bob.pull() == replace(pulled, moved=(), there=pulled.moved)
    again = ann.push()
    assert (again.moved, names(again.there)) == ((), names(pushed.moved))


def test_progress_is_told_to_the_end(team: Team) -> None:
    ann = team.shoot(5000, 6000, 7000)
    ann.push()
    bob = team.join("bob", ann)
    bob.pull()
    for clone, way in ((ann, "push"), (bob, "pull")):
        told = [one for one in clone.events if isinstance(one, Carried)]
        assert [one.bytes for one in told] == sorted(one.bytes for one in told)
        assert (told[-1].way, told[-1].takes, told[-1].bytes) == (way, told[-1].of_takes, 18_000)
        assert told[-1].of_takes == 3


def test_objects_are_put_once(at_s3: Team, s3: S3) -> None:
    ann = at_s3.shoot(5000, 6000, 7000)
    ann.push()
    ann.push()
    assert s3.count("PUT") == 3
    assert sorted(s3.buckets["films"]) == sorted(f"first-light/{name_of(one)}" for one in ann.digests)
    ann.push(force=True)
    assert s3.count("PUT") == 6


def test_only_the_takes_of_the_cut(team: Team) -> None:
    ann = team.shoot(5000, 6000, 7000)
    ann.push()
    bob = team.join("bob", ann)
    assert names(bob.pull(circled=True).moved) == ["`a` take 2", "`shot-2` take 1"]
    assert names(bob.pull().moved) == ["`a` take 1"]


def test_what_is_on_neither_side_is_named(either: Team) -> None:
    ann = either.shoot(5000, 6000, 7000)
    ann.takes.path(ann.digests[1]).unlink()
    pushed = ann.push()
    assert names(pushed.missing) == ["`a` take 2"]
    assert len(pushed.moved) == 2
    bob = either.join("bob", ann)
    pulled = bob.pull()
    assert names(pulled.missing) == ["`a` take 2"]
    assert len(bob.held()) == 2
    assert bob.push().missing == pulled.missing
    assert ann.pull().missing == pulled.missing


def test_what_is_only_there_is_not_missing_for_a_push(team: Team) -> None:
    ann = team.shoot(5000, 6000)
    ann.push()
    bob = team.join("bob", ann)
    assert len(bob.push().there) == 2


def test_a_film_that_has_bought_nothing(team: Team) -> None:
    cleo = team.join("cleo")
    assert cleo.push() == Shared(cleo.push().where, (), (), ())
    assert cleo.pull().moved == ()
    assert cleo.pull_missing() == frozenset()


# What is bad on one side


def test_a_take_that_rotted_here_is_never_pushed(team: Team) -> None:
    ann = team.shoot(5000, 6000, 7000)
    bad = ann.takes.path(ann.digests[0])
    bad.chmod(0o644)
    bad.write_bytes(b"!" + bad.read_bytes()[1:])
    with pytest.raises(Damaged, match=r"`a` take 1: take \w+ is damaged") as caught:
        ann.push()
    assert "quarantine" in caught.value.hint
    assert caught.value.exit_code == 1
    bob = team.join("bob", ann)
    assert len(bob.pull().moved) == 2, "the others were pushed"
    assert names(bob.pull().missing) == ["`a` take 1"]


@pytest.mark.parametrize("bad", [b"!", b"", b"<html>sign in</html>"], ids=["bit", "empty", "page"])
def test_a_take_that_is_bad_there_is_named_and_put_right_by_force(at_s3: Team, s3: S3, bad: bytes) -> None:
    ann = at_s3.shoot(5000, 6000, 7000)
    ann.push()
    name = f"first-light/{name_of(ann.digests[0])}"
    good = s3.buckets["films"][name]
    s3.buckets["films"][name] = (good[0][:-1] + bad if bad == b"!" else bad, "video/mp4")
    bob = at_s3.join("bob", ann)
    with pytest.raises(Damaged, match="is damaged at s3://films") as caught:
        bob.pull()
    assert "push --force" in caught.value.hint
    assert bob.held() == set(ann.digests[1:]), "the others have come, and nothing else"
    ann.push(force=bad == b"!")
    assert s3.buckets["films"][name] == good
    assert len(bob.pull().moved) == 1


def test_a_take_that_was_cut_short_here_is_pulled_again(team: Team) -> None:
    ann = team.shoot(5000, 6000)
    ann.push()
    path = ann.takes.path(ann.digests[0])
    path.chmod(0o644)
    path.write_bytes(b"short")
    assert names(ann.pull().moved) == ["`a` take 1"]
    assert ann.held() == set(ann.digests)


# What a place refuses


def test_a_read_only_place_is_pulled_from(team: Team) -> None:
    ann = team.shoot(5000, 6000)
    ann.push()
    bob = team.join("bob", ann)
    own = replace(bob.settings, remote_read_only=True)
    with pytest.raises(Refused, match="is read-only here: nothing was pushed") as caught:
        push(bob.project, own, unwatched)
    assert "STORYBOARD_REMOTE_READ_ONLY=0" in caught.value.hint
    assert len(pull(bob.project, own, unwatched).moved) == 2


def test_nobody_said_where(tmp_path: Path) -> None:
    ann = Team(tmp_path, "").shoot(5000)
    for act in (ann.push, ann.pull):
        with pytest.raises(Usage, match="nobody said where takes are shared") as caught:
            act()
        assert "STORYBOARD_REMOTE=" in caught.value.hint
    ann.takes.path(ann.digests[0]).unlink()
    assert ann.pull_missing() == frozenset()


@pytest.mark.parametrize(("fault", "code"), [("403", 1), ("500", 4)])
def test_a_place_that_fails_is_told_once_and_nothing_further_is_begun(
    at_s3: Team, s3: S3, fault: str, code: int
) -> None:
    ann = at_s3.shoot(*range(5000, 5040))
    s3.fault = lambda method, name: fault if method == "PUT" else ""
    with pytest.raises(StoryboardError) as caught:
        ann.push()
    assert caught.value.exit_code == code
    assert caught.value.also == ()
    assert s3.count("PUT") < 40
    s3.fault = lambda method, name: ""
    assert len(ann.push().moved) == 40


def test_a_place_that_is_gone_while_takes_come(at_s3: Team, s3: S3) -> None:
    ann = at_s3.shoot(*range(5000, 5020))
    ann.push()
    bob = at_s3.join("bob", ann)
    come = list[str]()

    def fault(method: str, name: str) -> str:
        come.append(name)
        return "500" if len(come) > 8 else ""

    s3.fault = fault
    with pytest.raises(Transient, match="is busy"):
        bob.pull()
    first = bob.held()
    assert len(first) >= 4
    s3.fault = lambda method, name: ""
    s3.asked.clear()
    assert len(bob.pull().moved) == 20 - len(first)
    assert s3.count("GET") == 20 - len(first), "what has come is not fetched again"


def test_several_failures_leave_with_the_gravest(at_s3: Team, s3: S3) -> None:
    ann = at_s3.shoot(5000, 6000, 7000)
    ann.push()
    s3.buckets["films"].pop(f"first-light/{name_of(ann.digests[1])}")
    s3.fault = lambda method, name: "wrong" if ann.digests[0] in name else ""
    bob = at_s3.join("bob", ann)
    with pytest.raises(Damaged) as caught:
        bob.pull()
    (also,) = caught.value.also
    assert also.exit_code == 3
    assert also.message == "`a` take 2 is neither here nor at s3://films"
    assert len(bob.held()) == 1


# What a render asks for


def test_a_render_gets_what_it_lacks(team: Team) -> None:
    ann = team.shoot(5000, 6000, 7000)
    ann.push()
    bob = team.join("bob", ann)
    assert bob.pull_missing() == frozenset(ann.digests)
    assert bob.pull_missing() == frozenset()
    assert bob.held() == set(ann.digests)


def test_nothing_is_asked_when_nothing_is_missing(at_s3: Team, s3: S3) -> None:
    ann = at_s3.shoot(5000, 6000)
    s3.down = True
    assert ann.pull_missing() == frozenset()
    assert s3.asked == []


@pytest.mark.parametrize("what", ["down", "denied", "bucket", "credentials", "reads", "gone"])
def test_a_place_that_fails_never_leads_to_buying(
    at_s3: Team, s3: S3, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = at_s3.shoot(5000, 6000)
    ann.push()
    bob = at_s3.join("bob", ann)
    if what == "down":
        s3.down = True
    elif what == "denied":
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    elif what == "bucket":
        bob.remote = "s3://elsewhere"
    elif what == "credentials":
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    elif what == "reads":
        s3.fault = lambda method, name: "wrong" if ann.digests[0] in name else "403"
    else:
        bob.remote = str(bob.folder / "not mounted")
    with pytest.raises(Transient, match="takes that are paid for could not be pulled") as caught:
        bob.pull_missing()
    assert "nothing was bought" in caught.value.hint
    assert "STORYBOARD_REMOTE=none" in caught.value.hint
    assert bob.held() == set()


def test_a_take_that_is_bad_there_is_said_and_does_not_come(at_s3: Team, s3: S3) -> None:
    ann = at_s3.shoot(5000, 6000)
    ann.push()
    s3.fault = lambda method, name: "wrong" if ann.digests[0] in name else ""
    bob = at_s3.join("bob", ann)
    assert bob.pull_missing() == {ann.digests[1]}
    (said,) = bob.said()
    assert said.text.startswith(f"Take {ann.digests[0][:12]} is damaged at s3://films")


# Takes that are in one place only


def test_takes_that_are_in_one_place_only(at_s3: Team, s3: S3) -> None:
    ann = at_s3.shoot(5000, 6000, 7000)
    assert len(in_one_place(ann.project, ann.settings, ann.lock)) == 3
    warn(ann.project, ann.settings, ann.lock, ann.events.append)
    (said,) = ann.said()
    assert said.text == ("3 paid takes exist on this machine alone ($1.50): `a` take 1, `a` take 2, `shot-2` take 1.")
    assert said.hint.startswith("`storyboard push ")
    ann.push()
    assert in_one_place(ann.project, ann.settings, ann.lock) == ()
    s3.asked.clear()
    assert in_one_place(ann.project, ann.settings, ann.lock) == ()
    assert s3.asked == [], "what is known to be there is not asked for again"
    bob = at_s3.join("bob", ann)
    assert in_one_place(bob.project, bob.settings, bob.lock) == (), "what is not here is not here alone"


def test_one_take_in_one_place_and_no_remote(tmp_path: Path) -> None:
    ann = Team(tmp_path, "").shoot(5000)
    warn(ann.project, ann.settings, ann.lock, ann.events.append)
    (said,) = ann.said()
    assert said.text == "1 paid take exists on this machine alone ($0.50): `a` take 1."
    assert "STORYBOARD_REMOTE=" in said.hint


def test_a_warning_never_stops_anything(at_s3: Team, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = at_s3.shoot(5000)
    s3.down = True
    warn(ann.project, ann.settings, ann.lock, ann.events.append)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    warn(ann.project, ann.settings, ann.lock, ann.events.append)
    ann.remote = "nowhere://x"
    warn(ann.project, ann.settings, ann.lock, ann.events.append)
    assert ann.said() == []


# Several at a time, and killed


def test_two_pushes_and_two_pulls_at_once(either: Team) -> None:
    ann = either.shoot(*range(20_000, 20_012))
    bob, cleo = either.join("bob", ann), either.join("cleo", ann)
    with ThreadPoolExecutor(4) as pool:
        pushes = [pool.submit(ann.push) for _ in range(2)]
        pulls = [pool.submit(bob.pull) for _ in range(2)]
        for one in pushes:
            assert len(one.result().moved) + len(one.result().there) == 12
        for one in pulls:
            one.result()
    bob.pull()
    assert len(cleo.pull().moved) == 12
    assert bob.held() == cleo.held() == ann.held()


def command(clone: Clone, word: str) -> subprocess.Popen[bytes]:
    """A push or a pull, as a user runs it."""
    environment = {**os.environ, "STORYBOARD_HOME": str(clone.home), "STORYBOARD_REMOTE": clone.remote}
    return subprocess.Popen(
        [sys.executable, "-m", "storyboard", word, "film.yaml"], cwd=clone.folder, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.stress
@pytest.mark.parametrize("either", ["team", "at_s3"] if STRESS else ["team"], indirect=True)
def test_killed_at_random_and_run_again(either: Team) -> None:
    """Whatever is killed whenever: what is there is whole, what is here is whole, and the next run goes on."""
    dice = random.Random(5)
    for round_ in range(40 if STRESS else 1):
        ann = either.shoot(*(dice.randint(200_000, 400_000) for _ in range(24)), name=f"ann-{round_}")
        bob = either.join(f"bob-{round_}", ann)
        for clone, word in ((ann, "push"), (bob, "pull")):
            for _ in range(3 if STRESS else 1):
                running = command(clone, word)
                time.sleep(0.3 + dice.random() * 1.2)
                running.kill()
                running.communicate()
            running = command(clone, word)
            _, told = running.communicate()
            assert running.returncode == 0, told.decode()
            assert clone.held() == set(ann.digests)
            if either.remote.startswith("/"):
                assert not list(Path(either.remote).rglob("*.part"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_push_that_is_stopped_leaves_at_once(at_s3: Team, s3: S3, number: int) -> None:
    """Although the store hangs: the same command goes on later."""
    ann = at_s3.shoot(5000, 6000, 7000, 8000, 9000, 10_000)
    begun, released = list[str](), threading.Event()

    def hang(method: str, name: str) -> str:
        begun.append(name)
        released.wait()
        return ""

    s3.fault = hang
    running = command(ann, "push")
    try:
        while not begun:
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
    finally:
        released.set()
    assert running.returncode == 130
    assert b"the same command goes on" in told
    assert b"Traceback" not in told
    s3.fault = lambda method, name: ""
    assert len(ann.push().moved) + len(ann.push().there) >= 6


def test_a_key_that_may_only_read_is_told_so(at_s3: Team, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = at_s3.shoot(5000)
    ann.push()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", READER_SECRET)
    assert len(ann.push().there) == 1
    assert len(at_s3.join("bob", ann).pull().moved) == 1
    with pytest.raises(Refused, match="denies access"):
        ann.push(force=True)


ONE_CORE = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.cpu_count = lambda: 1
from storyboard.cli.main import main
main()
"""
"""The command on a machine with one core."""


def test_a_clone_elsewhere_makes_the_same_film_and_buys_nothing(
    moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another store, a folder with spaces and signs, one core, another language and clock: pulled, the same bytes."""
    gateway = FakeGateway(tmp_path / "gateway", height=72)
    monkeypatch.setenv("STORYBOARD_REMOTE", "s3://films/first-light")
    with gateway.serve() as base:
        ann = Set(tmp_path / "ann", gateway, base, tmp_path / "home")
        ann.write(PAIR[0], "{id: b, first: {shot: a, frame: last}, prompt: Two.}")
        first = ann.render(Terms(budget=Decimal(100), allow_held_open=True))
        assert ann.charged == 2
        push(ann.project, ann.settings(), unwatched)
        bob = Set(tmp_path / "Bob's köpie of it" / "film", gateway, base, tmp_path / "bob")
        shutil.copytree(ann.folder, bob.folder, ignore=shutil.ignore_patterns("build", ".storyboard"))
        assert len(pull(bob.project, bob.settings(key=False), unwatched).moved) == 2
        lock, orders = (bob.folder / "film.lock").read_bytes(), gateway.calls["start"]
        elsewhere = {
            **os.environ, "STORYBOARD_HOME": str(bob.home), "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8",
            "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "AWS_SECRET_ACCESS_KEY": "", "STORYBOARD_REMOTE": "none",
        }  # fmt: skip
        words = [sys.executable, "-c", ONE_CORE, "render", "--locked", "--json", str(bob.file)]
        done = subprocess.run(words, env=elsewhere, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        again = json.loads(done.stdout)["films"]
        assert [film["sha256"] for film in again] == [film.sha256 for film in first.films]
        assert (bob.folder / "film.lock").read_bytes() == lock
        assert (bob.folder / "film.sums").read_bytes() == (ann.folder / "film.sums").read_bytes()
        assert (ann.charged, gateway.calls["start"]) == (2, orders)


def test_a_render_pulls_before_it_thinks_of_buying(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a `pull`, and with leave to buy: what somebody has shared is not bought again."""
    gateway = FakeGateway(tmp_path / "gateway", height=72, honours_keys=False)
    monkeypatch.setenv("STORYBOARD_REMOTE", "s3://films/first-light")
    with gateway.serve() as base:
        ann = Set(tmp_path / "ann", gateway, base, tmp_path / "home")
        ann.write(PAIR[0], "{id: b, first: {shot: a, frame: last}, prompt: Two.}")
        first = ann.render(Terms(budget=Decimal(100), allow_held_open=True))
        push(ann.project, ann.settings(), unwatched)
        bob = Set(tmp_path / "bob", gateway, base, tmp_path / "other")
        shutil.copytree(ann.folder, bob.folder, ignore=shutil.ignore_patterns("build", ".storyboard"))
        again = bob.render(Terms(budget=Decimal(100), allow_held_open=True))
        assert [film.sha256 for film in again.films] == [film.sha256 for film in first.films]
        assert ann.charged == 2
