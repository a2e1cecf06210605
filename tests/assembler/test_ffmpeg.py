"""The one place that runs ffmpeg: what goes wrong there is one clear error of the right class."""

from __future__ import annotations

import os
import platform
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from storyboard.assembler import child, ffmpeg
from storyboard.errors import Interrupted, Refused, Transient
from storyboard.progress import Event
from storyboard.spec.transitions import XFADES
from storyboard.store.cache import Cache
from tests.media import Stage, assembled, small


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
    assert platform.libc_ver()[1] in said
    assert platform.mac_ver()[0] in said


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


def test_a_failure_says_the_last_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "echo first >&2; echo 'last: it broke' >&2; echo >&2; exit 3")
    with pytest.raises(Refused, match="ffmpeg failed: first; last: it broke") as caught:
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
    monkeypatch.setattr(child, "STILL", 0.2)
    fake(monkeypatch, tmp_path, "exec sleep 3600")
    with pytest.raises(Transient, match="stood still and was stopped"):
        ffmpeg.run("x")


def test_one_that_works_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It uses the processor, so it is given time; but not for ever."""
    monkeypatch.setattr(child, "STILL", 0.5)
    monkeypatch.setattr(child, "ENDLESS", 1.0)
    fake(monkeypatch, tmp_path, "while :; do :; done")
    with pytest.raises(Transient, match="stood still"):
        ffmpeg.run("x")


def test_work_before_the_first_frame_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Frames that are decoded and thrown away are told of nowhere; only the processor shows them."""
    monkeypatch.setattr(child, "STILL", 0.6)
    picture = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=400")
    wanted = ("-vf", "gblur=sigma=3,trim=start_frame=700,setpts=N", "-frames:v", "1", "-f", "null", "-")
    ffmpeg.run(*ffmpeg.QUIET, *picture, *wanted)


@pytest.mark.skipif(sys.platform != "linux", reason="one way to ask is `ps`, the other is /proc")
def test_the_processor_time_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["/bin/sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo; sleep 30"],
                          stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout
        process.stdout.readline()
        used = child.processor_seconds(process.pid)
        process.kill()
    assert used > 0.05
    assert child.processor_seconds(process.pid) == 0.0  # it is gone, and nobody can say


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="there is no ps here")
def test_the_processor_time_as_ps_tells_it() -> None:
    used = sum(os.times()[:2])
    assert child._told_by_ps(os.getpid()) == pytest.approx(used, abs=2)
    assert child._told_by_ps(1 << 22) == 0.0


# What is told while it works


def test_frames_are_counted_while_they_are_made(tmp_path: Path) -> None:
    told: list[int] = []
    picture = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4")
    ffmpeg.run(*ffmpeg.QUIET, *picture, "-c:v", "libx264", str(tmp_path / "a.mp4"), progress=told.append)
    assert told[-1] == 100
    assert told == sorted(set(told))


def test_what_ffmpeg_writes_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("-f", "lavfi", "-i", "color=white:s=16x8", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    assert ffmpeg.read(*ffmpeg.QUIET, *command) == b"\xff" * 128
    monkeypatch.setattr(ffmpeg, "LARGEST_ANSWER", 100)
    with pytest.raises(Refused, match="more to say than fits"):
        ffmpeg.read(*ffmpeg.QUIET, *command)


# What it says when it fails


def test_a_failure_names_no_folder_and_sends_no_control_signs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clip = tmp_path / "my clips" / "red\x1b[2Jfox.mp4"
    lines = f"[mov @ 0x55aa12] {clip}: bad\\r\\nError in '/tmp/x/.words.ab/lines.ass': none\\nConversion failed!"
    fake(monkeypatch, tmp_path, f'printf "{lines}\\n" >&2; exit 1')
    with pytest.raises(Refused) as caught:
        ffmpeg.run("-i", str(clip))
    assert caught.value.message == "ffmpeg failed: [mov] red [2Jfox.mp4: bad; Error in 'lines.ass': none"


def test_too_little_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path, "echo 'Error: Cannot allocate memory' >&2; exit 244")
    with pytest.raises(Transient, match="too little memory"):
        ffmpeg.run("x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_disk_that_is_really_full() -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2")
    with pytest.raises(Transient, match="no space is left") as caught:
        ffmpeg.run(*ffmpeg.QUIET, *picture, "-f", "rawvideo", "/dev/full")
    assert caught.value.exit_code == 4


# What is stopped with it


