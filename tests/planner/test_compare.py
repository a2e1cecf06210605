"""Requests and films compared field by field, and what changed grouped by its cause."""

from __future__ import annotations

import random
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction

import pytest

from storyboard.planner import written
from storyboard.planner.causes import UNKNOWN, Cause, Stale, causes_of, group_causes, shared_text
from storyboard.planner.compare import (
    MAX_WORDS,
    Change,
    ShotChange,
    Side,
    compare_fields,
    compare_films,
    compare_lists,
    compare_requests,
    compare_words,
    flatten,
)
from storyboard.planner.request import request_of
from storyboard.planner.written import film_fields, number_text, shot_fields
from storyboard.spec import model, ordered
from storyboard.spec.model import Shot, Storyboard
from tests.planner.world import Shelf, read_text, sha

FILM = """\
storyboard: 1
title: Two
characters: {{mira: {{prompt: a woman in a {coat} coat}}}}
looks: {{dawn: {{prompt: low sun, negative: {negative}}}}}
vars: {{hero: {hero}}}
defaults: {{duration: {duration}, mode: {mode}, look: dawn}}
shots:
  - {{id: a, first: a.png, prompt: "{{{{ hero }}}} walks.", characters: [mira]}}
  - {{id: b, first: b.png, prompt: Sits., characters: [mira], mode: pro}}
  - {{id: c, first: {{shot: b, frame: last}}, prompt: "{{{{ hero | capitalize }}}} sleeps."}}
  - {{id: d, card: {{text: End}}, duration: 1s}}
"""
TEXTS = {
    "characters.mira.prompt": "a woman in a red coat", "looks.dawn.prompt": "low sun",
    "looks.dawn.negative": "text, people", "vars.hero": "a red fox",
}  # fmt: skip


def film(**changed: str) -> Storyboard:
    """The film with other words."""
    plain = {"coat": "green", "negative": "text", "hero": "a grey fox", "duration": "5s", "mode": "std"}
    return read_text(FILM.format(**{**plain, **changed}))


def canonical(storyboard: Storyboard, shot: Shot) -> bytes:
    """The bytes of a shot's request, where every take is known by its shot's name."""
    assert shot.order
    sources = {one.id: sha(one.id) for one in storyboard.shots}
    return request_of(storyboard, shot, shot.order, Shelf(), sources).canonical()


def changes(old: Storyboard, new: Storyboard, id_: str) -> tuple[Change, ...]:
    """How a shot's request differs."""
    return compare_requests(*(canonical(one, one.shot(id_)) for one in (old, new)))


def side(storyboard: Storyboard, **takes: str) -> Side:
    """A film as it is compared; what shows the same is told by its own fields."""
    shots = {shot.id: shot_fields(storyboard, shot, sha) for shot in storyboard.shots}
    slates = {shot.id: sha(repr(sorted(shots[shot.id].items()))) for shot in storyboard.shots}
    return Side(film_fields(storyboard, sha), shots, slates, takes)


def cards(*ids: str) -> Side:
    """A film of cards, of which each shows its name."""
    return Side({}, {id_: {"card.text": id_} for id_ in ids}, {id_: id_ for id_ in ids})


