from __future__ import annotations

import time

import pytest

from storyboard.errors import Problem
from storyboard.spec import decoding
from storyboard.spec.source import Document, read, show


def only(document: Document) -> Problem:
    """The one problem of a document."""
    assert len(document.problems) == 1, document.problems
    return document.problems[0]


def test_every_value_and_key_has_its_place() -> None:
    document = read("film.yaml", "a: 1\nlist:\n  - x\n  - {deep: [true, 'é'], after: 2.5}\n".encode())
    assert document.value == {"a": 1, "list": ["x", {"deep": [True, "é"], "after": 2.5}]}
    told = [path for path, _ in document.tree.walk()]
    places = {show(path): (document.place(path).line, document.place(path).column) for path in [(), *told]}
    assert places == {
        "": (1, 1), "a": (1, 4), "list": (3, 3), "list[0]": (3, 5), "list[1]": (4, 5), "list[1].deep": (4, 12),
        "list[1].deep[0]": (4, 13), "list[1].deep[1]": (4, 19), "list[1].after": (4, 32),
    }  # fmt: skip
    named = [path for path in told if isinstance(path[-1], str)]
    keys = {show(path): (document.name(path).line, document.name(path).column) for path in named}
    assert keys == {"a": (1, 1), "list": (2, 1), "list[1].deep": (4, 6), "list[1].after": (4, 25)}


def test_columns_count_characters() -> None:
    document = read("film.yaml", "{é🦊: 初, b: x}".encode())
    assert document.place(("b",)).column == 12


def test_a_place_of_nothing_is_that_of_what_is_around_it() -> None:
    document = read("film.yaml", b"a:\n  b: 1\n")
    assert document.place(("a", "c", 3)) == document.place(("a",))
    assert str(document.place(("z",))) == "film.yaml:1:1"


def test_an_alias_has_the_place_of_its_anchor() -> None:
    document = read("film.yaml", b"a: &x [1, 2]\nb: *x\n")
    assert document.value == {"a": [1, 2], "b": [1, 2]}
    assert document.place(("b", 1)) == document.place(("a", 1))
    assert document.place(("b", 1)).line == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5), ("-5", -5), ("+5", 5), ("0", 0), ("5.25", 5.25), ("-0.5", -0.5),
        ("123456789012345678", 123456789012345678),
        ("true", True), ("False", False), ("~", None), ("null", None), ("", None), ("2026-01-02", "2026-01-02"),
        ("2026-01-02 10:11:12", "2026-01-02 10:11:12"), ("1e3", "1e3"), ("01:30", "01:30"), ("00:00:10", "00:00:10"),
        ("'no'", "no"), ("=", "="), ("<<", "<<"), ("!!str 5", "5"), ("5s", "5s"), ("y", "y"),
        ("|\n   a\n   b\n", "a\nb\n"),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    document = read("film.yaml", f"v: {text}\n".encode())
    assert not document.problems
    assert document.value == {"v": value}
    assert type(document.value["v"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1:30", "yaml-sexagesimal"), ("1:02:03", "yaml-sexagesimal"), ("00:01:30.5", "yaml-sexagesimal"),
        ("-1:30", "yaml-sexagesimal"), ("010", "yaml-number"), ("0o17", None), ("0x1F", "yaml-number"),
        ("0b11", "yaml-number"), ("1_000", "yaml-number"), ("1.", "yaml-number"), (".5", "yaml-number"),
        ("1.5e+3", "yaml-number"), ("1.0e+999", "yaml-number"), ("9" * 20, "yaml-number"), ("9" * 19, None),
            (".nan", "not-finite"),
        (".NaN", "not-finite"), (".inf", "not-finite"), ("-.Inf", "not-finite"), ("yes", "yaml-boolean"),
        ("No", "yaml-boolean"), ("ON", "yaml-boolean"), ("off", "yaml-boolean"), ("!!bool maybe", "tag"),
        ("!!int x", "yaml-number"), ("!!float .inf", "not-finite"), ("!x y", "tag"), ("!!python/none", "tag"),
        ("!!python/object/apply:os.system [ls]", "tag"), ("!!python/object:builtins.dict {a: 1}", "tag"),
        ("!!set {a, b}", "tag"), ("!!omap [a: 1]", "tag"), ("!!binary aGk=", "tag"), ("!!timestamp 1", None),
    ],
)  # fmt: skip
def test_traps(text: str, code: str | None) -> None:
    document = read("film.yaml", f"v: {text}\n".encode())
    assert [problem.code for problem in document.problems] == ([code] if code else [])
    assert all((problem.where.line, problem.where.column) == (1, 4) for problem in document.problems)


