"""What only a look at the disk can tell: files that are not there, are not what they should be, or would be lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from storyboard.errors import Problem, Where
from storyboard.examine import examine
from storyboard.progress import Event, Said
from storyboard.store.project import open_project
from tests.fake_gateway import draw_clip

SEEDANCE = "model: bytedance/seedance-2.0"
MOVED = "model: klingai/kling-v3.0-motion-control, first: still.png"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes time to make, made once."""
    folder = tmp_path_factory.mktemp("drawn")
    Image.new("RGB", (640, 400), "navy").save(folder / "still.png")
    Image.new("RGB", (64, 40), "navy").save(folder / "small.png")
    Image.new("RGB", (310, 900), "navy").save(folder / "tall.png")
    (folder / "clip.mp4").write_bytes(draw_clip(folder))
    picture = ["-f", "lavfi", "-i", "testsrc=s=640x360:r=24", "-frames:v", "78", "-c:v", "libx264"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *picture, str(folder / "dance.mp4")], check=True)
    return folder


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    """A project with a still, a clip, and things that are neither."""
    shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
    (tmp_path / "page.jpg").write_text("<html>not found</html>")
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nclip.mp4\n#EXT-X-ENDLIST\n")
    os.mkfifo(tmp_path / "pipe.png")
    outside = tmp_path.parent / f"outside-{tmp_path.name}.png"
    Image.new("RGB", (640, 400), "navy").save(outside)
    (tmp_path / "link.png").symlink_to(outside)
    return tmp_path


def problems(folder: Path, text: str) -> list[Problem]:
    """All that is wrong with a storyboard in the folder."""
    (folder / "film.yaml").write_text(f"storyboard: 1\n{text}")
    return examine(open_project(str(folder / "film.yaml")))[1]


