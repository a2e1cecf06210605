"""One form for a storyboard's text: what it says stays, every comment stays with its thing, and twice is once."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import InvalidStoryboard, Refused
from storyboard.spec.load import load
from storyboard.spec.schema import schema_text
from storyboard.spec.source import read
from storyboard.spec.tidy import FIELDS, LAST, tidy

ROOT = Path(__file__).parents[2]
LARGE = os.environ.get("STORYBOARD_STRESS") == "1"
COUNT = 10_000 if LARGE else 80
GOOD = [path.read_text("utf-8") for path in sorted((ROOT / "tests" / "problems" / "good").glob("*.yaml"))]
EXAMPLES = [*(ROOT / "examples").glob("*/film.yaml"), ROOT / "storyboard" / "starter" / "film.yaml"]

UNTIDY = """\
---
# yaml-language-server: $schema=.storyboard.schema.json
storyboard:   1 # the version
title:   'Hard'
vars: {a: 'x y', b: "{{ a }}", # with a
       # the long one
       c: "long, text" }   # all of them

defaults:
    # first of all
    transition:
        type: dissolve
        duration: '0.5s'
    model: "klingai/kling-v3.0-i2v"   # dear
    # the last word


    # after two blank lines

# the shots
shots:
- # about the first one
  prompt: >-
     folded
     as it was
  # where it begins
  first: {shot: two, frame: last}
  id: one # its name
  # the end of it
# about the second
- id: 'two'


  prompt: "a very long prompt with many words that goes on and on {{ hero }} and on until nobody at all can read it any more, ever"   # long
  in: 1s
  first:   "stills/x.jpg"
  captions:
  - text: "A" # said
    at: 1s
  - text: B
    at: 2s
  note: |  # for people
      literal   \n        more

- {id: three, card: {text: T}, duration: 1s}   # short
# the outputs
outputs:
  film: {size: "1280x720", fps: 24}
# the end
"""  # noqa: E501
IN_ORDER = """\
# yaml-language-server: $schema=.storyboard.schema.json
storyboard: 1   # the version
title: "Hard"
vars:                      # all of them
  a: x y
  b: "{{ a }}"  # with a
  # the long one
  c: "long, text"

defaults:
  # first of all
  transition: {type: dissolve, duration: 0.5s}
  model: klingai/kling-v3.0-i2v     # dear
  # the last word

  # after two blank lines

# the shots
shots:
  # about the first one
  - id: one  # its name
    # where it begins
    first: {shot: two, frame: last}
    prompt: >-
      folded
      as it was
    # the end of it
  # about the second
  - id: two
    first: stills/x.jpg

    prompt: >-  # long
      a very long prompt with many words that goes on and on {{ hero }} and on until nobody at all
      can read it any more, ever
    in: 1s
    captions:
      - text: "A"  # said
        at: 1s
      - {text: B, at: 2s}
    note: |  # for people
      literal   \n        more

  - {id: three, card: {text: T}, duration: 1s}   # short
# the outputs
outputs:
  film: {size: 1280x720, fps: 24}