@pytest.mark.parametrize("key", ["no", "1", "1.5", "~", "2026-01-02", "[a]", "{a: b}", "? [a]", "<<"])
def test_keys_are_words(key: str) -> None:
    document = read("film.yaml", f"v: 1\n{key}: 2\n".encode())
    problem = only(document)
    assert problem.code in ("key", "merge-key")
    assert problem.where.line == 2
    assert document.value == {"v": 1}


def test_a_key_that_stands_twice_keeps_its_first_value() -> None:
    document = read("film.yaml", b"a: 1\nb: 2\na: 3\n")
    problem = only(document)
    assert (problem.code, problem.where.line) == ("duplicate-key", 3)
    assert "line 1" in problem.message
    assert document.value == {"a": 1, "b": 2}


def test_true_and_one_do_not_collide() -> None:
    document = read("film.yaml", b"true: a\n1: b\n'1': c\n'true': d\n")
    assert [problem.code for problem in document.problems] == ["key", "key"]
    assert document.value == {"1": "c", "true": "d"}


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("prompt: climbs # fast", True), ("prompt: climbs #fast", True), ("prompt: >-\n  climbs # fast", False),
        ("prompt: 'climbs' # fast", False), ("prompt: climbs#fast", False), ("id: pass # fast", False),
        ("shots: [{prompt: climbs, # fast\n id: a}]", False), ("note: a\n  b # c", True),
        ("# top\nprompt: climbs", False),
        ("prompt:  # nothing", False), ("title: First light\t# x", True),
    ],
)  # fmt: skip
def test_a_comment_behind_unquoted_prose(text: str, caught: bool) -> None:
    document = read("film.yaml", text.encode())
    assert [problem.code for problem in document.problems] == (["comment-in-text"] if caught else [])
    for problem in document.problems:
        assert text.split("\n")[problem.where.line - 1][problem.where.column - 1] == "#"


def test_bytes_have_a_budget() -> None:
    problem = only(read("film.yaml", b"#" * (decoding.MAX_BYTES + 1)))
    assert problem.code == "too-large"
    assert "8,388,608" in problem.message
    assert only(read("film.yaml", b"#" * decoding.MAX_BYTES)).code == "empty"


LATIN = "in Latin-1 or Windows-1252 the letter here would be "


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("a: \u00e9\nb: caf\u00e9\n".encode("latin-1"), (1, 4), f"this is no UTF-8 text: {LATIN}é"),
        ("a: 1\nb: \u201cx\u201d\n".encode("cp1252"), (2, 4), f"this is no UTF-8 text: {LATIN}“"),
        (b"\xef\xbb\xbfa: \xc3\xa9\xe9\n", (1, 5), f"this is no UTF-8 text: {LATIN}é"),
        (b"a: 1\nb: \x81\n", (2, 4), "this is no UTF-8 text: the byte 0x81 stands here"),
        ("a: \ud800\n".encode("utf-8", "surrogatepass"), (1, 4), f"this is no UTF-8 text: {LATIN}í"),
        ("a: 1\n".encode("utf-16"), (1, 1), "this is UTF-16 text; a storyboard is UTF-8"),
        ("a: 1\n".encode("utf-16-le"), (1, 1), "this is UTF-16 text; a storyboard is UTF-8"),
        ("a: 1\n".encode("utf-16-be"), (1, 1), "this is UTF-16 text; a storyboard is UTF-8"),
        ("a: 1\n".encode("utf-32"), (1, 1), "this is UTF-32 text; a storyboard is UTF-8"),
        ("\ufeffa: 1\n".encode("utf-32-be"), (1, 1), "this is UTF-32 text; a storyboard is UTF-8"),
    ],
)
def test_other_encodings_are_named(data: bytes, place: tuple[int, int], message: str) -> None:
    problem = only(read("film.yaml", data))
    assert (problem.code, problem.message) == ("encoding", message)
    assert (problem.where.line, problem.where.column) == place
    assert problem.hint == "save the file as UTF-8: every editor can"


