"""A change in a file that somebody else wrote: the lines that it is about, and no other byte."""

from __future__ import annotations

import difflib
import os
import random
import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import InvalidStoryboard, Refused
from storyboard.spec.places import Path
from storyboard.spec.rewriting import Edit, Put, Remove, hide, move, reorder, rewrite
from storyboard.spec.source import read
from storyboard.spec.syntax import Syntax
from tests.spec.test_tidy import EXAMPLES, GOOD, UNTIDY

LARGE = os.environ.get("STORYBOARD_STRESS") == "1"
COUNT = 10_000 if LARGE else 60

FILM = """\
storyboard:  1   # of the format
vars: {hero: 'a red fox', }
shots:
  # the first
  - id: ridge          # its name
    prompt: >-         # folded
      The fox climbs
      on and on.
    in: 0.5s           # later
    # about the length
    length:   3s
    options:
        cfgScale: 0.5
        # watermark: true

  # the second
  - {id: pass, prompt: "The fox rests.", captions: [{text: Here, at: 1s}]}

  - id: end   # the last
    card:
      text: End
    # gone soon
# behind all shots
budget: 5.00"""


def lines(before: str, after: str) -> list[str]:
    """What a diff shows."""
    shown = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), n=0)
    return [f"{line[0]} {line[1:]}".rstrip("\n") for line in shown if line[:3] not in ("---", "+++", "@@ ")]


def changed(*edits: Edit, text: str = FILM) -> list[str]:
    """What some edits change in a text."""
    return lines(text, rewrite("film.yaml", text.encode(), edits).decode())


@pytest.mark.parametrize(
    ("edit", "shown"),
    [
        (Put(("shots", 0, "in"), "1.25s"), ["-     in: 0.5s           # later", "+     in: 1.25s           # later"]),
        (Put(("shots", 0, "out"), "4s"), ["+     out: 4s"]),
        (Put(("shots", 0, "audio"), True), ["+     audio: true"]),
        (Put(("shots", 0, "prompt"), "It rests."),
         ["-     prompt: >-         # folded", "-       The fox climbs", "-       on and on.",
          '+     prompt: "It rests."  # folded']),
        (Put(("shots", 0, "prompt"), "One\nTwo # three"),
         ["-     prompt: >-         # folded", "-       The fox climbs", "-       on and on.",
          "+     prompt: |-         # folded", "+       One", "+       Two # three"]),
        (Put(("shots", 0, "options", "negative"), 2), ["+         negative: 2"]),
        (Put(("shots", 0, "freeze", "at"), "1s"), ["+     freeze: {at: 1s}"]),
        (Put(("shots", 1, "in"), "1s"),
         ['-   - {id: pass, prompt: "The fox rests.", captions: [{text: Here, at: 1s}]}',
          '+   - {id: pass, prompt: "The fox rests.", captions: [{text: Here, at: 1s}], in: 1s}']),
        (Put(("shots", 1, "captions", 0, "text"), "There: 1, 2"),
         ['-   - {id: pass, prompt: "The fox rests.", captions: [{text: Here, at: 1s}]}',
          '+   - {id: pass, prompt: "The fox rests.", captions: [{text: "There: 1, 2", at: 1s}]}']),
        (Put(("shots", 2, "card"), {"text": "Fin", "image": "a.png"}),
         ["-     card:", "-       text: End", '+     card: {text: Fin, image: a.png}']),
        (Put(("shots", 3), {"id": "more", "card": {"text": "x"}}), ["+   - {id: more, card: {text: x}}"]),
        (Put(("vars", "lang"), "de"),
         ["- vars: {hero: 'a red fox', }", "+ vars: {hero: 'a red fox', lang: de, }"]),
        (Put(("budget",), 6), ["- budget: 5.00", "+ budget: 6"]),
        (Put(("title",), "A: b"), ["- budget: 5.00", "+ budget: 5.00", '+ title: "A: b"']),
        (Remove(("shots", 0, "in")), ["-     in: 0.5s           # later", "+     # later"]),
        (Remove(("shots", 0, "length")), ["-     length:   3s"]),
        (Remove(("shots", 1, "prompt")),
         ['-   - {id: pass, prompt: "The fox rests.", captions: [{text: Here, at: 1s}]}',
          "+   - {id: pass, captions: [{text: Here, at: 1s}]}"]),
        (Remove(("shots", 0, "options", "cfgScale")),
         ["-     options:", "-         cfgScale: 0.5", "+     options: {}"]),
        (Remove(("vars", "hero")), ["- vars: {hero: 'a red fox', }", "+ vars: {}"]),
        (Remove(("shots", 2)), ["-   - id: end   # the last", "-     card:", "-       text: End", "-     # gone soon"]),
    ],
    ids=str,
)  # fmt: skip
def test_one_edit(edit: Edit, shown: list[str]) -> None:
    assert changed(edit) == shown


