"""The one place that runs ffmpeg: what goes wrong there is one clear error of the right class."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

from storyboard.assembler import ffmpeg
from storyboard.errors import Refused, Transient
from storyboard.spec.transitions import XFADES
from storyboard.store.cache import Cache
from tests.media import Stage, small


def fake(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """A program in the place of ffmpeg."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ffmpeg, "binary", lambda: str(path))


def test_the_binary_is_the_one_of_the_package() -> None:
    path = Path(ffmpeg.binary())
    assert path.is_file()
    assert path.parent.parent.name == "imageio_ffmpeg"
    assert os.access(path, os.X_OK)


def test_the_toolchain_names_what_bytes_depend_on(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    said = ffmpeg.toolchain(cache)
    assert said == ffmpeg.toolchain(cache)
    assert said.startswith("ffmpeg ")
    assert "PyAV 18" in said


def test_every_transition_that_is_offered_is_one_of_ffmpeg() -> None:
    done = subprocess.run([ffmpeg.binary(), "-hide_banner", "-h", "filter=xfade"], capture_output=True, check=True)
    known = {line.split()[0] for line in done.stdout.decode().splitlines() if line.strip()}
    assert set(XFADES) <= known


def test_a_missing_binary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ffmpeg, "binary", lambda: str(tmp_path / "none"))
    with pytest.raises(Refused, match="ffmpeg cannot be run: No such file") as caught:
        ffmpeg.run("-version")
    assert caught.value.hint


@pytest.mark.parametrize("folder", [None, "binaries"])
def test_a_package_without_its_binary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str | None) -> None:
    import imageio_ffmpeg

    if folder:
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(imageio_ffmpeg, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(Refused, match="missing") as caught:
        ffmpeg.binary.__wrapped__()
    assert "imageio-ffmpeg" in caught.value.hint


def test_what_may_not_be_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_bytes(b"\x00\x01 not a program")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setattr(ffmpeg, "binary", lambda: str(tmp_path / "ffmpeg"))
    with pytest.raises(Refused, match="cannot be run"):
        ffmpeg.run("-version")


def test_a_failure_says_the_last_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "echo first >&2; echo 'last: it broke' >&2; echo >&2; exit 3")
    with pytest.raises(Refused, match="ffmpeg failed: last: it broke") as caught:
        ffmpeg.run("x")
    assert caught.value.exit_code == 1


def test_a_silent_failure_says_its_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "exit 69")
    with pytest.raises(Refused, match="exit code 69"):
        ffmpeg.run("x")


def test_a_real_failure(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ffmpeg failed: .*No such file"):
        ffmpeg.run("-hide_banner", "-i", str(tmp_path / "none.mp4"), "-f", "null", "-")


def test_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "kill -9 $$")
    with pytest.raises(Transient, match="signal 9") as caught:
        ffmpeg.run("x")
    assert caught.value.exit_code == 4


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228")
    with pytest.raises(Transient, match="no space"):
        ffmpeg.run("x")


def test_one_that_does_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ffmpeg, "TIME_LIMIT", 0.2)
    fake(monkeypatch, tmp_path, "exec sleep 20")
    begun = time.monotonic()
    with pytest.raises(Transient, match="did not finish"):
        ffmpeg.run("x")
    assert time.monotonic() - begun < 5


def test_one_that_says_a_great_deal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "yes 'a line that is written over and over' | head -c 3000000 >&2; exit 1")
    with pytest.raises(Refused) as caught:
        ffmpeg.run("x")
    assert len(caught.value.message) <= 500


def test_it_hears_nothing_and_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "secret")
    fake(monkeypatch, tmp_path, f"env > '{tmp_path}/env'; cat > '{tmp_path}/stdin'")
    ffmpeg.run("x", fonts=tmp_path / "fonts.conf")
    said = (tmp_path / "env").read_text("utf-8")
    assert "secret" not in said
    assert f"FONTCONFIG_FILE={tmp_path / 'fonts.conf'}" in said
    assert (tmp_path / "stdin").read_bytes() == b""


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "exit 0"])
def test_a_film_that_fails_leaves_nothing_unfinished(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, tmp_path: Path, script: str
) -> None:
    job_text = f"{small()}shots: [{{id: a, footage: low.mp4, captions: [{{text: T, for: 1s}}]}}]"
    stage.job(job_text)
    fake(monkeypatch, tmp_path, script)
    with pytest.raises((Refused, Transient)):
        stage.film(job_text)
    left = [path for path in stage.folder.rglob("*") if path.suffix in (".part", ".tmp", ".words", ".f32")]
    assert left == []
    assert not list((stage.cache.folder / "segments").rglob("*.mp4"))
    assert not (stage.folder / "build" / "film.mp4").exists()
