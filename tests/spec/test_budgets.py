"""Documents that are made to take long: each ends with a place, within what a reader is worth in time and memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from storyboard.errors import Refused
from storyboard.spec import decoding, source
from storyboard.spec.load import load
from storyboard.spec.phrases import MAX_COMPARED

HEAD = "storyboard: 1\n"
FEW, MANY = 600, 120_000
LARGE = os.environ.get("STORYBOARD_STRESS") == "1"


def shots(count: int, fields: str) -> str:
    """A film of shots with ids of their own; `{n}` is a shot's number."""
    return f"{HEAD}shots:\n" + "".join(f"  - {{id: s{n}, {fields.format(n=n)}}}\n" for n in range(count))


def hostile(count: int) -> dict[str, str]:
    """Texts by name, each with about so many mistakes, or values."""
    return {
        "lists for shots": f"{HEAD}shots: [{'[],' * count}]\n",
        "numbers for shots": f"{HEAD}shots: [{'0,' * count}]\n",
        "fields that nobody knows": shots(count, "fisrt: a, prmpt: b"),
        "names that nobody knows": HEAD + "".join(f"a{n}: 1\n" for n in range(count)),
        "one name over and over": HEAD + "a: 1\n" * count,
        "one id over and over": f"{HEAD}shots:\n" + "  - {id: a, first: b.jpg, prompt: c}\n" * count,
        "shots that are not there": shots(count, "first: {{shot: t{n}, frame: last}}, prompt: c"),
        "looks that are not there": shots(count, "look: l{n}, prompt: c"),
        "words that are not there": shots(count, 'first: b.jpg, prompt: "{{{{ nope{n} }}}}"'),
        "no prompts": shots(count, "first: b.jpg"),
        "parts that are not there": f"{HEAD}include: [{','.join(f'a{n}.yaml' for n in range(count))}]\nshots: []\n",
    }


def unread(name: str) -> bytes:
    """No part is there."""
    raise Refused(f"`{name}` is not there")


@pytest.mark.parametrize("name", hostile(0))
def test_very_many_mistakes_end_with_the_first_of_them(name: str) -> None:
    storyboard, problems = load("film.yaml", hostile(FEW)[name].encode(), unread)
    assert storyboard is None
    assert len(problems) == source.MAX_PROBLEMS + 1
    assert problems[:-1] == sorted(problems[:-1])
    last = problems[-1]
    assert (last.code, last.where) == ("too-many", problems[-2].where)
    assert last.message == "500 things are wrong up to here: the rest is not looked at"


def test_as_many_mistakes_as_anyone_reads_are_all_told() -> None:
    _, problems = load("film.yaml", shots(source.MAX_PROBLEMS - 1, "first: b.jpg").encode(), unread)
    assert [problem.code for problem in problems] == ["no-prompt"] * (source.MAX_PROBLEMS - 1)


def test_a_film_has_a_bounded_number_of_shots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.spec.foreach.MAX_SHOTS", 5)
    scenes = "".join(f"  - {{id: {name}, shots: [{{id: a}}, {{id: b}}, {{id: c}}]}}\n" for name in "xy")
    storyboard, problems = load("film.yaml", f"{HEAD}scenes:\n{scenes}".encode(), unread)
    assert storyboard is None
    assert [(one.code, one.path, one.message) for one in problems] == [
        ("too-large", "scenes[1].shots", "the film has more than 5 shots")
    ]


def test_names_count_as_values_do_and_parts_count_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    part = f"vars: {{{', '.join(f'a{n}: 1' for n in range(8))}}}\n".encode()
    assert source.read("a.yaml", part).nodes == 1 + 1 + 1 + 2 * 8
    monkeypatch.setattr(source, "MAX_NODES", 35)
    _, problems = load("film.yaml", f"{HEAD}include: [a.yaml, b.yaml]\nshots: []\n".encode(), lambda name: part)
    large = [one for one in problems if one.code == "too-large"]
    assert [(one.where.file, one.where.included_from) for one in large] == [("b.yaml", "film.yaml:2")]


def test_the_nearest_of_very_many_words_is_looked_for_among_the_first() -> None:
    film = shots(MAX_COMPARED, "card: {{text: x}}").replace("id: s7,", "id: opening,")
    for typed, hint in (("openin", "did you mean `opening`?"), ("finall", "")):
        last = (
            f"  - {{id: finally, card: {{text: x}}}}\n  - {{id: z, first: {{shot: {typed}, frame: last}}, prompt: c}}\n"
        )
        (problem,) = load("film.yaml", (film + last).encode(), unread)[1]
        assert (problem.code, problem.hint) == ("shot", hint)