@pytest.mark.parametrize(
    ("shot", "at", "says"),
    [
        ("{id: a, prompt: x, first: stil.png}", "stil.png", "`stil.png` is not there"),
        ("{id: a, prompt: x, first: page.jpg}", "page.jpg", "`page.jpg` is not a JPEG, PNG or WebP image"),
        ("{id: a, prompt: x, first: small.png}", "small.png", "`small.png` is 64x40"),
        ("{id: a, prompt: x, first: pipe.png}", "pipe.png", "`pipe.png` is not a file"),
        ("{id: a, prompt: x, first: link.png}", "link.png", "`link.png` leads out of the project"),
        ("{id: a, prompt: x, first: still.png/x}", "still.png/x", "`still.png/x` is not there"),
        ("{id: a, prompt: x, last: gone.png}", "gone.png", "`gone.png` is not there"),
        ("{id: a, prompt: x, first: tall.png}", "tall.png", "`tall.png` is 310x900, which leaves 310x174"),
        (f"{{id: a, {SEEDANCE}, prompt: x, references: [still.png, gone.png]}}", "[", "`gone.png` is not there"),
        (f"{{id: a, {SEEDANCE}, prompt: x, references: [page.jpg]}}", "[", "`page.jpg` is not a JPEG, PNG or WebP"),
        (f"{{id: a, {MOVED}, motion: {{video: gone.mp4, orientation: image}}}}", "{video", "`gone.mp4` is not there"),
        (f"{{id: a, {MOVED}, motion: {{video: still.png, orientation: image}}}}", "{video", "`still.png`: "),
        (f"{{id: a, {MOVED}, motion: {{video: clip.mp4, orientation: image}}}}", "{video", "from 340 to 3850 pixels"),
        (
            f"{{id: a, {MOVED}, motion: {{video: dance.mp4, orientation: image}}}}",
            "{video",
            "lasts 3.25 s, the shot 5 s",
        ),
        ("{id: a, footage: list.mp4}", "list.mp4", "`list.mp4`: it is not an MP4, MOV, MKV or WebM clip"),
        ("{id: a, footage: gone.mp4}", "gone.mp4", "`gone.mp4` is not there"),
        ("{id: a, card: {image: page.jpg}}", "{image", "`page.jpg` is not a JPEG, PNG or WebP image"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_where_it_is_named(shot: str, at: str, says: str, folder: Path) -> None:
    (problem,) = problems(folder, f"shots:\n  - {shot}\n")
    assert says in problem.message
    assert (problem.where.line, problem.where.column, problem.code) == (3, 5 + shot.index(at), "file")


def test_files_that_can_be_sent(folder: Path) -> None:
    text = f"""shots:
  - {{id: a, {SEEDANCE}, prompt: x, references: [still.png, tall.png]}}
  - {{id: b, {MOVED}, duration: 4s, motion: {{video: dance.mp4, orientation: image}}}}
outputs: {{film: {{file: tall.png.mp4}}}}
"""
    assert problems(folder, text) == []


@pytest.mark.parametrize("name", ["dance.mp4", "still.png"])
def test_what_is_sent_is_not_written_over(name: str, folder: Path) -> None:
    (folder / "film.mp4").hardlink_to(folder / name)
    text = f"""shots:
  - {{id: b, {MOVED}, duration: 4s, motion: {{video: dance.mp4, orientation: image}}}}
outputs: {{film: {{file: film.mp4}}}}
"""
    (problem,) = problems(folder, text)
    assert "is a file that the film is made from" in problem.message


def test_a_missing_file_is_suggested(folder: Path) -> None:
    (problem,) = problems(folder, "shots: [{id: a, prompt: x, first: stil.png}]\n")
    assert problem.hint == "did you mean `still.png`?"


@pytest.mark.parametrize(("file", "says"), [("page.jpg", "is not a sound"), ("gone.wav", "is not there")])
def test_a_sound_that_cannot_be_heard_is_told(file: str, says: str, folder: Path) -> None:
    text = f"shots: [{{id: a, card: {{text: A}}}}]\nsound:\n  music: {{file: {file}}}\n"
    (problem,) = problems(folder, text)
    assert says in problem.message
    assert problem.where.line == 4


@pytest.mark.parametrize("target", ["clip.mp4", "./clip.mp4"])
def test_a_film_is_not_written_over_what_it_is_made_from(target: str, folder: Path) -> None:
    text = f"shots: [{{id: a, footage: clip.mp4}}]\noutputs:\n  film: {{file: {target}}}\n"
    (problem,) = problems(folder, text)
    assert "is a file that the film is made from" in problem.message
    assert problem.where.line == 4


def test_no_film_is_written_over_what_another_is_made_from(folder: Path) -> None:
    variants = "variants:\n  fr: {outputs: {film: {file: clip.mp4}}}\n"
    (told,) = problems(folder, f"shots: [{{id: a, footage: clip.mp4}}]\n{variants}")
    assert told.message == "another film of this storyboard is written to `clip.mp4`, which this one is made from"


def test_a_film_is_not_written_through_a_link_out_of_the_project(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "build").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    (problem,) = problems(folder, "shots: [{id: a, card: {text: A}}]\n")
    assert problem.message == "`build/film.mp4` leads out of the project"


def test_everything_wrong_is_told_in_one_run(folder: Path) -> None:
    text = """shots:
  - {id: a, prompt: x, first: gone.png}
  - {id: a, prompt: "{{ hero }}", first: still.png}
  - {id: b, footage: list.mp4, lenght: 2s}
  - {id: c, prompt: x, first: still.png, duration: 2s}
"""
    found = problems(folder, text)
    assert [(problem.where.line, problem.code) for problem in found] == [
        (3, "file"), (4, "duplicate-id"), (4, "template"), (5, "file"), (5, "unknown-field"), (6, "model-duration"),
    ]  # fmt: skip


def test_letters_that_the_fonts_lack_are_told_where_they_are_written(folder: Path) -> None:
    text = """shots:
  - {id: a, card: {text: "Größe, Ωμέγα, Жизнь"}}
  - {id: b, card: {text: "日本語"}, duration: 3s, captions: [{text: fine, for: 1s}, {text: "🎬 ab", for: 1s}]}
"""
    found = problems(folder, text)
    assert [problem.path for problem in found] == ["shots[1].card.text", "shots[1].captions[1].text"]
    assert found[0].message == "the fonts have no letters for 日 本 語"
    assert found[1].where.line == 4


LAID = """looks: {dawn: {lut: dawn.cube}}
lut: film.cube
captions: en.srt
overlays: [{image: dot.png, for: 1s}]
shots:
  - {id: a, footage: clip.mp4, look: dawn, overlays: [{image: still.png}], narration: voice.wav}
  - {id: b, footage: {shot: a}, speed: 0.5, freeze: {at: 0s, for: 1s}}
outputs: {film: {captions: sidecar, poster: {shot: b}}}
"""


@pytest.fixture
def laid(folder: Path) -> Path:
    """The project with what a film's picture goes through and what is laid over it."""
    table = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))
    for name in ("dawn.cube", "film.cube"):
        (folder / name).write_text(table)
    (folder / "en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nThe thaw begins\n")
    Image.new("RGBA", (8, 8), (255, 0, 0, 128)).save(folder / "dot.png")
    sound = ["-f", "lavfi", "-i", "sine=d=1"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *sound, str(folder / "voice.wav")], check=True)
    return folder


