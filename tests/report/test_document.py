"""The report's page, read as a browser reads it: what it shows in every state of a film, and that it stands alone."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from storyboard.assembler import ffmpeg, media
from storyboard.casting import Choice, Clip, accept, bring, pick
from storyboard.cli.main import run
from storyboard.report import screening
from storyboard.report.document import LARGEST, PICTURES, report_page
from storyboard.report.lanes import outline, stretches
from storyboard.report.looks import GRADES, LEAST, frame_of, grade_of, look_at, look_within
from storyboard.report.paper import flat, shown
from storyboard.report.rows import rows_of
from storyboard.report.screening import find_film, small_film
from storyboard.report.survey import Survey, account_of, surveying
from storyboard.report.waves import BINS, FULL, Lane, waves_of
from storyboard.settings import settings_for
from storyboard.store.journal import Journal
from storyboard.store.orders import Ceiling, Order, Orders
from storyboard.store.project import open_project
from tests.paid.sets import Set
from tests.report.conftest import FILM, Page, edited

SIGNS = [chr(code) for code in range(0x20) if chr(code) not in "\t\n\r\x00"]
HOSTILE = (
    "<script>alert(1)</script>", "</style><script>alert(1)</script>", "</script><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)", "' autofocus onfocus='alert(1)", "<!-- ", "-->", "]]>", "{ { 7 } }" , "&lt;b&gt;",
    "<svg/onload=alert(1)>", "javascript:alert(1)", "\u202egnirts\u202c", "\u2066\u202e x", "\u200f", "\ud7ff\ue000",
    "<bdi></bdi></bdi></article>", "<plaintext>", "<base href=//x>", "</title><b>",
)  # fmt: skip


def page_of(survey: Survey, target: Path) -> str:
    return report_page(survey, look_at(survey, grade_of(len(survey.shots))), target)


def test_a_film_half_shot(survey: Survey, film: Set, tmp_path: Path) -> None:
    text = page_of(survey, tmp_path / "page.html")
    page = Page(text)
    words = " ".join(page.text.split())
    assert "Look" in words
    assert [told for told in ("1 card", "3 held", "1 stale", "1 missing") if told not in words] == []
    assert "prompt changed at most $0.76 to shoot anew a" in words
    assert "not shot yet at most $0.76 e" in words
    assert "Walks in." in words
    assert re.search(r"prompt\s*Walks ?Runs ?in\.", words), "word by word, what was bought and what is asked now"
    assert words.count("as it was bought") == 4
    assert "Take1 of 2" in words
    assert "Cutin 0.5s, length 2s, 48 frames" in words
    assert "slower <steam>" in words
    assert "approved" in words
    assert "pinned" in words
    assert "of a budget of $20.00" in words
    assert "The storyboard has changed since this film was made" in words
    assert "Music theme.wav · -12 dB under narration at" in words
    titles = [
        attrs["aria-label"] for attrs in page.all("a") if attrs.get("class", "") and "cell" in str(attrs["class"])
    ]
    assert titles[1] == "2 a, 0:00.5 to 0:03.5, stale"


def test_orders_that_are_open(film: Set, tmp_path: Path) -> None:
    film.file.write_text(edited(FILM))
    slates = {one.shot.id: one.slate for one in film.plan().shots}
    with closing(Journal(film.home)) as journal:
        orders = Orders(journal.database)
        order = Order(
            key="open", slate=str(slates["e"]), number=1, attempt=0, film=str(film.file), shot="e", run="r",
            model="klingai/kling-v3.0-i2v", route="start", base=film.base, team="", state="reserved", begun=1.0,
            estimate=Decimal("0.76"),
        )  # fmt: skip
        orders.reserve(order, Ceiling(None, None), {})
        try:
            sent = orders.send(order, 1.0, "0" * 64)
            for state, word, told in (
                ("sent", "in-flight", "ordered, and not here yet"),
                ("unresolved", "unresolved", "it may have been charged: the line was <lost>"),
            ):
                orders.change(sent, state=state, reason="the line was <lost>")
                with surveying(open_project(str(film.file)), film.settings()) as survey:
                    text = Page(page_of(survey, tmp_path / "page.html")).text
                assert f"1 {word}" in text
                assert told in text
                assert "To buy$0.76at most, for 1 clip" in text.replace("\n", ""), "what was edited, and not this one"
        finally:
            with journal.database.writing() as db:
                db.execute("DELETE FROM orders WHERE key = 'open'")


def test_the_words_of_takes_that_were_accepted_or_made_elsewhere(film: Set, tmp_path: Path) -> None:
    lock = film.file.with_suffix(".lock")
    kept = lock.read_bytes()
    try:
        film.file.write_text(FILM.replace("Walks in.", "Runs in.").replace("Leaves.", "Left."))
        accept(film.project, film.settings(), ["a"])
        bring(film.project, film.settings(), Clip("d", film.clip(film.lock.shots["a"].circled)))
        pick(film.project, film.settings(), Choice("d", "2"))
        with surveying(open_project(str(film.file)), film.settings()) as survey:
            rows = {row["id"]: row for row in rows_of(survey, account_of(survey), look_at(survey, grade_of(5)))}
    finally:
        lock.write_bytes(kept)
    assert (rows["a"]["word"], rows["a"]["text"].prompt, rows["a"]["now"]) == ("held", "Walks in.", "Runs in.")
    assert (rows["d"]["word"], rows["d"]["text"].prompt, rows["d"]["is_bought"]) == ("held", "Left.", False)


def test_a_damaged_take_is_not_shown_and_left_where_it_is(film: Set, tmp_path: Path) -> None:
    film.file.write_text(FILM.replace("Sits down.", "Sits up."))
    clip = film.clip(film.lock.shots["d"].circled)
    whole = clip.read_bytes()
    clip.chmod(0o644)
    clip.write_bytes(whole[:-8] + b"damaged!")
    for path in film.folder.glob(".storyboard/cache/*/looks"):
        shutil.rmtree(path)
    try:
        with surveying(open_project(str(film.file)), film.settings()) as survey:
            looks = look_at(survey, grade_of(5))
            page = Page(report_page(survey, looks, tmp_path / "page.html"))
            assert set(looks.shots) == {"open", "a", "b", "c"}
            assert clip.read_bytes().endswith(b"damaged!")
            assert "cannot be shown" in page.text
            assert [lane.name for lane in waves_of(survey)] == ["mix", "dialogue", "music", "clips"]
    finally:
        clip.write_bytes(whole)


def test_it_stands_alone(survey: Survey, tmp_path: Path) -> None:
    text = page_of(survey, tmp_path / "page.html")
    page = Page(text)
    assert len(text) < 15_000_000
    policy = next(str(one["content"]) for one in page.all("meta") if one.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:;")
    for kind, source in (("style", page.blocks["style"][0]), ("script", page.blocks["script"][-1])):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    for _, attrs in page.tags:
        assert not attrs.keys() & {"style", "srcset", "action", "formaction", "ping", "background"}
        assert not [name for name in attrs if name.startswith("on")]
        assert (attrs.get("src") or "data:").startswith("data:image/webp;base64,") or not attrs.get("src")
        assert (attrs.get("href") or "#").startswith("#") or str(attrs["href"]).endswith("film.mp4")
    assert not re.search(r"url\((?!data:image/webp;base64,)", page.blocks["style"][0])
    assert "@import" not in page.blocks["style"][0]
    assert all(one.get("alt") for one in page.all("img"))
    assert all(one.get("aria-label") for one in (*page.all("input"), *page.all("video"), *page.all("button")))
    clip = tmp_path / "film.mp4"
    clip.write_bytes(base64.b64decode(page.blocks["script"][0]))
    assert media.probe(clip).seconds == survey.timeline.seconds - 3, "the film as it was cut, before a shot was added"


def test_asked_stands_beside_filmed(survey: Survey) -> None:
    looks = look_at(survey, grade_of(len(survey.shots)))
    assert set(looks.shots) == {"open", "a", "b", "c", "d", "e"}
    assert {name: one.frames for name, one in looks.shots.items()} == {
        "open": 1, "a": 10, "b": 10, "c": 10, "d": 10, "e": 2
    }  # fmt: skip
    assert set(looks.stills) == {"one.png", "two.png"}
    assert len(looks.takes) == 2
    red, green, blue = frame_of(looks.shots["open"], 0).getpixel((3, 3))  # type: ignore[misc]
    assert abs(red - 0x20) + abs(green - 0x30) + abs(blue - 0x40) < 12
    still = Image.open(io.BytesIO(looks.stills["two.png"].data)).convert("RGB").getpixel((9, 9))
    asked = frame_of(looks.shots["e"], 0).getpixel((9, 9))
    assert isinstance(still, tuple)
    assert isinstance(asked, tuple)
    assert sum(abs(int(one) - int(two)) for one, two in zip(still, asked, strict=True)) < 12
    ends = [Image.open(io.BytesIO(one.data)).size for one in (looks.shots["a"].first, looks.shots["a"].last)]
    assert ends == [(128, 72)] * 2
    movement = [frame_of(looks.shots["a"], step).tobytes() for step in range(10)]
    assert len(set(movement)) > 5, "a square moves through the clip, and begins again"


def test_a_second_look_is_the_caches(survey: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = page_of(survey, tmp_path / "page.html")

    def nothing(*_: object, **__: object) -> None:
        raise AssertionError("ffmpeg was run")

    for name in ("run", "read", "measure"):
        monkeypatch.setattr(ffmpeg, name, nothing)
    assert page_of(survey, tmp_path / "page.html") == first


def test_nothing_of_the_film_is_changed(film: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def state() -> dict[Path, tuple[int, bytes]]:
        ours = (path for path in film.folder.rglob("*") if path.is_file() and ".storyboard" not in path.parts)
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in ours}

    for name, value in {
        **film.gateway.environment("http://127.0.0.1:9/v4/ai"),
        "STORYBOARD_HOME": str(film.home),
    }.items():
        monkeypatch.setenv(name, value)
    film.file.write_text(edited(FILM))
    before, calls, spent = state(), dict(film.gateway.calls), film.gateway.ledger.total
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.png"
    assert run(["report", str(film.file), "--out", str(page), "--contact-sheet", str(sheet)]) == 0
    assert (state(), dict(film.gateway.calls), film.gateway.ledger.total) == (before, calls, spent)
    with Image.open(sheet) as drawn:
        assert drawn.width > 1000
    assert run(["report", str(film.file), "--out", str(page), "--contact-sheet", str(sheet)]) == 0, "over its own"
    for args in (["--out", str(film.file)], ["--out", str(sheet)], ["--contact-sheet", str(film.folder / "one.png")]):
        assert run(["report", str(film.file), *args]) == 2
    (tmp_path / "other.html").write_text("<p>Mine</p>")
    assert run(["report", str(film.file), "--out", str(tmp_path / "other.html")]) == 2
    assert state() == before


def test_a_film_that_is_what_the_storyboard_says(film: Set, tmp_path: Path) -> None:
    def older(text: str) -> bool:
        film.file.write_text(text)
        with surveying(open_project(str(film.file)), film.settings()) as survey:
            found = find_film(survey)
            assert found is not None
            return found.older

    os.utime(film.folder / "build/film.mp4", (1_700_000_000, 1_700_000_000))
    assert not older(FILM + "# a remark\n")
    assert not older(FILM.replace("slower <steam>", "faster"))
    assert older(FILM.replace("0.25s", "0.5s"))
    assert older(edited(FILM))


def test_a_long_film_is_linked(survey: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = find_film(survey)
    assert film is not None
    assert small_film(film, survey.production.cache, 100_000) is None
    monkeypatch.setattr("storyboard.report.document.MOST_FILM", 100_000)
    page = Page(page_of(survey, survey.project.base / "build" / "page.html"))
    assert [one.get("src") for one in page.all("video")] == ["film.mp4"]
    assert len(page.blocks["script"]) == 1
    policy = next(str(one["content"]) for one in page.all("meta") if one.get("http-equiv"))
    assert policy.endswith("media-src 'self' file:")


def test_before_the_first_shot(tmp_path: Path) -> None:
    Image.new("RGB", (640, 360), "teal").save(tmp_path / "one.png")
    (tmp_path / "film.yaml").write_text(
        "storyboard: 1\nshots:\n  - {id: a, first: one.png, prompt: Walks.}\n  - {id: b, prompt: Rain., "
        "model: klingai/kling-v3.0-t2v}\n  - {id: c, first: {shot: a, frame: last}, prompt: On.}\n"
    )
    with surveying(open_project(str(tmp_path / "film.yaml")), settings_for(tmp_path)) as survey:
        assert find_film(survey) is None
        looks = look_at(survey, grade_of(3))
        assert {name: one.frames for name, one in looks.shots.items()} == {"a": 1, "c": 1}
        page = Page(report_page(survey, looks, tmp_path / "page.html"))
    assert "The film is not cut yet." in page.text
    assert "every clip is drawn here, free" in page.text
    assert page.text.count("not shot yet") == 6
    assert not page.all("video")


def test_takes_that_do_not_fit(film: Set, tmp_path: Path) -> None:
    """The clips came at 24 frames a second: where they turn out too short, the page still shows the film as meant."""
    text = FILM.replace("in: 0.5s, length: 2s", "in: 0.5s, out: 3s")
    film.file.write_text(text)
    project = open_project(str(film.file))
    lock = film.file.with_suffix(".lock")
    kept = lock.read_text()
    lock.write_text(re.sub(r"frames: 72", "frames: 60", kept))
    try:
        with surveying(project, film.settings()) as survey:
            assert "2.5 s" in survey.misfit or "frames" in survey.misfit
            page = Page(page_of(survey, tmp_path / "page.html"))
    finally:
        lock.write_text(kept)
    assert "It cannot be cut as it stands" in page.text


def test_two_hundred_hostile_texts_stay_text(tmp_path: Path) -> None:
    """The same film with harmless words has the very same tags, and every text is read as it was written."""

    def shots(texts: list[str]) -> str:
        model = "model: klingai/kling-v3.0-t2v"
        rows = [
            f"  - {{id: s{number}, {model}, prompt: {json.dumps(text)}, note: {json.dumps(text)}}}"
            for number, text in enumerate(texts)
        ]
        return "\n".join(rows)

    texts = [HOSTILE[number % len(HOSTILE)] + SIGNS[number % len(SIGNS)] + str(number) for number in range(200)]
    pages = []
    for title, ones in ((texts[1], texts), ("Plain", [f"Words {number}" for number in range(200)])):
        (tmp_path / "film.yaml").write_text(f"storyboard: 1\ntitle: {json.dumps(title)}\nshots:\n{shots(ones)}\n")
        with surveying(open_project(str(tmp_path / "film.yaml")), settings_for(tmp_path)) as survey:
            pages.append(Page(page_of(survey, tmp_path / "page.html")))
    hostile, plain = pages
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert hostile.isolated == 0
    for text in texts:
        told = shown(text.strip())
        assert hostile.text.count(told) >= 2, repr(text)
    assert not [char for char in hostile.text if ord(char) < 0x20 and char not in "\n\t"]
    labels = [value for _, attrs in hostile.tags for value in attrs.values() if value]
    assert not [value for value in labels if "\u202e" in value]


def test_what_templates_print() -> None:
    assert shown("a\x00b\x1bc\x7f\x85\n") == "a\u2400b\u241bc\ufffd\ufffd\n"
    assert shown("\ud800") == "\ufffd"
    assert shown("\u202eevil") == "\u202eevil", "isolated where it stands, and not taken away"
    assert flat("a\n\u202eb  c") == "a \ufffdb c"


def test_the_sound_is_what_the_film_hears(survey: Survey) -> None:
    lanes = {lane.name: lane for lane in waves_of(survey)}
    assert list(lanes) == ["mix", "dialogue", "music", "clips"]
    assert {len(lane.levels) for lane in lanes.values()} == {BINS}
    seconds = survey.timeline.seconds

    def loud(lane: Lane, at: float) -> int:
        return lane.levels[int(at / float(seconds) * BINS)]

    voice, music = lanes["dialogue"], lanes["music"]
    assert loud(voice, 1.0) > 2 * loud(music, 1.0) > 0, "the voice speaks from 0.5 s to 1.5 s"
    assert loud(voice, 2.0) == 0
    assert loud(music, 5.0) > 3 * loud(music, 1.0), "12 dB down under the voice"
    assert max(lanes["mix"].levels) == FULL
    assert stretches(music, seconds) == ["0:00–0:02"]
    assert music.duck_db == -12
    assert voice.down == ()
    assert outline((0, FULL)).startswith("M0 49.4 1 0.0 L")


def test_pictures_that_would_be_too_large_are_made_smaller(survey: Survey) -> None:
    best, least = look_at(survey, GRADES[0]), look_at(survey, LEAST)
    assert look_within(survey, best.bytes) == best
    middle = look_within(survey, best.bytes - 1)
    assert least.bytes < middle.bytes < best.bytes
    assert look_within(survey, 0) == least
    assert PICTURES * 4 / 3 < LARGEST


def test_more_shots_have_smaller_pictures() -> None:
    chosen = [grade_of(count) for count in (1, 40, 41, 300, 301, 1000, 1001, 20_000)]
    assert chosen == [GRADES[0], GRADES[0], GRADES[1], GRADES[2], GRADES[3], GRADES[3], LEAST, LEAST]
    weights = [one.shots * (one.frames * one.cell**2 + 4 * one.end**2) for one in GRADES]
    assert max(weights) < 3 * min(weights)
    assert LARGEST < 15_000_000
    assert screening.STEP < LARGEST