def told(old: str, new: str) -> str:
    """A comparison of two texts, with marks."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in compare_words(old, new))


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("a fox in a green coat", "a fox in a red coat", "a fox in a [-green -]{+red +}coat"),
        ("a green coat sits", "a red hat sits", "a [-green coat -]{+red hat +}sits"),
        ("One.", "One. Two.", "One. {+Two.+}"),
        ("a  b", "a b", "[-a  b-]{+a b+}"),
        ("", "new", "{+new+}"),
        ("same", "same", "same"),
    ],
)
def test_texts_are_compared_word_by_word(old: str, new: str, marked: str) -> None:
    assert told(old, new) == marked


@pytest.mark.parametrize("count", [20, MAX_WORDS + 1])
def test_no_word_is_lost(count: int) -> None:
    chance = random.Random(count)
    old, new = (" ".join(chance.choice("abcdefgh") for _ in range(count)) for _ in range(2))
    pieces = compare_words(old, new)
    for kind, text in (("removed", old), ("added", new)):
        kept = "".join(piece.text for piece in pieces if piece.kind in ("same", kind))
        assert kept.split() == text.split()


def test_lists_tell_what_went_and_what_came() -> None:
    assert compare_lists([{"text": "one"}, {"text": "two"}], [{"text": "zero"}, {"text": "one"}, {"text": "2"}]) == (
        ({"text": "two"},),
        ({"text": "zero"}, {"text": "2"}),
    )
    long = [str(number) for number in range(MAX_WORDS + 1)]
    assert compare_lists(long, long[1:]) == (tuple(long), tuple(long[1:]))


def test_fields_keep_their_order() -> None:
    found = compare_fields({"gone": 1, "a": 1, "b": 2}, {"b": 3, "a": 1, "new": None, "more": 4})
    assert found == (Change("b", 2, 3), Change("more", None, 4), Change("gone", 1, None))


def test_a_request_is_compared_field_by_field() -> None:
    (one,) = changes(film(), film(coat="red"), "a")
    assert (one.field, one.old) == ("prompt", "a grey fox walks. a woman in a green coat, low sun")
    assert [change.field for change in changes(film(), film(mode="pro"), "a")] == ["first.size", "mode"]
    assert [change.field for change in changes(film(), film(mode="pro"), "b")] == []
    assert changes(film(), film(duration="6s"), "b") == (Change("seconds", 5, 6),)


def test_a_film_that_is_the_same_has_no_difference() -> None:
    assert not compare_films(side(film()), side(film(duration="120f")))


def test_what_is_written_in_a_shot_and_in_the_film() -> None:
    found = compare_films(side(film()), side(film(duration="6s", hero="a hen")))
    assert found.film == ()
    assert [(one.id, [change.field for change in one.fields]) for one in found.shots] == [
        ("a", ["prompt", "duration"]), ("b", ["duration"]), ("c", ["prompt", "duration"]),
    ]  # fmt: skip
    longer = read_text(FILM.format(coat="green", negative="text", hero="a grey fox", duration="5s", mode="std")
                       + "outputs: {film: {fps: 25}}\n")  # fmt: skip
    assert Change("outputs.film.fps", "24", "25") in compare_films(side(film()), side(longer)).film


def test_added_removed_and_moved() -> None:
    found = compare_films(cards("a", "b", "c", "d", "e"), cards("d", "a", "new", "c", "e"))
    assert [(one.id, one.kind, one.before, one.after, one.moved) for one in found.shots] == [
        ("b", "removed", 2, None, False), ("d", "kept", 4, 1, True), ("new", "added", None, 3, False),
    ]  # fmt: skip
    assert found.shots[0].fields == (Change("card.text", "b", None),)
    assert found.shots[2].fields == (Change("card.text", None, "new"),)


def test_as_few_shots_as_can_be_have_moved() -> None:
    chance = random.Random(5)
    ids = [f"s{number}" for number in range(200)]
    for _ in range(20):
        moved = chance.sample(ids, 7)
        order = [id_ for id_ in ids if id_ not in moved]
        for id_ in moved:
            order.insert(chance.randrange(len(order)), id_)
        found = compare_films(cards(*ids), cards(*order))
        assert len([one for one in found.shots if one.moved]) <= 7
        steady = [id_ for id_ in order if id_ not in {one.id for one in found.shots}]
        assert steady == sorted(steady, key=ids.index)
    assert len(compare_films(cards(*ids), cards(*reversed(ids))).shots) == 199


def test_a_shot_with_another_name_and_the_same_slate_was_renamed() -> None:
    old, new = cards("a", "b", "c"), cards("a", "x", "c")
    assert [one.kind for one in compare_films(old, new).shots] == ["removed", "added"]
    same = Side({}, {**new.shots, "x": {"card.text": "b"}}, {"a": "a", "x": "b", "c": "c"})
    assert compare_films(old, same).shots == (ShotChange("x", "b", 2, 2),)
    assert compare_films(old, same).shots[0].renamed


def test_what_names_a_renamed_shot_has_not_changed() -> None:
    old = Side({"outputs.film.poster.shot": "a"}, {"a": {}, "b": {"first": {"shot": "a", "frame": "last"}}}, {"a": "1"})
    new = Side({"outputs.film.poster.shot": "z"}, {"z": {}, "b": {"first": {"shot": "z", "frame": "last"}}}, {"z": "1"})
    found = compare_films(old, new)
    assert found.film == ()
    assert [(one.was, one.id) for one in found.shots] == [("a", "z")]


def test_another_circled_take_and_a_take_that_is_needed_now() -> None:
    old, new = side(film(), a="1", b="2"), side(film(), a="9", c="3")
    assert [(one.id, one.recast) for one in compare_films(old, new).shots] == [
        ("a", ("1", "9")), ("b", ("2", "")), ("c", ("", "3")),
    ]  # fmt: skip
    lacking = Side(new.film, new.shots, new.identities, new.takes, frozenset({"d"}))
    assert [one.id for one in compare_films(new, lacking).shots] == ["d"]
    assert not compare_films(lacking, lacking)


def test_every_name_of_a_field_is_one_of_the_models() -> None:
    kinds = [one for place in (model, ordered) for one in vars(place).values() if hasattr(one, "__dataclass_fields__")]
    known = {f"{kind.__name__}.{field.name}" for kind in kinds for field in fields(kind)}
    assert set(written.NAMES) | written.UNSEEN | written.FILES <= known


def test_files_stand_with_their_digests_and_times_in_one_form() -> None:
    storyboard = film(duration="00:00:05:00")
    found = shot_fields(storyboard, storyboard.shot("a"), sha)
    assert found["first"] == {"file": "a.png", "sha256": sha("a.png")}
    assert found["duration"] == "5s"
    assert found["prompt"] == "a grey fox walks. a woman in a green coat, low sun"
    assert found["audio"] is False
    assert flatten({"a": {"b": 1, "c": {"shot": "x", "frame": "last"}}, "d": {}}) == {
        "a.b": 1, "a.c": {"shot": "x", "frame": "last"}, "d": {},
    }  # fmt: skip


@pytest.mark.parametrize(("number", "text"), [("1/4", "0.25"), ("12", "12"), ("3/2", "1.5"), ("1/3", "1/3")])
def test_numbers_are_plain_where_they_end(number: str, text: str) -> None:
    assert number_text(Fraction(number)) == text


@pytest.mark.parametrize(
    ("changed", "causes"),
    [
        ({"coat": "red"}, {"characters.mira": ["a", "b"]}),
        ({"hero": "a red fox"}, {"vars.hero": ["a", "c"]}),
        ({"negative": "'text, people'"}, {"looks.dawn": ["a", "b", "c"]}),
        ({"mode": "pro"}, {"defaults.mode": ["a", "c"]}),
        ({"duration": "6s"}, {"defaults.duration": ["a", "b", "c"]}),
        ({"coat": "red", "hero": "a red fox"},
         {"characters.mira": ["b"], "vars.hero": ["c"], "prompt": ["a"]}),
    ],
)  # fmt: skip
def test_stale_shots_are_grouped_by_what_changed(changed: dict[str, str], causes: dict[str, list[str]]) -> None:
    old, new = film(), film(**changed)
    rows = [(shot, changes(old, new, shot.id)) for shot in new.shots if shot.order]
    found = group_causes([Stale(shot, row, Decimal("0.84")) for shot, row in rows if row], TEXTS, {})
    assert {one.what: list(one.shots) for one in found} == causes
    assert sum((one.cost or Decimal(0) for one in found), Decimal(0)) == Decimal("0.84") * sum(
        map(len, causes.values())
    )


def test_causes_of_stills_and_of_other_takes() -> None:
    storyboard = film()
    a, c = storyboard.shot("a"), storyboard.shot("c")
    still = Stale(a, (Change("first.source", sha("old"), sha("a.png")),), Decimal(1))
    again = Stale(c, (Change("first.source", sha("b"), sha("b2")),), Decimal(2))
    follows = Stale(c, None, None, follows="b")
    unknown = Stale(a, None, Decimal(3))
    names = {sha("a.png"): "a.png"}
    assert [causes_of(one, TEXTS, names) for one in (still, again, follows, unknown)] == [
        ("a.png",), ("the take of b",), ("the take of b",), (UNKNOWN,),
    ]  # fmt: skip
    assert group_causes([still, again, follows, unknown], TEXTS, names) == (
        Cause("the take of b", ("c", "c"), None),
        Cause(UNKNOWN, ("a",), Decimal(3)),
        Cause("a.png", ("a",), Decimal(1)),
    )  # fmt: skip


def test_a_text_is_blamed_only_for_what_lies_within_it() -> None:
    texts = {"characters.mira.prompt": "a woman in a coat", "looks.dawn.prompt": "low sun"}
    assert shared_text("She runs. a woman in a coat", "She walks. a woman in a coat", texts) == ""
    assert shared_text("She runs. a man in a coat", "She runs. a woman in a coat", texts) == "characters.mira.prompt"
    assert shared_text("Up. Slowly. low sun", "Up. low sun", texts) == ""
    assert shared_text("Up. low red sun", "Up. low sun", texts) == "looks.dawn.prompt"
    assert shared_text("the same", "the same", texts) == ""