LONG = ("-re", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=25", "-f", "null", "-")
"""An ffmpeg that runs until somebody stops it."""


def children(group: int) -> set[int]:
    """The processes of a group, its leader left out; those that are dead and not buried too."""
    told = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, check=True).stdout.decode()
    rows = [line.split() for line in told.splitlines()]
    return {int(pid) for pid, leader, state in rows if int(leader) == group and int(pid) != group and state[0] != "Z"}


def wait_for(what: Callable[[], object], seconds: float = 60) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return bool(what())


def test_a_real_one_that_is_stopped_is_found_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a disk hangs: it neither works nor ends."""
    monkeypatch.setattr(child, "STILL", 0.5)
    group = child._guard.group()

    def stop() -> None:
        wait_for(lambda: children(group))
        for pid in children(group):
            os.kill(pid, signal.SIGSTOP)

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Transient, match="stood still"):
        ffmpeg.run(*ffmpeg.QUIET, *LONG)
    thread.join()
    assert children(group) == set()


def test_one_that_waits_for_its_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(child, "STILL", 0.5)
    os.mkfifo(tmp_path / "clip.mp4")
    with pytest.raises(Transient, match="stood still"):
        ffmpeg.run(*ffmpeg.QUIET, *ffmpeg.reading(tmp_path / "clip.mp4", "mov"), "-f", "null", "-")


def test_an_exception_stops_all_that_runs_in_threads_and_what_waits() -> None:
    group = child._guard.group()
    work: list[Future[None]] = []
    with pytest.raises(KeyboardInterrupt), child.workers(2) as pool:  # noqa: PT012 - what is stopped must run
        work += [pool.submit(ffmpeg.run, *ffmpeg.QUIET, *LONG) for _ in range(5)]
        assert wait_for(lambda: len(children(group)) == 2)
        raise KeyboardInterrupt
    assert children(group) == set()
    assert sum(one.cancelled() for one in work) == 3
    assert [type(one.exception()) for one in work if not one.cancelled()] == [Interrupted] * 2


def test_threads_that_end_well_are_waited_for(tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=1")
    with child.workers(2) as pool:
        for name in "abc":
            pool.submit(ffmpeg.run, *ffmpeg.QUIET, *picture, str(tmp_path / f"{name}.mp4"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4", "c.mp4"]
    ffmpeg.run(*ffmpeg.QUIET, *picture, "-f", "null", "-")  # and another may run when they are over


def test_a_film_that_is_interrupted_stops_at_once_and_the_next_run_makes_it(stage: Stage) -> None:
    """Ctrl-C while large pictures are encoded: nothing runs on, nothing is left unfinished, nothing is in the way."""
    text = f"{small(size='1920x1080')}shots: [{{id: a, footage: r24.mp4, length: 4s}}, {{id: b, footage: r25.mp4}}]"
    group = child._guard.group()

    def interrupt(_: Event) -> None:
        assert wait_for(lambda: children(group))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assembled(stage.job(text), stage.cache, interrupt)
    assert children(group) == set()
    assert len(list(stage.folder.rglob("segments/**/*.mp4"))) < 5, "what ran was stopped"
    assert [path for path in stage.folder.rglob("*") if path.suffix in (".part", ".words")] == []
    assert not (stage.folder / "build" / "film.mp4").exists()
    assert stage.film(f"{small()}shots: [{{id: a, footage: r24.mp4, length: 1s}}]").frames == 24


PARENT = """
import sys
from storyboard.assembler import child, ffmpeg
print(child._guard.group(), flush=True)
with child.workers(3) as pool:
    for work in [pool.submit(ffmpeg.run, *ffmpeg.QUIET, *sys.argv[1:]) for _ in range(3)]:
        work.result()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_none_outlives_its_parent(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *LONG], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout
        group = int(parent.stdout.readline())
        assert wait_for(lambda: len(children(group)) == 3)
        parent.send_signal(number)
        assert wait_for(lambda: not children(group), 3)
        assert parent.wait(5) != 0
    assert wait_for(lambda: not group_lives(group))


def group_lives(group: int) -> bool:
    """Whether anything is left of a process group; the dead who wait for their burial do not count."""
    told = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, check=True).stdout.decode()
    return any(int(line.split()[0]) == group and line.split()[1][0] != "Z" for line in told.splitlines())


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_has_a_guard_of_its_own() -> None:
    """A process that was forked neither keeps the first one's guard alive nor uses it."""
    group = child._guard.group()
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, b"%d" % child._guard.group())
            ffmpeg.run(*ffmpeg.QUIET, "-f", "lavfi", "-i", "testsrc2=s=64x36:d=0.2", "-f", "null", "-")
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        other = int(pipe.read())
    os.waitpid(pid, 0)
    assert other != group
    assert wait_for(lambda: not group_lives(other))
    assert child._guard.group() == group


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
