"""Documents at random: never a traceback, always a place. Small by default, large with STORYBOARD_STRESS=1."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storyboard.errors import Problem, Refused
from storyboard.planner import capability
from storyboard.planner.plan import plan
from storyboard.spec.load import load_all
from storyboard.spec.template import FILTERS, TemplateError, fill
from tests.planner.world import Shelf

pytestmark = pytest.mark.stress
LARGE = os.environ.get("STORYBOARD_STRESS") == "1"
DOCUMENTS = 20_000 if LARGE else 1_000
"""Made up by Hypothesis."""
MUTATED = 10_000 if LARGE else 500
"""Good ones with something wrong."""
TEMPLATES = 20_000 if LARGE else 300
SECONDS, MEGABYTES = 2, 300
"""Of a processor, and above what the program itself takes: the most for any document."""
TESTS = Path(__file__).parents[1]
GOOD = [path.read_text("utf-8") for path in sorted((TESTS / "problems" / "good").glob("*.yaml"))]
FILMS = sorted(path for folder in ("examples", "docs") for path in (TESTS.parent / folder).rglob("*.yaml"))
GOOD += [
    text for text in (path.read_text("utf-8") for path in FILMS) if re.search("^storyboard: 1", text, re.MULTILINE)
]
GOOD = [text.removeprefix("\ufeff") for text in GOOD]


def many(count: int) -> settings:
    """So many examples, always the same ones."""
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


PIECES = (
    "0", "-1", "1.5", "50%", "0%", "{shot: a}",
    "{hero: [a, b]}", "{hero: hero}", "{v: {order: [a]}}", "{at: 1s, for: 1s}", "duck", "logo.png",
    "true", "no", "~", "", "[]", "{}", "[0]", "[[]]", "{a: b}", "[a, b]", "5s", "120f",
    "00:00:01:99", "1:30", "16:9", ".nan",
    "1e999", "010", '"{{ x"', '"{{ hero }}"', '"{{ hero.upper() }}"', "{{ hero }}", "{shot: ridge, frame: last}",
    "{shot: 0}", "[0, 1]", "#101418",
    '"#101418"', "9" * 25, "<<", "=", "*a", "&a [1]", "&a [*a]", "-5", '"\\0"', "!!bool maybe",
    "!!python/object/apply:os.system [x]", "'", '"', "|",
    ">-", "? a", "- a", "\t", "%", "@x", "`x`", "../../etc/passwd", "https://x/y", "x" * 3_000, "é🦊\u202e", "\u2028",
    "\x85", "\x07", "---", "...",
)  # fmt: skip
KEYS = (
    "storyboard", "title", "aspect", "length", "include", "vars", "characters", "looks", "defaults", "scenes", "shots",
    "sound", "open", "close",
    "outputs", "budget", "id", "first", "last", "prompt", "negative", "look", "model", "duration", "mode", "audio",
    "in", "out", "fit", "focus",
    "transition", "captions", "card", "footage", "note", "shot", "frame", "type", "color", "at", "for", "text", "file",
    "role", "level", "music",
    "tracks", "fade", "size", "fps", "loudness", "nope", "captions", "overlays", "lut",
    "speed", "reverse", "freeze", "flip", "scale", "titles", "style", "narration", "easing", "image", "place", "width",
    "opacity", "clips", "duck", "loop", "fade_in", "fade_out", "quality", "codec", "conform", "poster",
    "variants", "order", "foreach", "number",
)  # fmt: skip


def read_file(name: str) -> bytes:
    """Another storyboard's text for every name but one."""
    if name == "no.yaml":
        raise Refused("`no.yaml` is not there")
    return GOOD[len(name) % len(GOOD)].encode()


@contextmanager
def bounded() -> Iterator[None]:
    """A process that may take so much memory more and no more, where the system can hold it to that."""
    if sys.platform != "linux":
        yield
        return
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    most, before = int(status["VmSize"].split()[0]) * 1024 + MEGABYTES * 2**20, resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def assert_told(data: bytes) -> None:
    """That a document is a storyboard, or that everything wrong with it has a place in it; within time and memory."""
    started = time.process_time()
    with bounded():
        assert_read(data)
    assert time.process_time() - started < SECONDS


def assert_read(data: bytes) -> None:
    """That a document is a storyboard, or that everything wrong with it has a place in it."""
    for storyboard, problems in load_all("film.yaml", data, read_file).values():
        found = problems
        if storyboard:
            found = [*problems, *capability.check(storyboard)]
            if not found:
                assert plan(storyboard, Shelf(), "remote").shots
        else:
            assert problems
        for problem in found:
            assert_placed(problem, data)