def large(count: int) -> dict[str, str]:
    """Texts by name that have no mistake but their size: about so many values, or as many as eight megabytes hold."""
    card = "shots: [{id: a, card: {text: A}}]\n"
    numbered = {name: ",".join(text.format(n=n) for n in range(count // 4)) for name, text in NUMBERED.items()}
    long = f'{HEAD}title: &x "{"y" * 15 * count}"\nshots: ['
    plain = "shots:\n" + "".join(f"  - {{id: s{n}}}\n" for n in range(min(count // 4, 9_900)))
    one = f"{HEAD}shots: [{{id: a, prompt: x, "
    vary = f"{HEAD}vars: {{hero: fox, few: [{'1,' * 90}]}}\ndefaults: {{first: a.jpg"
    cast = ", ".join(f"c{n}: {{prompt: {'x' * 19_000}}}" for n in range(20))
    ids = ", ".join(f"c{n}" for n in range(20))
    return {
        "anchors": f"{HEAD}vars: {{a: [{','.join(f'&a{n} 1' for n in range(count))}]}}\n{card}",
        "empty lists": f"{HEAD}vars: {{a: [{'[],' * count}]}}\n{card}",
        "references": f"{one}references: [{','.join(f'{n}.jpg' for n in range(count))}]}}]",
        "captions": f"{one}captions: [{'{for: 1s, text: a},' * (count // 5)}]}}]",
        "tracks": f"{HEAD}sound: {{tracks: [{'{file: a.wav},' * (count // 3)}]}}\n{card}",
        "outputs": f"{HEAD}outputs: {{{numbered['outputs']}}}\n{card}",
        "characters": f"{HEAD}characters: {{{numbered['characters']}}}\n{card}",
        "options": f"{vary}, prompt: x, options: {{{numbered['options']}}}}}\n{plain}",
        "long ids": long + "{id: *x, card: {text: A}}," * 450 + "]",
        "long words": long + "{id: a, fit: *x, mode: *x, duration: *x, model: *x, look: *x}," * 450 + "]",
        "templates": f"{vary}}}\n{shots(count // 8, TEMPLATE)[len(HEAD) :]}",
        "deep templates": f"{vary}}}\n{shots(min(count // 8, 1_800), DEEP)[len(HEAD) :]}",
        "a loop in every shot": f'{vary}, prompt: "{LOOP}"}}\n{plain}',
        "words in every shot": f'{vary}, prompt: "{"{{ hero }}" * 1_900}"}}\n{plain}',
        "characters in every shot": f"{HEAD}characters: {{{cast}}}\n"
        f"defaults: {{first: a.jpg, prompt: x, characters: [{ids}]}}\n{plain}",
        "captions in every shot": f"{HEAD}defaults: {{card: {{text: A}}, captions: [{'{for: 1s, text: a},' * 990}]}}\n"
        + plain,
        "options in every shot": f"{vary}, prompt: x, options: {{a: [{'1,' * 6_000}]}}}}\n{plain}",
        "shots": f'{vary}, prompt: "{"word " * 60}"}}\n{plain}',
    }


NUMBERED = {"outputs": "a{n}: {{size: 64x64}}", "characters": "a{n}: {{prompt: x}}", "options": "o{n}: 1"}
TEMPLATE = 'prompt: "{{{{ hero | upper }}}} {n}"'
DEEP = f'prompt: "{"{{% if hero %}}" * 20}{{n}}{"{{% endif %}}" * 20}"'
LOOP = "{% for a in few %}{% for b in few %}{% endfor %}{% endfor %}"
FINE = {"empty lists", "shots"}
"""Those that a reader takes as they are."""


@pytest.mark.parametrize("name", large(0))
def test_what_is_far_too_much_is_told_in_few_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.spec.template.MAX_EFFORT", 60_000)
    monkeypatch.setattr("storyboard.spec.events.MAX_ANCHORS", 1_000)
    _, problems = load("film.yaml", large(6_000)[name].encode(), unread)
    told = {(problem.code, problem.message) for problem in problems}
    assert bool(told) == (name not in FINE)
    assert len(told) <= (9 if "long" in name else 1), told
    assert all(len(message) < 200 for _, message in told)


CHILD = """
import sys, time
from pathlib import Path
from storyboard.spec.load import load
from storyboard.spec.schema import check
from storyboard.spec.source import read
check(read("film.yaml", b"storyboard: 1"))
status = Path("/proc/self/status")
peak = lambda: int(status.read_text().split("VmHWM:")[1].split()[0]) if status.exists() else 0
data = sys.stdin.buffer.read()
started, before = time.process_time(), peak()
load("film.yaml", data, lambda name: b"")
print(time.process_time() - started, peak() - before)
"""


@pytest.mark.stress
@pytest.mark.parametrize("name", [*hostile(0), *large(0)][:: 1 if LARGE else 99])
def test_the_largest_of_them_are_read_soon_and_in_little_memory(name: str) -> None:
    texts = hostile(MANY if "shots" in name or "id" in name else 2 * MANY) if name in hostile(0) else large(490_000)
    data = texts[name].encode()[: decoding.MAX_BYTES]
    done = subprocess.run([sys.executable, "-c", CHILD], input=data, capture_output=True, check=True)
    seconds, kilobytes = map(float, done.stdout.split())
    assert kilobytes < 300_000
    assert seconds < 20, "ten times what it takes where nothing else runs"
