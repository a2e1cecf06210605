"""Whole renders by the command, as a user runs it. The example's own film is in `test_example.py`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.conftest import EXAMPLES, Run, run_command
from tests.media import run


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy_small_things(folder: Path) -> Path:
    """The vertical example, to be rendered elsewhere; its storyboard."""
    ignored = shutil.ignore_patterns("build", ".storyboard", "*.sums")
    return Path(shutil.copytree(EXAMPLES / "small-things", folder, ignore=ignored)) / "film.yaml"


def wait_for_the_last_of(group: int) -> None:
    """Wait until no process of a group is left; one that does not go is a failure."""
    deadline = time.monotonic() + 60
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.05)
        pytest.fail("a process of the render lives on")


def no_leftovers(folder: Path) -> None:
    assert [path for path in folder.rglob("*") if path.suffix in (".part", ".tmp", ".words")] == []


def test_a_film_of_cards_needs_no_gateway(cards: Path, storyboard: Run) -> None:
    done = storyboard("render", str(cards), "--json")
    assert done.code == 0, done.err
    assert "animatic" not in done.err
    value = json.loads(done.out)
    film = cards.parent / "build" / "film.mp4"
    assert value["outcome"] == "rendered"
    assert value["spent"] == "0.00"
    told = {"name": "film", "file": "build/film.mp4", "sha256": sha256(film), "frames": 36, "seconds": 1.5}
    assert value["films"] == [{**told, "provenance": "build/film.provenance.json", "signed": None}]
    assert (cards.parent / "film.sums").read_text().splitlines()[-1] == f"{sha256(film)}  build/film.mp4"
    no_leftovers(cards.parent)


def test_nothing_changed_is_said_and_nothing_is_done(cards: Path, storyboard: Run) -> None:
    storyboard("render", str(cards))
    film = cards.parent / "build" / "film.mp4"
    before = film.stat().st_mtime_ns, (cards.parent / "film.sums").stat().st_mtime_ns
    code = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event in ('subprocess.Popen', 'socket.connect', 'os.exec', 'os.posix_spawn'): raise SystemExit(event)\n"
        "sys.addaudithook(hook)\n"
        "from storyboard.cli.main import run\n"
        f"sys.exit(run(['render', {str(cards)!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "build/film.mp4  1.5 s, 36 frames" in done.stderr
    assert done.stderr.startswith("unchanged  ")
    assert (film.stat().st_mtime_ns, (cards.parent / "film.sums").stat().st_mtime_ns) == before


def test_an_edit_encodes_what_it_touches(cards: Path, storyboard: Run) -> None:
    storyboard("render", str(cards))
    cards.write_text(cards.read_text().replace("Two,", "Three,"))
    done = storyboard("render", str(cards))
    assert "1 of 3 segments were there" in done.err  # the transition shows both cards


def test_a_film_that_was_deleted_is_joined_again(cards: Path, storyboard: Run) -> None:
    storyboard("render", str(cards))
    film = cards.parent / "build" / "film.mp4"
    before = sha256(film)
    film.unlink()
    done = storyboard("render", str(cards))
    assert "3 of 3 segments were there" in done.err
    assert sha256(film) == before


def test_a_film_that_somebody_changed_is_made_again(cards: Path, storyboard: Run) -> None:
    storyboard("render", str(cards))
    film = cards.parent / "build" / "film.mp4"
    before = sha256(film)
    film.write_bytes(film.read_bytes()[:-1])
    assert storyboard("render", str(cards)).code == 0
    assert sha256(film) == before


def test_another_folder_locale_and_time_zone_give_the_same_bytes(cards: Path, tmp_path: Path, storyboard: Run) -> None:
    storyboard("render", str(cards))
    other = tmp_path / "ein Ordner: [mit] 'Zeichen', ä;b" / "film"
    other.mkdir(parents=True)
    (other / "film.yaml").write_text(cards.read_text())
    done = run_command("render", "film.yaml", cwd=other, TZ="Pacific/Auckland", LC_ALL="C", HOME=str(tmp_path / "h2"))
    assert done.code == 0, done.err
    assert sha256(other / "build" / "film.mp4") == sha256(cards.parent / "build" / "film.mp4")


def test_several_outputs_in_one_run_and_one_of_them_alone(cards: Path, storyboard: Run) -> None:
    cards.write_text(cards.read_text() + "  tall: {file: build/tall.mp4, size: 90x160, fps: 30000/1001}\n")
    done = storyboard("render", str(cards), "--json")
    films = {film["name"]: film for film in json.loads(done.out)["films"]}
    assert films["film"]["frames"] == 36
    assert films["tall"]["frames"] == 45
    with av.open(str(cards.parent / "build" / "tall.mp4")) as container:
        assert str(container.streams.video[0].average_rate) == "30000/1001"
    (cards.parent / "build" / "tall.mp4").unlink()
    assert storyboard("render", str(cards), "--output", "film").code == 0
    assert not (cards.parent / "build" / "tall.mp4").exists()
    assert len((cards.parent / "film.sums").read_text().splitlines()) == 4
    assert storyboard("render", str(cards), "--output", "wide").code == 2


def test_a_draft_stands_beside_the_film_and_in_no_record(cards: Path, storyboard: Run) -> None:
    assert storyboard("render", "--draft", str(cards)).code == 0
    assert (cards.parent / "build" / "film.draft.mp4").exists()
    assert not (cards.parent / "build" / "film.mp4").exists()
    assert not (cards.parent / "film.sums").exists()


def test_a_wrong_storyboard_is_1_with_its_lines_and_no_film(cards: Path, storyboard: Run) -> None:
    cards.write_text(cards.read_text().replace("duration: 1s}", "duration: 1}"))
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "film.yaml:5:67: error[duration]: 1 has no unit" in done.err
    assert "hint: write 1s for seconds or 1f for frames" in done.err
    assert "Traceback" not in done.err
    assert not (cards.parent / "build").exists()


def test_a_transition_that_does_not_fit_says_by_how_many_frames(cards: Path, storyboard: Run) -> None:
    cards.write_text(cards.read_text().replace("0.5s", "1.25s"))
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "`one` is 6 frames too short: its transition needs 1.25 s of it" in done.err


def test_the_length_of_the_film_is_held_to_the_frame(cards: Path, storyboard: Run) -> None:
    cards.write_text(cards.read_text().replace("title: Cards\n", "title: Cards\nlength: 35f\n"))
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "the cut is 1 frame longer than `length: 35f`" in done.err


def test_a_folder_in_the_films_place_is_a_located_problem(cards: Path, storyboard: Run) -> None:
    (cards.parent / "build" / "film.mp4").mkdir(parents=True)
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "`build/film.mp4` is not a plain file" in done.err


def test_a_file_in_the_folders_place_is_one_sentence(cards: Path, storyboard: Run) -> None:
    (cards.parent / "build").write_text("in the way")
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "`film.mp4` cannot be written in" in done.err
    assert "Traceback" not in done.err
    no_leftovers(cards.parent)


LONG = "storyboard: 1\nshots: [{id: one, footage: long.mp4}]\noutputs: {film: {size: 1280x720}}\n"


@pytest.mark.parametrize(
    ("says", "begun", "how"),
    [("shooting", "scratch/*/*.part", signal.SIGINT), ("film: 0 of", "film/.storyboard/**/*.part", signal.SIGTERM)],
    ids=["drawing", "cutting"],
)
def test_a_render_that_is_stopped_leaves_nothing_half_done(
    says: str, begun: str, how: signal.Signals, tmp_path: Path
) -> None:
    film, said = copy_small_things(tmp_path / "film"), tmp_path / "said"
    if says != "shooting":
        film.write_text(LONG)
        run(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=24",
            "-t",
            "40",
            "-preset",
            "ultrafast",
            str(film.parent / "long.mp4"),
        )
    (tmp_path / "scratch").mkdir()
    with said.open("w") as errors:
        started = subprocess.Popen(
            [sys.executable, "-m", "storyboard", "render", str(film)],
            env={**os.environ, "TMPDIR": str(tmp_path / "scratch")}, stderr=errors, start_new_session=True,
        )  # fmt: skip
    while says not in said.read_text() or not any(tmp_path.glob(begun)):
        assert started.poll() is None, said.read_text()
        time.sleep(0.01)
    os.killpg(started.pid, how)  # as a terminal does: every process of the render gets it
    assert started.wait(60) == 130, said.read_text()
    assert "stopped; what was made is kept, and the same command goes on\n" in said.read_text()
    assert "Traceback" not in said.read_text()
    wait_for_the_last_of(started.pid)
    no_leftovers(tmp_path)
    assert list((tmp_path / "scratch").glob("storyboard*")) == []


def test_the_vertical_example(tmp_path: Path) -> None:
    done = run_command("render", str(copy_small_things(tmp_path / "film")), "--json")
    assert done.code == 0, done.err
    with av.open(str(tmp_path / "film" / "build" / "small-things.mp4")) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.frames) == (720, 1280, 264)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this system does not let a test mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_4_and_the_next_run_goes_on(cards: Path, small_disk: Path) -> None:
    film = small_disk / "film.yaml"
    film.write_text(cards.read_text().replace("160x90", "1280x720"))
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (940 * 1024))
    done = run_command("render", str(film))
    assert done.code == 4, done.err
    assert "no space is left on the disk" in done.err
    assert "Traceback" not in done.err
    assert not (small_disk / "build" / "film.mp4").exists()
    no_leftovers(small_disk)
    filler.unlink()
    assert run_command("render", str(film)).code == 0


def test_a_folder_that_may_not_be_written_is_one_sentence(cards: Path, small_disk: Path) -> None:
    film = small_disk / "film.yaml"
    film.write_text(cards.read_text())
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run_command("render", str(film))
    assert done.code == 1
    assert "cannot be written in" in done.err
    assert "read-only file system" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [(("duration: 1s}", "duration: 1}"), 1, "1 has no unit"), (("title: Cards", "title: {}"), 1, "must be text")],
)
def test_a_failure_is_an_object_too_where_one_is_asked_for(
    change: tuple[str, str], code: int, says: str, cards: Path, storyboard: Run
) -> None:
    cards.write_text(cards.read_text().replace(*change))
    for command in ("render", "plan", "status"):
        done = storyboard(command, "--json", str(cards))
        value = json.loads(done.out)
        assert done.code == value["exit_code"] == code
        assert value["outcome"] == "failed"
        assert says in value["problems"][0]["message"]
    missing = storyboard("render", "--json", "nowhere.yaml")
    assert json.loads(missing.out)["errors"][0]["message"] == "`nowhere.yaml` is not there"
    assert missing.code == 2


def test_a_caption_that_would_never_be_seen_is_a_problem(cards: Path, storyboard: Run) -> None:
    late = cards.read_text().replace("duration: 1s}", "duration: 1s, captions: [{text: Late, at: 4s, for: 1s}]}")
    cards.write_text(late)
    done = storyboard("validate", str(cards))
    assert done.code == 1
    assert "error[caption]: this caption would begin 3 s after `two` has ended" in done.out


def test_one_mistake_is_told_once_whatever_the_outputs(cards: Path, storyboard: Run) -> None:
    cards.write_text(cards.read_text().replace("0.5s", "3s") + "  tall: {size: 90x160, fps: 30000/1001}\n")
    done = storyboard("validate", str(cards))
    assert done.out.count("error[cut]") == 2  # each of the two shots is too short for it
