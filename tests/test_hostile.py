"""A repository that somebody else wrote: what it ships does not run and is not believed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from storyboard.store.cache import Cache
from tests.conftest import EXAMPLES, Run, run_command
from tests.fake_gateway import draw_clip
from tests.test_render import sha256

SHOT = """\
storyboard: 1
shots:
  - {id: a, first: still.jpg, prompt: Push in., duration: 3s}
outputs: {film: {size: 160x90}}
"""


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A project of one generated shot."""
    shutil.copy(EXAMPLES / "first-light" / "stills" / "autumn-ridge.jpg", tmp_path / "still.jpg")
    (tmp_path / "film.yaml").write_text(SHOT)
    return tmp_path


def test_no_file_of_the_project_runs(shot: Path, storyboard: Run) -> None:
    """Neither the modules in its folder, nor what its .env would preload, nor a program of ffmpeg's name."""
    ran = shot / "ran"
    for name in ("multiprocessing", "pickle", "signal", "moviepy", "numpy", "sitecustomize"):
        (shot / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write({name!r})\n")
    report = shot / "report"
    (shot / ".env").write_text(
        f"FFREPORT=file={report}:level=32\nFFMPEG_BINARY={shot / 'ffmpeg'}\nIMAGEIO_FFMPEG_EXE=x\n"
    )
    (shot / "ffmpeg").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (shot / "ffmpeg").chmod(0o755)
    command = Path(sys.executable).with_name("storyboard")
    done = run_program(str(command), "render", "film.yaml", cwd=shot)
    assert done == 0
    assert not ran.exists()
    assert not report.exists()


def run_program(*command: str, cwd: Path) -> int:
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode


def test_dotenv_is_kept_from_reading_the_folders_above_an_installation(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CANARY=1\n")
    code = (
        "import os; from storyboard.gateway.local import drawing; import dotenv;"
        "assert os.environ['PYTHON_DOTENV_DISABLED'] == '1';"
        "dotenv.load_dotenv('.env'); assert 'CANARY' not in os.environ"
    )
    assert run_program(sys.executable, "-c", code, cwd=tmp_path) == 0


def test_a_shipped_cache_is_not_believed(cards: Path, tmp_path: Path, storyboard: Run) -> None:
    storyboard("render", str(cards))
    honest = sha256(cards.parent / "build" / "film.mp4")
    hostile = tmp_path / "hostile"
    shutil.copytree(cards.parent, hostile)
    caches = list((hostile / ".storyboard" / "cache").iterdir())
    assert [cache.name != "v1" for cache in caches] == [True]
    for segment in caches[0].rglob("segments/**/*.mp4"):
        segment.write_bytes(b"hostile")
    shutil.copytree(caches[0], caches[0].with_name("v1"))  # where one without an owner would look
    (hostile / "build" / "film.mp4").write_bytes(b"hostile")
    done = run_command("render", str(hostile / "film.yaml"), STORYBOARD_HOME=str(tmp_path / "another user"))
    assert done.code == 0, done.err
    assert "segments were there" not in done.err
    assert sha256(hostile / "build" / "film.mp4") == honest


def test_one_flipped_byte_in_any_entry_of_the_cache_changes_no_film(shot: Path, storyboard: Run) -> None:
    text = SHOT.replace("prompt: Push in.,", "prompt: Push in., audio: true,")
    (shot / "film.yaml").write_text(text)
    assert storyboard("render", str(shot / "film.yaml")).code == 0
    honest = sha256(shot / "build" / "film.mp4")
    kinds = ("segments", "mixes", "sounds", "stills")
    for kind in kinds:
        entries = [path for path in (shot / ".storyboard").rglob(f"{kind}/*/*") if path.suffix != ".sha256"]
        assert entries, kind
        for entry in entries:
            data = bytearray(entry.read_bytes())
            data[len(data) // 2] ^= 1
            entry.write_bytes(data)
        for memory in (shot / ".storyboard").rglob("films/*/*"):
            memory.unlink()
        (shot / "build" / "film.mp4").unlink()
        assert storyboard("render", str(shot / "film.yaml")).code == 0
        assert sha256(shot / "build" / "film.mp4") == honest, kind


@pytest.mark.parametrize(("name", "code"), [("storyboard.toml", 2), ("film.sums", 1)])
def test_a_pipe_is_never_waited_for(name: str, code: int, cards: Path, storyboard: Run) -> None:
    os.mkfifo(cards.parent / name)
    done = storyboard("render", str(cards))
    assert done.code == code
    assert f"`{name}` is not a file" in done.err


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("storyboard.toml", b"a = " + b"[" * 100_000),
        ("storyboard.toml", b"a = " + b"9" * 5_000),
        ("storyboard.toml", b"\xff\xfe"),
        ("film.sums", b"\xff\xfe\x00"),
    ],
)
def test_no_file_of_the_project_makes_us_stumble(name: str, data: bytes, cards: Path, storyboard: Run) -> None:
    (cards.parent / name).write_bytes(data)
    done = storyboard("render", str(cards))
    assert "mistake in storyboard" not in done.err
    assert "Traceback" not in done.err


def test_a_film_is_not_written_over_what_storyboard_did_not_make(cards: Path, storyboard: Run) -> None:
    holiday = cards.parent / "holiday.mp4"
    holiday.write_bytes(draw_clip(cards.parent))
    before = sha256(holiday)
    cards.write_text(cards.read_text().replace("film: {size", "film: {file: holiday.mp4, size"))
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "`holiday.mp4` is there already, and is none of the films made here" in done.err
    assert sha256(holiday) == before
    holiday.unlink()
    assert storyboard("render", str(cards)).code == 0
    cards.write_text(cards.read_text().replace("Two,", "Three,"))
    assert storyboard("render", str(cards)).code == 0  # this one is ours


def test_a_hard_link_to_a_source_is_the_source(cards: Path, storyboard: Run) -> None:
    clip = cards.parent / "clip.mp4"
    clip.write_bytes(draw_clip(cards.parent))
    (cards.parent / "build").mkdir()
    os.link(clip, cards.parent / "build" / "film.mp4")
    cards.write_text("storyboard: 1\nshots: [{id: a, footage: clip.mp4}]\noutputs: {film: {size: 160x90}}\n")
    done = storyboard("render", str(cards))
    assert done.code == 1
    assert "is a file that the film is made from" in done.err


@pytest.mark.parametrize(("name", "kind"), [("picture.jpg", "PNG"), ("picture.png", "JPEG"), ("picture.exr", "PNG")])
def test_a_cards_picture_is_what_it_is_whatever_its_name(name: str, kind: str, cards: Path, storyboard: Run) -> None:
    Image.new("RGB", (640, 360), "#204080").save(cards.parent / name, kind)
    cards.write_text(cards.read_text().replace("card: {text: One}", f"card: {{image: {name}}}"))
    done = storyboard("render", str(cards))
    assert done.code == 0, done.err


@pytest.mark.parametrize("name", ["film.sums", "film.txt", "film"])
def test_a_storyboard_is_called_yaml(name: str, cards: Path, storyboard: Run) -> None:
    cards.rename(cards.parent / name)
    done = storyboard("render", str(cards.parent / name))
    assert done.code == 2
    assert "its name ends in .yaml" in done.err


def test_no_name_drives_the_terminal(tmp_path: Path, storyboard: Run) -> None:
    folder = tmp_path / "\x1b[31m\x9b2J\u202e[red]"
    folder.mkdir()
    (folder / "film.yaml").write_text(
        'storyboard: 1\nshots: [{id: "a\\n", card: {text: A}}]\ninclude: ["\\u009b31m.yaml"]\n'
    )
    done = storyboard("validate", str(folder / "film.yaml"))
    assert done.code == 1
    assert all(char.isprintable() or char == "\n" for char in done.out + done.err)
    assert "error[slug]" in done.out
    (folder / "film.yaml").write_text(
        "storyboard: 1\nshots: [{id: a, card: {text: A}}]\noutputs: {film: {size: 160x90}}\n"
    )
    done = storyboard("render", str(folder / "film.yaml"))
    assert done.code == 0, done.err
    assert all(char.isprintable() or char == "\n" for char in done.out + done.err)
    assert "[red]" in done.err


def test_init_does_not_follow_a_link(tmp_path: Path, storyboard: Run) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "stills").symlink_to(tmp_path / "out")
    done = storyboard("init", str(tmp_path / "new"))
    assert done.code == 2
    assert "leads out of" in done.err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_port_in_use_is_a_usage_error(storyboard: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = storyboard("gateway", "--port", str(taken.getsockname()[1]))
    assert done.code == 2
    assert "take another: --port N" in done.err


def test_the_cache_takes_no_entry_from_a_link(tmp_path: Path) -> None:
    """An entry is held to the digest that stands beside it: a link to a private picture has another."""
    cache = Cache(tmp_path / ".storyboard", "me")
    with cache.making("stills", "ab", ".jpg") as temp:
        temp.write_bytes(b"honest")
    private = tmp_path / "private.jpg"
    private.write_bytes(b"secret")
    entry = cache.path("stills", "ab", ".jpg")
    entry.unlink()
    entry.symlink_to(private)
    assert cache.find("stills", "ab", ".jpg") is None
