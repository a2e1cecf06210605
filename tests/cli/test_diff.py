"""`storyboard diff`: a film against git's revisions, for people, programs, pull requests and as a page."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.cli.diff_data import MAX_MARKDOWN, code
from storyboard.cli.main import run
from storyboard.testing import FakeGateway
from storyboard.testing.clips import colour_of
from tests.paid.sets import ALL, Set
from tests.test_revisions import commit, git

Capture = pytest.CaptureFixture[str]

HEAD = "title: Two\ncharacters: {mira: {prompt: a woman in a green coat}}\n"
SHOTS = (
    "{id: a, first: plain.png, prompt: Walks in., characters: [mira]}",
    "{id: b, first: plain.png, prompt: Sits.}",
    "{id: c, card: {text: End}, duration: 1s}",
)
ALLOWED = replace(ALL, allow_held_open=True)
HOSTILE = (
    "<script>alert(1)</script> @everyone [x](http://evil.example) ![x](http://evil.example/x.png) | ``` `` \x1b[31m"
)


@pytest.fixture
def one(tmp_path: Path, served: tuple[FakeGateway, str], monkeypatch: pytest.MonkeyPatch) -> Set:
    """A project in git, whose film is committed and not bought yet."""
    made = Set(tmp_path / "film", *served, tmp_path / "home")
    made.write(*SHOTS, head=HEAD)
    git(made.folder, "init", "--quiet")
    commit(made.folder)
    monkeypatch.setenv("STORYBOARD_HOME", str(made.home))
    monkeypatch.setenv("COLUMNS", "80")
    return made


def told(capsys: Capture, *args: str) -> dict[str, Any]:
    """What `diff --json` says."""
    assert run(["diff", *args, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["format_version"] == 1
    return found


def test_nothing_differs(one: Set, capsys: Capture) -> None:
    assert run(["diff", str(one.file)]) == 0
    out = capsys.readouterr().out
    assert "Nothing differs" in out
    assert "A render would buy 2 clips, at most $1.01." in out
    found = told(capsys, str(one.file))
    assert (found["film"], found["shots"]) == ([], [])
    assert found["cost"] == {"before": "1.01", "after": "1.01", "change": "0.00"}


def test_what_differs_for_people(one: Set, capsys: Capture) -> None:
    shots = (SHOTS[2].replace("duration: 1s", "duration: 2s"), SHOTS[0], "{id: d, first: plain.png, prompt: New.}")
    one.write(*shots, head=HEAD.replace("green", "long red").replace("Two", "Three"))
    Image.new("RGB", (640, 360), "teal").save(one.folder / "plain.png")
    assert run(["diff", str(one.file), "HEAD"]) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    lines = [re.sub("[0-9a-f]{12}", "DIGEST", line.rstrip()) for line in seen.out.splitlines()]
    assert lines[0].endswith("film.yaml  HEAD → the working tree")
    assert lines[1:] == [
        "", "~ the film", "    title   Two → Three",
        "~ c  moved from 3 to 1", "    duration  1s → 2s",
        "~ a  buys $0.50", "    prompt  Walks in. a woman in a [-green-] {+long red+} coat",
        "    first   plain.png has other bytes (DIGEST → DIGEST)",
        "- b  removed, was shot 2",
        "+ d  added as shot 3  buys $0.50", "    model     klingai/kling-v3.0-i2v", "    prompt    New.",
        "    first     plain.png (DIGEST)", "    duration  3s",
        "", "Length: 7.0 s → 8.0 s (+1.00 s)", "A render would buy 2 clips, at most $1.01.",
    ]  # fmt: skip


def test_what_differs_for_programs(one: Set, capsys: Capture) -> None:
    one.write(SHOTS[0].replace("id: a", "id: z"), SHOTS[1].replace("Sits", "Sits down"), SHOTS[2], head=HEAD)
    found = told(capsys, str(one.file))
    z, b = found["shots"]
    assert (z["id"], z["was"], z["renamed"], z["kind"], z["fields"], z["buys"]) == ("z", "a", True, "kept", [], True)
    assert b["fields"] == [{"field": "prompt", "old": "Sits.", "new": "Sits down."}]
    assert found["before"] == {
        "name": "HEAD", "commit": git(one.folder, "rev-parse", "HEAD"), "exists": True, "frames": 168, "seconds": 7.0,
        "orders": 2,
    }  # fmt: skip
    assert found["after"]["commit"] is None


def test_two_revisions_and_the_one_before_the_film(one: Set, capsys: Capture) -> None:
    (one.folder / "film.yaml").rename(one.folder / "later.yaml")
    commit(one.folder)
    one.write(*SHOTS, head=HEAD.replace("Two", "Three"))
    commit(one.folder)
    found = told(capsys, str(one.file), "HEAD~2", "HEAD")
    assert [change["field"] for change in found["film"]] == ["title"]
    assert [shot["kind"] for shot in told(capsys, str(one.file), "HEAD~1", "HEAD")["shots"]] == ["added"] * 3
    assert [shot["kind"] for shot in told(capsys, str(one.file), "HEAD", "HEAD~1")["shots"]] == ["removed"] * 3
    assert run(["diff", str(one.file), "HEAD~1"]) == 0
    assert "There is no such file in HEAD~1." in capsys.readouterr().out


def test_what_was_bought_in_between_and_what_is_bought_again(one: Set, capsys: Capture) -> None:
    chain = "{id: d, first: {shot: a, frame: last}, prompt: Goes on.}"
    one.write(*SHOTS[:2], chain, head=HEAD)
    one.render(ALLOWED)
    commit(one.folder)
    one.write(SHOTS[0].replace("Walks", "Runs"), SHOTS[1], chain, head=HEAD)
    found = told(capsys, str(one.file))
    assert found["cost"] == {"before": "0.00", "after": "1.01", "change": "1.01"}
    assert [(shot["id"], shot["buys"]) for shot in found["shots"]] == [("a", True), ("d", True)]
    assert run(["diff", str(one.file)]) == 0
    assert "~ d  goes on from a, whose take will be another  buys $0.50" in capsys.readouterr().out
    one.render(ALLOWED)
    found = told(capsys, str(one.file))
    assert found["cost"]["after"] == "0.00"
    assert [take["cost"] for take in found["bought"]] == ["0.50", "0.50"]
    a = found["shots"][0]
    assert a["recast"]["after"] == one.lock.shots["a"].circled
    assert a["recast"]["before"] != a["recast"]["after"]
    assert run(["diff", str(one.file)]) == 0
    assert "Bought in between: 2 takes, $1.01." in capsys.readouterr().out
    git(one.folder, "checkout", "film.yaml")
    assert told(capsys, str(one.file))["cost"]["after"] == "0.00", "what was paid for once is known for ever"


class Page(HTMLParser):
    """Every tag of a page with its attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Take note of a text."""
        self.text += data


def test_the_page_shows_frames_from_before_and_after(one: Set, tmp_path: Path, capsys: Capture) -> None:
    one.render(ALLOWED)
    commit(one.folder)
    one.write(SHOTS[0].replace("Walks", "Runs"), SHOTS[2], "{id: n, prompt: New., first: plain.png}", head=HEAD)
    one.render(ALLOWED)
    assert run(["diff", str(one.file), "--html", str(tmp_path / "page.html")]) == 0
    page = Page((tmp_path / "page.html").read_text("utf-8"))
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "div", "ul", "li", "section", "span",
        "figure", "figcaption", "img", "table", "tr", "th", "td", "del", "ins", "bdi", "footer",
    }  # fmt: skip
    sources = [attrs["src"] or "" for tag, attrs in page.tags if tag == "img"]
    pictures = [Image.open(io.BytesIO(base64.b64decode(one_.partition(",")[2]))) for one_ in sources]
    assert len(pictures) == 8, "the ends of both takes of `a`, of that of `b`, which is gone, and of that of `n`"
    assert {picture.size for picture in pictures} == {(128, 72)}
    filmed = {colour_of(job) for job, charge in one.gateway.ledger.jobs.items() if " in." in charge.prompt}
    first, last, again, end = sources[:4]
    assert first != last
    assert again != end
    assert len({first, again}) == len(filmed), "two jobs may be given one colour"
    assert all(not attrs.get(name) for _, attrs in page.tags for name in ("href", "srcset", "action"))
    assert "re-cast: take" in page.text


def test_no_text_of_an_authors_is_markup(one: Set, tmp_path: Path, capsys: Capture) -> None:
    text = json.dumps(HOSTILE)
    head = f"title: {text}\ncharacters: {{mira: {{prompt: {text}}}}}\n"
    words = f"captions: [{{text: {text}, at: 0s, for: 1s}}]"
    card = f'{{id: c, card: {{text: {text}, background: "#123456"}}, duration: 1s, {words}}}'
    one.write(f"{{id: a, first: plain.png, prompt: {text}, note: {text}}}", SHOTS[1], card, head=head)
    commit(one.folder)
    git(one.folder, "tag", "<b>a|`b")
    git(one.folder, "checkout", "--quiet", "HEAD~1")
    page = tmp_path / "page.html"
    for args in ([], ["--format", "markdown"], ["--html", str(page)]):
        assert run(["diff", str(one.file), "<b>a|`b", *args]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        if "markdown" in args:
            assert_inert(out)
    tags = [tag for tag, _ in Page(page.read_text("utf-8")).tags]
    assert not {"script", "b", "a", "i"} & set(tags)
    assert "<script>alert" in Page(page.read_text("utf-8")).text


def assert_inert(markdown: str) -> None:
    """Whether everything hostile stands within code."""
    fence, outside = "", []
    for line in markdown.splitlines():
        mark = re.match("`{3,}", line)
        if fence and line == fence:
            fence = ""
        elif not fence and mark:
            fence = mark[0]
        elif not fence:
            outside.append(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "CODE", line))
    assert not fence
    text = "\n".join(outside)
    for hostile in ("<script", "@everyone", "](", "http", "<b>"):
        assert hostile not in text
    rows = [line for line in outside if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}


@pytest.mark.parametrize("text", ["plain", "`", "``a`", "a|b", "\x1b[31m", "a\nb", "<b>", "@x"])
def test_inline_code_holds_any_text(text: str) -> None:
    found = code(text)
    fence = re.match("`+", found)
    assert fence
    assert found.endswith(fence[0])
    inner = found[len(fence[0]) : -len(fence[0])]
    assert max(map(len, re.findall("`+", inner)), default=0) < len(fence[0])
    assert all(sign.isprintable() for sign in found)
    assert "|" not in found


def test_a_comment_has_room_for_so_much(one: Set, capsys: Capture) -> None:
    one.write(*(f"{{id: s{number}, first: plain.png, prompt: {'word ' * 200}.}}" for number in range(300)), head=HEAD)
    assert run(["diff", str(one.file), "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert len(out) < MAX_MARKDOWN + 2_000
    assert "`storyboard diff` shows it all" in out
    assert out.count("<details>") == out.count("</details>")


def test_a_storyboard_that_was_wrong_then(one: Set, capsys: Capture) -> None:
    good = one.file.read_text()
    one.file.write_text("storyboard: 1\ntitel: x\nshots:\n  - {id: a, card: {}}\n")
    commit(one.folder)
    one.file.write_text(good)
    assert run(["diff", str(one.file)]) == 1
    err = capsys.readouterr().err
    assert "HEAD:./film.yaml:2:1: error[unknown-field]" in err
    assert "  2 | titel: x" in err
    assert run(["diff", str(one.file), "HEAD~1"]) == 0


@pytest.mark.parametrize(
    ("args", "said"), [(["nothing"], "`nothing` is no revision"), (["HEAD", "--", "-x"], "`-x` is no")]
)
def test_a_revision_that_is_none(one: Set, args: list[str], said: str, capsys: Capture) -> None:
    assert run(["diff", str(one.file), *args]) == 2
    assert said in capsys.readouterr().err


def test_a_film_in_no_repository(cards: Path, capsys: Capture) -> None:
    assert run(["diff", str(cards)]) == 2
    assert "is in no git repository" in capsys.readouterr().err


def test_included_files_and_footage_are_read_from_the_revision(one: Set, capsys: Capture) -> None:
    (one.folder / "style.yaml").write_text("characters: {leo: {prompt: an old man}}\n")
    one.write("{id: a, first: plain.png, prompt: Waits., characters: [leo]}", head="include: [style.yaml]\n")
    commit(one.folder)
    (one.folder / "style.yaml").write_text("characters: {leo: {prompt: a young man}}\n")
    (shot,) = told(capsys, str(one.file))["shots"]
    assert shot["fields"] == [{"field": "prompt", "old": "Waits. an old man", "new": "Waits. a young man"}]


def test_nothing_is_written_and_nobody_is_asked(one: Set, capsys: Capture) -> None:
    before, calls = sorted(one.folder.rglob("*")), one.gateway.calls.copy()
    assert run(["diff", str(one.file)]) == 0
    assert sorted(one.folder.rglob("*")) == before
    assert not one.home.exists()
    assert one.gateway.calls == calls