def test_several_edits_at_once_have_the_paths_of_the_file_as_it_was() -> None:
    edits: list[Edit] = [
        Put(("shots", 0, "in"), "1s"),
        Remove(("shots", 1)),
        Put(("shots", 2, "in"), "1s"),
        Put(("shots", 2, "out"), "2s"),
    ]
    assert changed(*edits) == [
        "-     in: 0.5s           # later", "+     in: 1s           # later",
        '-   - {id: pass, prompt: "The fox rests.", captions: [{text: Here, at: 1s}]}',
        "+     in: 1s", "+     out: 2s",
    ]  # fmt: skip


def test_a_prompt_too_long_for_a_line_is_folded() -> None:
    found = changed(Put(("shots", 0, "prompt"), "word " * 40 + "end"))
    assert found[:2] == ["-       The fox climbs", "-       on and on."]
    assert [line.split()[1:] for line in found[2:]] == [["word"] * 19, ["word"] * 19, ["word", "word", "end"]]


def test_bytes_that_are_not_concerned_stay_whatever_they_are() -> None:
    text = b"\xef\xbb\xbfstoryboard: 1\r\nvars: {a: b}  \nshots:\r\n- id:  a\r\n  in: 1s\t# x\r\n\r\n"
    assert rewrite("a", text, [Put(("shots", 0, "in"), "2s"), Put(("shots", 0, "out"), "3s")]) == (
        text.replace(b"1s", b"2s").replace(b"# x\r\n", b"# x\r\n  out: 3s\r\n")
    )


@pytest.mark.parametrize(
    "edit",
    [
        Remove(("shots", 0, "id")),
        Remove(("shots", 7)),
        Put(("shots", 7, "in"), "1s"),
        Put(("shots", 0, "in", "x"), 1),
        Put(("shots", 2, "card", "text", 0), 1),
        Put(("anchored", "a"), 2),
        Put(("alias", "a"), 2),
    ],
    ids=str,
)
def test_what_would_change_more_is_refused(edit: Edit) -> None:
    with pytest.raises(Refused, match="is written in a way that it cannot be changed in"):
        changed(edit, text=FILM + "\nanchored: &x {a: 1}\nalias: *x\n")


def test_a_file_that_is_no_yaml_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidStoryboard):
        changed(text="a: [")
    with pytest.raises(InvalidStoryboard):
        reorder("a", b"a: 1\na: 2\n", ("a",), [])


def test_shots_in_another_order_take_their_comments_along() -> None:
    after = reorder("film.yaml", FILM.encode(), ("shots",), [1, 2, 0]).decode()
    head, _, rest = FILM.partition("  # the first\n")
    first, second, third = ("  # the first\n" + rest).partition("\n# behind")[0].split("\n\n")
    assert after == f"{head}{second}\n\n{third}\n\n{first}\n# behind all shots\nbudget: 5.00"
    flow = b"storyboard: 1\nshots: [{id: a}, {id: b}, # c\n  {id: c}]\n"
    assert reorder("a", flow, ("shots",), [2, 0, 1]) == b"storyboard: 1\nshots: [{id: c}, {id: a}, # c\n  {id: b}]\n"
    with pytest.raises(ValueError, match="an order of 3 entries"):
        reorder("film.yaml", FILM.encode(), ("shots",), [0, 1])