# the end
"""


def nothing(_: str) -> bytes:
    """An included file without a word."""
    return b"vars: {}\n"


def meant(data: bytes) -> str:
    """What a storyboard means, whatever it could be read as, without the places of things."""
    text = re.sub(r"Where\(file='[^']*', line=\d+, column=\d+, ", "", repr(load("film.yaml", data, nothing)[0]))
    return re.sub(r"places=\{[^}]*\}|own=frozenset\([^)]*\)", "", text)


def assert_same(before: bytes) -> bytes:
    """What `tidy` makes of a text: it says the same, has the same comments, and is the same the second time."""
    after = tidy("film.yaml", before)
    assert read("film.yaml", after).value == read("film.yaml", before).value
    assert meant(after) == meant(before)
    assert tidy("film.yaml", after) == after
    assert after.endswith(b"\n")
    return after


def test_everything_at_once() -> None:
    assert assert_same(UNTIDY.encode()).decode() == IN_ORDER


def test_what_we_write_ourselves_is_in_order() -> None:
    readme = re.search(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert readme
    for text in [readme[1].encode(), *(path.read_bytes() for path in EXAMPLES)]:
        assert tidy("film.yaml", text) == text


def test_the_order_names_every_field_of_a_shot() -> None:
    assert json.loads(schema_text())["$defs"]["shotFields"]["properties"].keys() == {*FIELDS, *LAST}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("aspect: '16:9'", 'aspect: "16:9"'),
        ("title: \"it's\"", "title: \"it's\""),
        ("title: 'say \"x\"'", "title: 'say \"x\"'"),
        ('vars: {a: "no", b: "5s", c: "1.5", d: "y", e: "a: b", f: "", g: "-6dB", h: "0x10"}',
         'vars: {a: "no", b: 5s, c: "1.5", d: "y", e: "a: b", f: "", g: -6dB, h: "0x10"}'),
        ('"title": x', "title: x"),
        ("budget: 12.00", "budget: 12.00"),
        ("vars: {}", "vars: {}"),
        ("vars: { a : }", "vars: {a: null}"),
        ("vars:\n  a:\n  b: ~", "vars:\n  a:\n  b: ~"),
        ("vars: &v\n    a: &x 1\n    b: *x", "vars: &v\n  a: &x 1\n  b: *x"),
        ("vars: {a: &x [1, 2], b: *x}", "vars: {a: &x [1, 2], b: *x}"),
        ("? title\n: x", "title: x"),
        ('vars: {a: !!str   5}', "vars: {a: !!str 5}"),
        ('title: "a\n\n  b\\\n  c"', 'title: "a\n\n  b\\\n  c"'),
        ("title: |2-\n    a\n   b", "title: |2-\n    a\n   b"),
        ("vars: {a: 'caf\\x e9', b: \"\\u00e9\\t\"}", "vars: {a: 'caf\\x e9', b: \"\\u00e9\\t\"}"),
        ("vars:\n- - a\n  -\n    - b", "vars:\n  - - a\n    - - b"),
        ("open:\n  fade: 12f # short", "open:\n  fade: 12f  # short"),
    ],
)  # fmt: skip
def test_one_thing_at_a_time(before: str, after: str) -> None:
    assert tidy("film.yaml", f"storyboard: 1\n{before}\n".encode()).decode() == f"storyboard: 1\n{after}\n"


def test_texts_keep_the_blank_lines_that_they_end_with() -> None:
    text = b"storyboard: 1\nvars:\n  a: |+\n    x\n\n\n  b: |\n    x\n\n\n  c: y\n"
    assert read("a", assert_same(text)).value["vars"] == {"a": "x\n\n\n", "b": "x\n", "c": "y"}
    assert b"  b: |\n    x\n\n  c" in tidy("a", text)


def test_lines_end_as_the_first_one_does() -> None:
    windows = UNTIDY.replace("\n", "\r\n").encode()
    assert assert_same(windows) == IN_ORDER.replace("\n", "\r\n").encode()
    mixed = b"\xef\xbb\xbfstoryboard: 1\ntitle:  x\r\nvars: {a: b}"
    assert tidy("film.yaml", mixed) == b"storyboard: 1\ntitle: x\nvars: {a: b}\n"


@pytest.mark.parametrize(
    "text", ["", "- a\n", "a: [1\n", "a: 1\na: 2\n", "title: x # y\n", "<<<<<<< ours\n", "a: 1:30\n"]
)
def test_what_is_no_sound_file_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InvalidStoryboard) as raised:
        tidy("film.yaml", text.encode())
    assert raised.value.problems[0].where.file == "film.yaml"


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(Refused, match="is written in a way"):
        tidy("film.yaml", 'storyboard: 1\ntitle: "a\u2028b"\n'.encode())


def test_what_nobody_has_written_is_not_put_in_order() -> None:
    with pytest.raises(Refused, match="names and values, too many to change its text"):
        tidy("film.yaml", b"a: [" + b"1," * 100_000 + b"]\n")


FIELD_VALUES = {
    "first": ["stills/a.jpg", '"stills/a b.jpg"', "{shot: x, frame: last}", "{ shot:   x,\n     frame: last }"],
    "prompt": ['"{{ hero }} climbs, {{ a }}; on."', "'single'", ">-\n      one\n      two", '"x' + " word" * 40 + '"'],
    "model": ["klingai/kling-v3.0-i2v", '"klingai/kling-v3.0-i2v"'],
    "duration": ["5s", "'5s'", "120f"],
    "captions": ["[{text: A, at: 1s}]", "\n    - text: A\n      at: 1s\n    - {text: B}", "[ ]"],
    "transition": ["dissolve", "{type: fade, color: '#000000'}", "\n      type: fade\n      duration: 1s"],
    "options": ["{cfgScale: 0.5}", "\n      cfgScale:  0.5"],
    "note": ["|\n      a\n        b\n", '"for # people"'],
}


def document(rng: random.Random) -> tuple[str, dict[str, tuple[str, str]]]:
    """A storyboard in an untidy hand, and the shot and field that each of its comments is about."""
    about: dict[str, tuple[str, str]] = {}
    lines = ["storyboard:  1", "shots:"]
    indent = rng.choice(["", "  ", "    "])
    for number in range(rng.randint(1, 4)):
        shot = f"shot{number}"
        fields = rng.sample(sorted(FIELD_VALUES), rng.randint(1, 6))
        fields.insert(rng.randint(0, len(fields)), "id")
        lines += [""] * rng.choice([0, 0, 1, 3])
        for index, name in enumerate(fields):
            value = shot if name == "id" else rng.choice(FIELD_VALUES[name])
            first, *rest = f"{name}: {value}".split("\n")
            if rng.random() < 0.3:
                words = f"# {len(about)} above"
                about[words] = (shot, name if index else "")
                lines.append(indent + ("  " if index else "") + words)
            if rng.random() < 0.3 and not first.endswith(","):
                words = f"# {len(about)} behind"
                about[words] = (shot, name)
                first += rng.choice([" ", "    "]) + words
            lines.append(f"{indent}{'  ' if index else '- '}{first}{rng.choice(['', '  '])}")
            lines += [indent + line if line else "" for line in rest]
            lines += [""] * rng.choice([0, 0, 0, 2])
    return "\n".join(lines) + rng.choice(["", "\n", "\n\n"]), about


def places_of(text: str) -> dict[str, tuple[str, str]]:
    """The shot and the field that every comment stands above or behind."""
    found, waiting, shot = {}, [], ""
    for line in text.splitlines():
        words = re.search(r"# \d+ (above|behind)$", line)
        name = re.match(r" *(- )?(\w+):", line)
        if words and words[1] == "above":
            waiting.append((words[0], line.index("#")))
        elif name and len(line) - len(line.lstrip(" -")) == 4:
            shot = line.split()[2] if name[1] else shot
            for one, column in waiting:
                found[one] = (shot, "" if column == 2 else name[2])
            waiting = []
            if words:
                found[words[0]] = (shot, name[2])
    assert not waiting
    return found


@pytest.mark.stress
@settings(max_examples=COUNT, derandomize=True)
@given(st.integers(0, 2**32))
def test_any_hand(seed: int) -> None:
    text, about = document(random.Random(seed))
    found = places_of(assert_same(text.encode()).decode())
    assert found.keys() == about.keys()
    for words, (shot, name) in about.items():
        assert found[words] in ((shot, name), (shot, "") if name == "id" else ()), words


@pytest.mark.stress
@settings(max_examples=COUNT, derandomize=True)
@given(st.integers(0, 2**32))
def test_any_mutation(seed: int) -> None:
    """Comments and line breaks at random places of good storyboards: kept, or refused, never lost."""
    rng = random.Random(seed)
    lines = rng.choice([*GOOD, UNTIDY]).split("\n")
    for number in range(rng.randint(1, 6)):
        index = rng.randrange(len(lines))
        line, at = lines[index], rng.randrange(len(lines[index]) + 1)
        broken = f"{line[:at]}{rng.choice([f' # {number}x', '', f' # {number}y', '#'])}\n      {line[at:]}"
        other = line[:at] + rng.choice(['"', "'", "{", ",", "- ", "&a ", "|", ": ", "\t"]) + line[at:]
        own = " " * rng.randrange(8) + f"# {number}o\n{line}"
        lines[index] = rng.choice([f"{line}  # {number}z", own, broken, other])
    data = rng.choice(["\n", "\r\n"]).join(lines).encode()
    try:
        after = tidy("film.yaml", data)
    except (InvalidStoryboard, Refused):
        return
    assert tidy("film.yaml", after) == after
    assert meant(after) == meant(data)
    inside = str(read("film.yaml", after).value)
    for words in set(re.findall(r"# \d[xyzo]", data.decode())):
        assert words in inside or after.decode().count(words) == data.decode().count(words)