def test_whatever_a_film_goes_through_can_be_used(laid: Path) -> None:
    assert problems(laid, LAID) == []


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("dawn.cube", 2, "`dawn.cube` is not there"),
        ("film.cube", 3, "`film.cube` is not there"),
        ("en.srt", 4, "`en.srt` is not there"),
        ("dot.png", 5, "`dot.png` is not there"),
        ("still.png", 7, "`still.png` is not there"),
        ("voice.wav", 7, "`voice.wav` is not there"),
        ("clip.mp4", 7, "`clip.mp4` is not there"),
    ],
)
def test_what_is_missing_is_told_where_it_is_named(name: str, line: int, says: str, laid: Path) -> None:
    (laid / name).unlink()
    (problem,) = problems(laid, LAID)
    assert (problem.where.line, problem.code) == (line, "file")
    assert says in problem.message


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("dawn.cube", 2, "`dawn.cube`: it is no .cube table"),
        ("dot.png", 5, "`dot.png` is not a JPEG, PNG or WebP image"),
        ("voice.wav", 7, "`voice.wav`: it is not"),
    ],
)
def test_what_is_not_what_it_should_be_is_told(name: str, line: int, says: str, laid: Path) -> None:
    (laid / name).write_text("# nothing of the kind\n")
    (problem,) = problems(laid, LAID)
    assert (problem.where.line, problem.code) == (line, "file")
    assert says in problem.message


def test_a_look_that_many_shots_have_is_told_once(laid: Path) -> None:
    (laid / "dawn.cube").unlink()
    text = "looks: {dawn: {lut: dawn.cube}}\ndefaults: {look: dawn}\nshots:\n"
    text += "".join(f"  - {{id: s{index}, footage: clip.mp4}}\n" for index in range(3))
    (problem,) = problems(laid, text)
    assert problem.where.line == 2


def test_a_line_of_subtitles_that_is_wrong_is_told_in_its_own_file(laid: Path) -> None:
    (laid / "en.srt").write_text("1\n00:00:01 -> 00:00:02\nThe thaw\n")
    (problem,) = problems(laid, LAID)
    assert (problem.where.file, problem.where.line) == (str(laid / "en.srt"), 2)


@pytest.mark.parametrize("name", ["film.srt", "film.vtt", "film.jpg"])
def test_what_lies_beside_a_film_is_not_written_over_anything(name: str, laid: Path) -> None:
    (laid / name).write_text("mine")
    (problem,) = problems(laid, LAID.replace("{captions: sidecar", "{file: film.mp4, captions: sidecar"))
    assert problem.message == f"`{name}` is there already, and is none of the films made here"


def test_subtitles_are_not_written_over_themselves(laid: Path) -> None:
    (laid / "build").mkdir()
    (laid / "en.srt").rename(laid / "build" / "film.srt")
    (problem,) = problems(laid, LAID.replace("en.srt", "build/film.srt"))
    assert problem.message == "`build/film.srt` is a file that the film is made from"


def test_a_cut_of_a_take_that_is_used_again_is_measured(laid: Path) -> None:
    (problem,) = problems(laid, LAID.replace("speed: 0.5, freeze: {at: 0s, for: 1s}", "in: 100s"))
    assert (problem.where.line, problem.code) == (8, "cut")


