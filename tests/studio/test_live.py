"""The page follows its file, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.media import run as run_ffmpeg
from tests.studio.conftest import FILM, Visitor, at_home, visiting


def test_a_save_is_followed_and_the_last_good_film_stays(studio: Visitor, film: Path) -> None:
    assert len(studio.pictured()) == 3
    film.write_text(FILM.replace("duration: 2s", "duration: 4s"))
    longer = studio.state(lambda state: state["film"]["length"] == "5.5 s")
    assert longer["film"]["shots"][0]["width"] > 0.7
    film.write_text(FILM.replace("duration: 2s", "duration: two"))
    wrong = studio.state(lambda state: state["problems"])
    assert wrong["film"] == longer["film"]
    problem = wrong["problems"][0]
    assert (problem["file"], problem["line"]) == (str(film), 7)
    assert {"number": 7, "text": "    duration: two       # all of it"} in problem["source"]
    assert problem["hint"]
    film.unlink()
    gone = studio.state(lambda state: state["gone"])
    assert gone["film"] == longer["film"]
    assert "is not there" in gone["gone"]["message"]
    swapped = film.with_name("new.yaml")
    swapped.write_text(FILM)
    swapped.replace(film)
    back = studio.state(lambda state: not state["gone"] and state["film"]["length"] == "3.5 s")
    assert back["problems"] == []


def test_what_it_is_made_of_is_followed_too(film: Path, studio: Visitor) -> None:
    film.write_text(FILM.replace("card: {text: Three}", "card: {image: end.png}"))
    assert "end.png" in studio.state(lambda state: state["problems"])["problems"][0]["message"]
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=640x360", "-frames:v", "1", str(film.parent / "end.png"))
    studio.state(lambda state: not state["problems"])
    red = studio.pictured()[2]["reel"]
    run_ffmpeg("-y", "-f", "lavfi", "-i", "color=blue:s=640x360", "-frames:v", "1", str(film.parent / "end.png"))
    studio.hear(lambda kind, value: kind == "pictures" and value[0][1]["reel"] != red)
    assert studio.get(studio.pictured()[2]["reel"]).status_code == 200


def test_the_draft_is_drawn_free_and_a_part_of_it_can_be_fetched(film: Path, tmp_path: Path) -> None:
    with visiting(film, at_home(tmp_path / "home")) as studio:
        shown = studio.state(lambda state: state["film"] and state["film"]["film"])["film"]["film"]
        assert (shown["kind"], shown["in_step"]) == ("draft", True)
        assert (film.parent / "build" / "film.draft.mp4").is_file()
        assert not (film.parent / "film.lock").exists()
        part = studio.get(shown["url"], range="bytes=4-7")
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert part.headers["content-type"] == "video/mp4"
        film.write_text(FILM.replace("Two,", "Zwei,"))
        again = studio.state(
            lambda state: state["film"]["film"]["url"] != shown["url"] and not state["film"]["film"]["older"]
        )
        assert again["film"]["shots"][1]["words"] == "Zwei"


def test_ctrl_c_ends_it_at_once(film: Path, tmp_path: Path) -> None:
    env = {**os.environ, "STORYBOARD_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "storyboard", "studio", str(film), "--no-open", "--read-only"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        told = running.stderr.readline()
        assert "http://127.0.0.1:" in told
        import httpx

        address = told.split()[-1]
        with httpx.stream("GET", f"{address}events") as answer:
            assert next(answer.iter_text()).startswith(": here")
            running.send_signal(signal.SIGINT)
            assert running.wait(20) in (0, 130)
        assert "Traceback" not in running.stderr.read()