def test_a_mark_of_utf_8_and_the_line_ends_of_others_are_read() -> None:
    assert read("film.yaml", b"\xef\xbb\xbfa: 1\r\nb: 2\r").value == {"a": 1, "b": 2}


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\ufffe", "\x7f"])
def test_characters_that_no_text_has(character: str) -> None:
    problem = only(read("film.yaml", f"a: 1\nb: x{character}\n".encode()))
    assert (problem.code, problem.where.line, problem.where.column) == ("yaml", 2, 5)
    assert f"U+{ord(character):04X}" in problem.message


def test_nodes_are_counted_after_aliases() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    started = time.monotonic()
    document = read("film.yaml", "\n".join(lines).encode())
    assert only(document).code == "too-large"
    assert document.value is None
    assert time.monotonic() - started < 10


def test_a_document_may_have_many_nodes() -> None:
    document = read("film.yaml", b"a: [" + b"x," * 20_000 + b"]")
    assert not document.problems
    assert len(document.value["a"]) == 20_000


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}", "&a [[[*a]]]", "a: &a\n  - b: *a"])
def test_what_contains_itself(text: str) -> None:
    document = read("film.yaml", text.encode())
    assert only(document).code == "recursive"
    assert document.value is None


def test_depth_has_a_budget() -> None:
    assert not read("film.yaml", b"[" * 40 + b"]" * 40).problems
    assert only(read("film.yaml", b"[" * 41 + b"]" * 41)).code == "too-deep"
    chain = "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 45))
    assert only(read("film.yaml", f"a0: &a0 [x]\n{chain}".encode())).code == "too-deep"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: ", "- - "])
def test_a_parser_is_not_led_down_a_hole(opening: str) -> None:
    started = time.monotonic()
    problem = only(read("film.yaml", opening.encode() * (decoding.MAX_BYTES // len(opening))))
    assert problem.code == "too-deep"
    assert problem.where.line == 1
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> main\n", "a: 1\n>>>>>>> main\n", "a: 1\n=======\n"]
)
def test_conflict_markers(text: str) -> None:
    assert only(read("film.yaml", text.encode())).code == "merge-conflict"


@pytest.mark.parametrize("text", ["a: |\n  =======\n  x\n", "a: ' ======='\n", "# <<<<<<< HEAD\na: 1\n"])
def test_no_conflict_markers(text: str) -> None:
    assert not read("film.yaml", text.encode()).problems


def test_a_part_says_where_it_came_in() -> None:
    document = read("style.yaml", b"a: [", included_from="film.yaml:3")
    assert only(document).where.included_from == "film.yaml:3"


def test_no_prefix_of_a_good_text_is_a_traceback() -> None:
    text = b"storyboard: 1\nshots:\n  - {id: a, prompt: \"{{ x }}\", in: 1s}\n  - id: b\n    card: {text: 'x'}\n"
    for end in range(len(text)):
        document = read("film.yaml", text[:end])
        assert all(problem.where.line >= 1 for problem in document.problems)


def test_show() -> None:
    assert show(("shots", 3, "captions", 0, "at")) == "shots[3].captions[0].at"
    assert show(()) == ""