def paths_of(value: Any, path: Path = ()) -> list[Path]:
    """The path of everything in a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, inner in pairs for found in ((*path, name), *paths_of(inner, (*path, name)))]


def at(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for part in path:
        value = value[part]
    return value


TEXTS = [FILM, UNTIDY, *(text for text in GOOD if len(text) < 20_000), *(path.read_text("utf-8") for path in EXAMPLES)]
VALUES = [
    "1.5s",
    "a, b: {c} # d",
    "dissolve",
    3,
    True,
    {"type": "fade", "duration": "1s"},
    "two\nlines",
    "{{ hero }} # x",
    "",
]


@pytest.mark.stress
@settings(max_examples=COUNT, derandomize=True)
@given(st.integers(0, 2**32))
def test_any_edit(seed: int) -> None:
    """A change says what it should, keeps every comment, and touches only lines of the thing that it is about."""
    rng = random.Random(seed)
    data = rng.choice(TEXTS).replace("\n", rng.choice(["\n", "\n", "\r\n"])).encode()
    wanted = deepcopy(read("a", data).value)
    path = rng.choice(paths_of(wanted))
    around, value = at(wanted, path[:-1]), rng.choice(VALUES)
    edit: Edit = Put(path, value)
    if rng.random() < 0.3 and isinstance(around, dict):
        edit = Put((*path[:-1], "brand_new"), value)
        around["brand_new"] = value
    elif rng.random() < 0.3:
        edit = Remove(path)
        del around[path[-1]]
    else:
        around[path[-1]] = value
    try:
        after = rewrite("a", data, [edit])
    except Refused:
        return
    assert read("a", after).value == wanted
    first, last = lines_about(data, path if isinstance(edit, Put) and edit.path == path else path[:-1])
    old, new = data.split(b"\n"), after.split(b"\n")
    assert new[: first - 1] == old[: first - 1]
    assert last == len(old) or new[last - len(old) :] == old[last - len(old) :]
    comments = [words for _, words in Syntax(data.decode().replace("\r", "")).comments]
    lost = [words for words in comments if words not in after.decode()]
    assert not lost or isinstance(edit, Remove)


def lines_about(data: bytes, path: Path) -> tuple[int, int]:
    """The first and the last line of what stands at a path, by the places of everything else."""
    document = read("a", data)
    first = document.name(path).line if path else 1
    others = [
        where.line
        for other, where in document.tree.walk()
        if other[: len(path)] != path and other != path[: len(other)] and where.line >= first
    ]
    return first, max(first, min(others, default=data.count(b"\n") + 2) - 1)


@pytest.mark.stress
@settings(max_examples=COUNT, derandomize=True)
@given(st.integers(0, 2**32))
def test_any_order(seed: int) -> None:
    rng = random.Random(seed)
    data = rng.choice(TEXTS).encode()
    wanted = read("a", data).value
    path = rng.choice([path for path in paths_of(wanted) if isinstance(at(wanted, path), list)] or [()])
    if not path:
        return
    order = list(range(len(at(wanted, path))))
    rng.shuffle(order)
    before = at(wanted, path)
    before[:] = [before[index] for index in order]
    try:
        after = reorder("a", data, path, order)
    except Refused:
        return
    assert read("a", after).value == wanted
    assert sorted(re.findall(rb"[\w#.]+", after)) == sorted(re.findall(rb"[\w#.]+", data))


def test_hardly_anything_is_refused() -> None:
    """Of all values in storyboards as people write them, each set to another one, each list turned round."""
    asked = refused = 0
    for text in (FILM, TEXTS[-1]):
        value = read("a", text.encode()).value
        for path in paths_of(value):
            asked += 1
            try:
                if isinstance(at(value, path), list):
                    reorder("a", text.encode(), path, range(len(at(value, path)))[::-1])
                elif not isinstance(at(value, path), dict):
                    rewrite("a", text.encode(), [Put(path, "x")])
            except Refused:
                refused += 1
    assert asked > 50
    assert refused == 0


SCENES = """\
storyboard: 1
scenes:
  - id: sea
    shots:
      # the first
      - id: one   # its name
        prompt: |
          Waves
            and more,

          # no comment
        in: 1s
        # about its end

      - {id: two, card: {text: x}}  # all of it
  - id: land
    shots:
    - id: three
      # within
      in: 2s
    # the last
    - id: four
      in: 3s