def assert_placed(problem: Problem, data: bytes) -> None:
    """That a problem has a place, a code and a sentence."""
    where = problem.where
    assert where.line >= 1
    assert where.column >= 1
    assert re.fullmatch(r"[a-z-]+", problem.code)
    assert problem.message
    if not where.included_from:
        assert where.file == "film.yaml"
        assert where.line <= len(re.split("\r\n|[\r\n\x85\u2028\u2029]", data.decode("utf-8", "replace"))) + 1


values = st.recursive(
    st.sampled_from(PIECES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=5).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=12,
)
FILM = (*KEYS[:16], "captions", "overlays", "lut")
documents = st.dictionaries(st.sampled_from(FILM), values, max_size=8).map(
    lambda items: "storyboard: 1\n" + "".join(f"{key}: {value}\n" for key, value in items.items())
)


@many(DOCUMENTS * 3 // 5)
@given(documents)
def test_documents_of_fields(text: str) -> None:
    assert_told(text.encode("utf-8"))


@many(DOCUMENTS * 2 // 5)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_documents_of_anything(data: bytes) -> None:
    assert_told(data)


def mutated(text: str, dice: random.Random) -> str:
    """A good text with one to four things wrong."""
    lines = text.split("\n")
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(lines))
        line = lines[at]
        match dice.randrange(7):
            case 0 | 1 | 2:
                spots = [spot.end() for spot in re.finditer(r"[:\[,-] ?", line)]
                if spots:
                    spot = dice.choice(spots)
                    rest = re.sub(r"^[^,\]}]*", "", line[spot:])
                    lines[at] = f"{line[:spot]} {dice.choice(PIECES)}{rest}"
            case 3:
                del lines[at]
            case 4:
                lines.insert(at, dice.choice(lines))
            case 5:
                lines[at] = line[: dice.randrange(len(line) + 1)]
            case _:
                lines[at] = " " * dice.randrange(8) + line
        if not lines:
            break
    return "\n".join(lines)


def rotten(text: str, dice: random.Random) -> bytes:
    """A good text with one to four bytes wrong."""
    data = bytearray(text.encode())
    for _ in range(dice.randrange(1, 5)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


CHILD = """
import json, random, resource, sys, time
from tests.spec.test_stress import GOOD, assert_told, mutated, rotten
dice, worst, before = random.Random(int(sys.argv[1])), 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number in range(int(sys.argv[2])):
    text = GOOD[number % len(GOOD)]
    data = mutated(text, dice).encode() if number % 5 < 3 else rotten(text, dice)
    started = time.process_time()
    try:
        assert_told(data)
    except BaseException:
        sys.stderr.write(repr(data))
        raise
    worst = max(worst, time.process_time() - started)
more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"documents": number + 1, "seconds": worst, "kilobytes": more}))
"""
"""A process of its own, so that the most memory it ever held says something of the documents."""


@pytest.mark.parametrize("seed", range(4 if LARGE else 1))
def test_good_documents_gone_wrong_within_the_limits_of_a_process(seed: int) -> None:
    count = MUTATED // (4 if LARGE else 1)
    command = [sys.executable, "-c", CHILD, str(seed), str(count)]
    done = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5_000:]
    told = json.loads(done.stdout)
    assert told["documents"] == count
    assert told["seconds"] < SECONDS, told
    assert told["kilobytes"] < MEGABYTES * 1_024, told


WORDS = {"hero": "a fox", "names": ["a", "b"], "coat": {"colour": "red"}, "n": 4, "long": "x" * 5_000}
SCRAPS = (
    "{{", "}}", "{%", "%}", "{#", "#}", " hero ", " names ", " coat ", ".", "[", "]", "(", ")", "|", "~", "if ",
    "for ", " in ", "x", "else ",
    "endif ", "endfor ", "not ", "is ", "defined ", "and ", "'a'", "1", ",", "+", "*", "__class__", "loop", ".index",
    " long ", "\n", "set ",
    "{{ hero }}", "{{ names|join }}", "{% for x in names %}", "{% endfor %}", "{% if n %}", "{% endif %}",
    *(f"|{name}" for name in FILTERS),
)  # fmt: skip


@many(TEMPLATES)
@given(st.lists(st.sampled_from(SCRAPS), max_size=25).map("".join))
def test_templates(text: str) -> None:
    started = time.process_time()
    try:
        result = fill(text, WORDS)
    except TemplateError as error:
        result = error.message
    assert result or not text.strip() or "{" in text
    assert len(result) <= 20_000
    assert time.process_time() - started < SECONDS
