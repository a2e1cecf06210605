"""Whose takes a variant's shots use, and the lock as a variant sees it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from storyboard.planner.casts import casts, seen, shooting_order, unseen
from storyboard.planner.lock import Lock, LockedShot
from storyboard.planner.plan import plan
from storyboard.spec.load import load_all
from storyboard.spec.model import Storyboard
from tests.planner.world import Shelf, take

FILM = """storyboard: 1
vars: {hero: a fox}
defaults: {duration: 5s}
shots:
  - {id: pass, first: a.jpg, prompt: "{{ hero }} climbs"}
  - {id: stream, first: {shot: pass, frame: last}, prompt: It drinks}
  - {id: found, footage: a.mp4}
  - {id: more, first: {shot: found, frame: last}, prompt: It goes on}
  - {id: end, card: {text: "{{ hero }}"}}
variants:
"""


def films(variant: str) -> tuple[Storyboard, Storyboard]:
    """The film and a variant of it."""
    found = load_all("film.yaml", f"{FILM}  v: {variant}\n".encode(), lambda name: b"")
    (film, problems), (other, more) = found[""], found["v"]
    assert not problems
    assert not more, more
    assert film
    assert other
    return film, other


@pytest.mark.parametrize(
    ("variant", "own"),
    [
        ("{title: Another}", []),
        ("{order: [end, stream], shots: {stream: {length: 2s, speed: 0.5}}, sound: {clips: mute}}", []),
        ("{order: [more, pass], outputs: {film: {fps: 30}}}", []),
        ("{vars: {hero: a wolf}}", ["pass", "stream"]),
        ("{shots: {stream: {prompt: It swims}}}", ["stream"]),
        ("{shots: {stream: {prompt: '  It drinks '}}}", []),
        ("{shots: {pass: {card: {text: A}}, stream: {first: a.jpg}}}", ["stream"]),
        ("{shots: {found: {footage: b.mp4}}}", ["more"]),
        ("{shots: {found: {footage: a.mp4, in: 1s}}}", []),
        ("{shots: {end: {prompt: A hare, first: a.jpg}}}", ["end"]),
        ("{shots: {pass: {focus: [0.1, 0.5]}}}", ["pass", "stream"]),
        ("{shots: {stream: {focus: [0.1, 0.5]}}}", []),
        ("{aspect: '9:16'}", ["pass", "stream", "more"]),
        ("{outputs: {film: {size: 1080x1920}}}", ["pass", "stream", "more"]),
        ("{defaults: {mode: pro}}", ["pass", "stream", "more"]),
        ("{defaults: {mode: std}}", []),
        ("{defaults: {gateway: {tags: [v]}, note: for v, seed: 7}}", []),
    ],
)
def test_own_takes_are_for_what_is_asked_otherwise(variant: str, own: list[str]) -> None:
    assert casts(*films(variant)) == {id_: f"{id_}@v" for id_ in own}


def test_a_shot_is_shot_behind_the_one_that_it_goes_on_from() -> None:
    _, variant = films("{order: [stream, more, end, pass]}")
    assert [shot.id for shot in shooting_order(variant.every)] == ["found", "pass", "stream", "more", "end"]
    film, _ = films("{title: A}")
    assert shooting_order(film.every) == list(film.shots)
    planned = plan(variant, Shelf(), "remote")
    assert [one.shot.id for one in planned.shots if one.state == "missing"] == ["pass", "stream", "more"]


def locked(**names: str) -> Lock:
    """A lock with one take of each shot, by the name of its bytes."""
    return Lock(
        {id_.replace("_at_", "@"): LockedShot((one := take("s", name),), one.sha256) for id_, name in names.items()}
    )


@pytest.mark.parametrize("own", [{}, {"stream": "stream@de"}, {"stream": "stream@de", "pass": "pass@de"}])
def test_a_variant_sees_its_own_takes_and_changes_no_other(own: Mapping[str, str]) -> None:
    lock = locked(stream="a", stream_at_de="b", stream_at_fr="c", end="d")
    view = seen(lock, own)
    assert unseen(view, own) == lock
    assert view.costs == lock.costs
    assert view.takes == lock.takes
    assert view.circled("stream") == lock.circled(own.get("stream", "stream"))
    assert view.circled("pass") is None
    changed = unseen(view.with_takes([("stream", take("t", "e")), ("end", take("s", "d"))]), own)
    name = own.get("stream", "stream")
    assert {id_ for id_ in changed.shots if changed.shots[id_] != lock.shots[id_]} == {name}


def test_a_new_take_of_a_variant_leaves_the_films_alone() -> None:
    lock, own = locked(stream="a"), {"stream": "stream@de"}
    changed = unseen(seen(lock, own).with_takes([("stream", take("t", "e"))]), own)
    assert set(changed.shots) == {"stream", "stream@de"}
    assert changed.shots["stream"] == lock.shots["stream"]