# behind all
"""


def test_an_entry_becomes_a_comment_where_it_stood() -> None:
    after = hide("film.yaml", SCENES.encode(), [("scenes", 0, "shots", 0)]).decode()
    assert lines(SCENES, after) == [
        "-       - id: one   # its name", "-         prompt: |", "-           Waves", "-             and more,",
        "+       # - id: one   # its name", "+       #   prompt: |", "+       #     Waves", "+       #       and more,",
        "-           # no comment", "-         in: 1s", "-         # about its end",
        "+       #     # no comment", "+       #   in: 1s", "+       #   # about its end",
    ]  # fmt: skip
    back = re.sub(r"^      # (?=[ -])", "      ", after, flags=re.MULTILINE)
    assert back == SCENES, "taking the marks away brings it back"
    whole = hide("film.yaml", SCENES.encode(), [("scenes", 0)]).decode()
    assert "  #     - {id: two, card: {text: x}}  # all of it" in whole.splitlines()
    two = hide("film.yaml", SCENES.encode(), [("scenes", 0, "shots", 1), ("scenes", 1, "shots", 1)]).decode()
    assert [line[0] for line in lines(SCENES, two)] == ["-", "+", "-", "-", "+", "+"]


def test_an_entry_moves_into_another_list_with_its_comments() -> None:
    after = move("film.yaml", SCENES.encode(), ("scenes", 0, "shots", 0), ("scenes", 1, "shots"), 1).decode()
    land = """
    shots:
    - id: three
      # within
      in: 2s
    # the first
    - id: one   # its name
      prompt: |
        Waves
          and more,

        # no comment
      in: 1s
      # about its end
    # the last
    - id: four
      in: 3s
# behind all
"""
    assert after.endswith(f"- id: land{land}")
    back = move("film.yaml", after.encode(), ("scenes", 1, "shots", 1), ("scenes", 0, "shots"), 0).decode()
    assert back == SCENES.replace("its end\n\n", "its end\n")
    end = move("film.yaml", SCENES.encode(), ("scenes", 1, "shots", 1), ("scenes", 0, "shots"), 2).decode()
    assert lines(SCENES, end) == [
        "+       # the last", "+       - id: four", "+         in: 3s",
        "-     # the last", "-     - id: four", "-       in: 3s",
    ]  # fmt: skip


def test_lists_stay_apart_when_the_last_entry_of_one_moves() -> None:
    text = "a:\n- id: x\n- id: y\n\nb:\n- id: z\n"
    assert move("film.yaml", text.encode(), ("a", 1), ("b",), 1) == b"a:\n- id: x\n\nb:\n- id: z\n- id: y\n"
    text = "a:\n- id: x\n\n- id: y\n\nb:\n- id: z\n"
    assert move("film.yaml", text.encode(), ("a", 1), ("b",), 1) == b"a:\n- id: x\n\nb:\n- id: z\n- id: y\n"


@pytest.mark.parametrize("text", ["a: [{id: x}, {id: y}]\n", "a:\n- id: x\n", "a: &all\n- id: x\n- id: y\nb: *all\n"])
def test_what_cannot_be_a_comment_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        hide("film.yaml", text.encode(), [("a", 0)])


@pytest.mark.stress
@settings(max_examples=COUNT, derandomize=True)
@given(st.integers(0, 2**32))
def test_any_entry_hidden_or_moved(seed: int) -> None:
    """What is left says the same, and not a word of the file is gone."""
    rng = random.Random(seed)
    data = rng.choice([SCENES, *TEXTS]).replace("\n", rng.choice(["\n", "\n", "\r\n"])).encode()
    wanted = read("a", data).value
    lists = [path for path in paths_of(wanted) if isinstance(at(wanted, path), list) and at(wanted, path)]
    if not lists:
        return
    path = rng.choice(lists)
    index = rng.randrange(len(at(wanted, path)))
    into = rng.choice([one for one in lists if one[: len(path)] != path and path[: len(one)] != one] or [()])
    try:
        if into and rng.random() < 0.5:
            place = rng.randint(0, len(at(wanted, into)))
            after = move("a", data, (*path, index), into, place)
            at(wanted, into).insert(place, at(wanted, path).pop(index))
        else:
            after = hide("a", data, [(*path, index)])
            at(wanted, path).pop(index)
    except Refused:
        return
    assert read("a", after).value == wanted
    assert sorted(re.findall(rb"\w+", after)) == sorted(re.findall(rb"\w+", data))
