"""A storyboard from a folder of pictures: which shots they make, and what is said of those that make none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from storyboard.beginning import MAX_PICTURES, Beginning, begin, slug
from storyboard.cli.main import run
from storyboard.errors import Usage
from storyboard.spec.tidy import tidy

Capture = pytest.CaptureFixture[str]
Make = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Make:
    """Makes a folder of small pictures: names, or names with sizes."""

    def make(*names: str, **sizes: tuple[int, int]) -> Path:
        place = tmp_path / "my_summer-pictures"
        place.mkdir()
        for name in names:
            size = next((size for key, size in sizes.items() if name.startswith(key)), (640, 400))
            Image.new("RGB", size, "teal").save(place / name, "JPEG" if name.lower().endswith("jpg") else None)
        return place

    return make


def shots(begun: Beginning) -> list[tuple[str, str, str]]:
    """The id of each shot, and the names of its two pictures."""
    return [(one.id, one.first.name, one.last.name if one.last else "") for one in begun.shots]


def test_each_shot_goes_from_one_picture_to_the_next_as_people_count(folder: Make) -> None:
    begun = begin(folder("IMG_10.jpg", "IMG_2.JPG", "img_1.png"), "x")
    assert shots(begun) == [("img-1", "img_1.png", "IMG_2.JPG"), ("img-2", "IMG_2.JPG", "IMG_10.jpg")]
    assert (begun.aspect, begun.seconds, begun.left_out) == ("16:9", 10, ())


def test_one_picture_is_a_first_frame(folder: Make) -> None:
    assert shots(begin(folder("a.webp"), "x")) == [("a", "a.webp", "")]


def test_names_say_which_two_are_a_pair(folder: Make) -> None:
    names = (
        "01a.jpg",
        "01b.jpg",
        "2-start.jpg",
        "2-end.png",
        "lake_FIRST.jpg",
        "lake_last.jpg",
        "alone.jpg",
        "sofa.jpg",
    )
    assert shots(begin(folder(*names), "x")) == [
        ("shot-01", "01a.jpg", "01b.jpg"),
        ("shot-2", "2-start.jpg", "2-end.png"),
        ("alone", "alone.jpg", ""),
        ("lake", "lake_FIRST.jpg", "lake_last.jpg"),
        ("sofa", "sofa.jpg", ""),
    ]


def test_a_row_of_letters_is_no_pair(folder: Make) -> None:
    begun = begin(folder("day 1a.jpg", "day 1b.jpg", "day 1c.jpg"), "x")
    assert [(one.first.name, one.last and one.last.name) for one in begun.shots] == [
        ("day 1a.jpg", "day 1b.jpg"), ("day 1b.jpg", "day 1c.jpg"),
    ]  # fmt: skip


def test_half_a_pair_is_none(folder: Make) -> None:
    assert shots(begin(folder("panda.jpg", "x_first.jpg", "y.jpg"), "x")) == [
        ("panda", "panda.jpg", "x_first.jpg"), ("x-first", "x_first.jpg", "y.jpg"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sizes", "aspect"),
    [
        ({"a": (400, 640), "b": (400, 640)}, "9:16"),
        ({"a": (400, 640), "b": (500, 500), "c": (510, 500)}, "1:1"),
        ({"a": (400, 640)}, "16:9"),
        ({"a": (400, 640), "b": (500, 500)}, "16:9"),
    ],
)
def test_the_film_has_the_shape_of_most_pictures(folder: Make, sizes: dict[str, tuple[int, int]], aspect: str) -> None:
    begun = begin(folder("a.jpg", "b.jpg", "c.jpg", **sizes), "x")
    assert begun.aspect == aspect
    width, height = (int(one) for one in re.findall(r"size: (\d+)x(\d+)", begun.text)[0])
    across, down = (int(one) for one in aspect.split(":"))
    assert width * down == height * across


def test_a_photograph_taken_on_its_side_stands(folder: Make) -> None:
    place = folder()
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (640, 400)).save(place / "a.jpg", exif=turned)
    assert begin(place, "x").aspect == "9:16"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Über den Wäldern", "ueber-den-waeldern"), ("  ", "shot"), ("日本", "shot"), ("001", "shot-001"),
        ("Café n°1", "cafe-n-1"),
        ("a" * 99, "a" * 48), ("no", "no"), ("../../etc", "etc"), ("U\u0308ber", "ueber"),
    ],
)  # fmt: skip
def test_ids_are_made_of_names(text: str, found: str) -> None:
    assert slug(text) == found


ODD = (
    "a b.jpg",
    "A-B.jpg",
    "a_b.png",
    "{{ x }}.jpg",
    "no.jpg",
    "ä #1: [x].jpg",
    "日本.jpg",
    "'q\".jpg",
    "-n.jpg",
    "x\ny.jpg",
    "l" * 240 + ".jpg",
)


def test_odd_names_make_a_film_that_is_valid_and_in_order(folder: Make, tmp_path: Path, capsys: Capture) -> None:
    place = folder(*ODD)
    assert run(["init", "--from", str(place), str(tmp_path / "new")]) == 0
    film = tmp_path / "new" / "film.yaml"
    assert run(["validate", str(film)]) == 0, capsys.readouterr().out
    assert tidy("film.yaml", film.read_bytes()) == film.read_bytes()
    assert len(list((tmp_path / "new" / "stills").iterdir())) == len(ODD) == len(list(place.iterdir()))
    ids = re.findall(r"- id: (\S+)", film.read_text())
    assert len(ids) == len(set(ids)) == len(ODD) - 1


def test_what_cannot_be_used_is_left_out_and_said(folder: Make, tmp_path: Path, capsys: Capture) -> None:
    place = folder("good.jpg", "tiny.jpg", "thin.jpg", tiny=(100, 80), thin=(320, 2000))
    (place / "torn.jpg").write_bytes((place / "good.jpg").read_bytes()[:700])
    (place / "phone.HEIC").write_bytes(b"x")
    (place / "fake.png").write_text("x")
    (place / ".hidden.jpg").write_text("x")
    (place / "notes.txt").write_text("x")
    assert run(["init", "--from", str(place), str(tmp_path / "new")]) == 0
    said = capsys.readouterr().err
    assert "left out: `phone.HEIC` is a HEIC picture: export it as JPEG" in said
    assert "left out: `tiny.jpg` is 100x80: each side of a still needs at least 300 pixels; take a larger image" in said
    assert "left out: `torn.jpg` is damaged" in said
    assert "left out: `fake.png` is not a JPEG, PNG or WebP image" in said
    assert "left out: `thin.jpg` is 320x2000, which leaves 320x180 of it in the film's shape" in said
    assert said.count("left out") == 5
    assert "1 shot from 1 picture, 5 seconds, 16:9" in said


def test_a_folder_without_pictures_is_a_usage_error(folder: Make, tmp_path: Path) -> None:
    place = folder()
    with pytest.raises(Usage, match="has no picture that a film can begin with") as raised:
        begin(place, "x")
    assert raised.value.hint == "it needs JPEG, PNG or WebP files"
    (place / "a.heic").write_bytes(b"x")
    with pytest.raises(Usage, match="has no picture") as raised:
        begin(place, "x")
    assert raised.value.hint == "`a.heic` is a HEIC picture: export it as JPEG"
    with pytest.raises(Usage, match="is not a folder"):
        begin(place / "gone", "x")
    assert run(["init", "--from", str(place), str(tmp_path / "new")]) == 2
    assert not (tmp_path / "new").exists()


def test_too_many_pictures_are_counted_and_not_opened(folder: Make) -> None:
    place = folder()
    for number in range(MAX_PICTURES + 400):
        (place / f"{number}.jpg").write_bytes(b"")
    with pytest.raises(Usage, match=f"has 500 pictures: a film is begun with {MAX_PICTURES} at most"):
        begin(place, "x")


def test_nothing_is_written_over(folder: Make, tmp_path: Path, capsys: Capture) -> None:
    place, new = folder("a.jpg", "b.jpg"), tmp_path / "new"
    (new / "stills").mkdir(parents=True)
    (new / "stills" / "b.jpg").write_text("mine")
    assert run(["init", "--from", str(place), str(new)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert [one.name for one in new.rglob("*")] == ["stills", "b.jpg"]
    (new / "stills" / "b.jpg").unlink()
    (new / "stills" / "b.jpg").symlink_to(tmp_path / "nowhere")
    assert run(["init", "--from", str(place), str(new)]) == 2
    assert not (tmp_path / "nowhere").exists()


def test_what_a_stopped_run_has_copied_is_not_in_the_way(folder: Make, tmp_path: Path) -> None:
    place, new = folder("a.jpg", "b.jpg"), tmp_path / "new"
    (new / "stills").mkdir(parents=True)
    (new / "stills" / "a.jpg").write_bytes((place / "a.jpg").read_bytes())
    assert run(["init", "--from", str(place), str(new)]) == 0
    assert run(["validate", str(new / "film.yaml")]) == 0


def test_pictures_that_stand_in_their_place_are_not_copied(folder: Make, tmp_path: Path) -> None:
    folder("a.jpg", "b.jpg").rename(tmp_path / "stills")
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "stills").iterdir()}
    assert run(["init", "--from", str(tmp_path / "stills"), str(tmp_path)]) == 0
    assert {one: one.stat().st_mtime_ns for one in (tmp_path / "stills").iterdir()} == before
    assert run(["validate", str(tmp_path / "film.yaml")]) == 0


def test_the_title_is_the_name_of_the_folder(folder: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder("a.jpg")
    assert run(["init", "--from", str(place), str(tmp_path / "{{ a }} the_long-way")]) == 0
    assert 'title: "A the long way"' in (tmp_path / "{{ a }} the_long-way" / "film.yaml").read_text()
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--from", place.name]) == 0
    assert 'title: "My summer pictures"' in (tmp_path / "film.yaml").read_text()