def test_an_overlay_that_comes_after_the_films_end_is_told(laid: Path) -> None:
    (problem,) = problems(laid, LAID.replace("dot.png, for", "dot.png, at: 90s, for"))
    assert (problem.where.line, problem.code) == (5, "overlay")


@pytest.mark.parametrize(
    ("track", "at", "says"),
    [
        ("{file: voice.wav, in: 1.5s}", "voice", "lasts 1 s: from 1.5s on, nothing of it is heard"),
        ("{file: voice.wav, in: 1s}", "voice", "lasts 1 s: from 1s on, nothing of it is heard"),
        ("{file: voice.wav, out: 1.2s}", "voice", "lasts 1 s, and `out` is 1.2s"),
        ("{file: voice.wav, at: 3s}", "voice", "this track would begin at 3 s, and the film ends at 2 s"),
        ("{file: voice.wav, at: {shot: a, offset: 48f}}", "voice", "this track would begin at 2 s"),
        ("{file: voice.wav, in: 0.5s, out: 1.04s, at: 1.9s}", "", ""),
    ],
)
def test_a_sound_that_nobody_would_hear_is_told(laid: Path, track: str, at: str, says: str) -> None:
    found = problems(laid, f"shots: [{{id: a, card: {{text: A}}, duration: 2s}}]\nsound:\n  tracks:\n  - {track}\n")
    assert [(one.where.line, one.where.column) for one in found] == ([(5, track.index(at) + 5)] if at else [])
    assert all(says in one.message for one in found)


def test_a_sound_is_measured_once_for_as_long_as_its_bytes_are_the_same(laid: Path, tmp_path: Path) -> None:
    file, home, cards = laid / "voice.wav", tmp_path / "home", "shots: [{id: a, card: {text: A}, duration: 2s}]\n"
    (laid / "film.yaml").write_text(f"storyboard: 1\n{cards}sound: {{music: {{file: voice.wav, out: 2s}}}}\n")
    project = open_project(str(laid / "film.yaml"))

    def said() -> list[str]:
        return [one.message for one in examine(project, cache=project.cache(home))[1]]

    assert said() == ["`voice.wav` lasts 1 s, and `out` is 2s"]
    state, data = file.stat(), file.read_bytes()
    file.write_bytes(bytes(len(data)))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert said() == ["`voice.wav` lasts 1 s, and `out` is 2s"], "it is not even opened"
    file.touch()
    assert said() == ["`voice.wav`: it is not a sound that is known here"]
    (laid / "copy.wav").write_bytes(data)
    (laid / "copy.wav").replace(file)
    assert said() == ["`voice.wav` lasts 1 s, and `out` is 2s"]


def test_what_is_done_to_odd_footage_is_told_once_where_it_is_named(laid: Path) -> None:
    odd = ("-f", "lavfi", "-i", "testsrc=s=64x36:r=24:d=0.5", "-vf", "setsar=4/3", "-c:v", "libx264")
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *odd, str(laid / "wide.mp4")], check=True)
    rows = ["{id: a, footage: clip.mp4}", "{id: b, footage: wide.mp4}", "{id: c, footage: wide.mp4, length: 0.2s}"]
    (laid / "film.yaml").write_text("storyboard: 1\nshots:\n" + "".join(f"  - {row}\n" for row in rows))
    told: list[Event] = []
    assert examine(open_project(str(laid / "film.yaml")), watch=told.append)[1] == []
    text = "`wide.mp4`: its pixels are not square: it is shown as 86x36"
    assert told == [Said(text, where=Where(str(laid / "film.yaml"), 4, 22))]


def test_what_is_wrong_in_one_output_alone_names_it(laid: Path) -> None:
    """Three seconds of film are more than the clip has, where its frames keep their number at another rate."""
    text = "shots: [{id: a, footage: dance.mp4, length: 3s}]\noutputs: {film: {}, fast: {fps: 50, conform: speed}}\n"
    (problem,) = problems(laid, text)
    assert problem.message == "the cut of `a` ends 72 frames after the end of its clip, in output `fast`"
