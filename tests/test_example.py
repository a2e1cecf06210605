"""The example film, rendered once by the command in a copy of its folder with an empty home: is it what it says?

Its takes have their full size, its film a sixteenth of the pixels: `.ci/run` makes it as large as it is.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
import yaml
from PIL import Image

from storyboard.stills import crop_box
from tests.conftest import EXAMPLES, Done
from tests.gateway.local.calling import compare

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@dataclass(frozen=True)
class Rendered:
    """A rendered copy of the example."""

    folder: Path
    environment: dict[str, str]
    said: Done

    def run(self, *args: str) -> Done:
        """Run a command in the same home."""
        command = [sys.executable, "-m", "storyboard", *args]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    @property
    def film(self) -> Path:
        """The film."""
        return self.folder / "build" / "first-light.mp4"

    def take(self, shot: str) -> Path:
        """The take of a shot."""
        rows = {one["id"]: one for one in json.loads(self.said.out)["shots"]}
        return next(Path(self.environment["STORYBOARD_HOME"]).rglob(f"{rows[shot]['take']}.mp4"))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The example, rendered as a user does, with nothing in the environment that could help."""
    home = tmp_path_factory.mktemp("home")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "STORYBOARD_HOME": str(home / "store")}
    return clone(tmp_path_factory.mktemp("clone") / "first-light", environment)


def clone(folder: Path, environment: dict[str, str]) -> Rendered:
    """A clone of the example, rendered: the same shots, takes and cut, and a film of a sixteenth of the pixels."""
    shutil.copytree(EXAMPLES / "first-light", folder, ignore=shutil.ignore_patterns("build", ".storyboard", "*.sums"))
    file = folder / "film.yaml"
    text = file.read_text("utf-8")
    assert text.count("size: 1280x720") == 1
    file.write_text(text.replace("size: 1280x720", "size: 320x180"), "utf-8")
    said = Rendered(folder, environment, Done(0, "", "")).run("render", str(file), "--json")
    return Rendered(folder, environment, said)


def stills() -> list[tuple[str, str, str]]:
    """Shot, end, still: for every still of the example."""
    text = (EXAMPLES / "first-light" / "film.yaml").read_text("utf-8")
    shots = [shot for scene in yaml.safe_load(text)["scenes"] for shot in scene["shots"]]
    return [
        (shot["id"], end, shot[end]) for shot in shots for end in ("first", "last") if isinstance(shot.get(end), str)
    ]


def test_it_is_rendered_and_says_once_that_it_is_an_animatic(rendered: Rendered) -> None:
    assert rendered.said.code == 0, rendered.said.err
    assert rendered.said.err.count("This film is an animatic") == 1
    assert "real footage needs AI_GATEWAY_API_KEY" in rendered.said.err
    assert json.loads(rendered.said.out)["spent"] == "0.00"


def test_it_shows_what_a_storyboard_can_do() -> None:
    value: dict[str, Any] = yaml.safe_load((EXAMPLES / "first-light" / "film.yaml").read_text("utf-8"))
    shots = [shot for scene in value["scenes"] for shot in scene["shots"]]
    kinds = {
        value["defaults"]["transition"]["type"],
        *(shot["transition"]["type"] for shot in shots if "transition" in shot),
    }
    assert len(shots) >= 6
    assert sum(isinstance(shot.get("first"), str) and isinstance(shot.get("last"), str) for shot in shots) >= 2
    assert any("first" in shot and "last" not in shot for shot in shots)
    assert any(isinstance(shot.get("first"), dict) for shot in shots)
    assert any("card" in shot for shot in shots)
    assert len(kinds) >= 3
    assert any("{{" in shot.get("prompt", "") for shot in shots)
    assert any("captions" in shot for shot in shots)
    assert value["sound"]["music"]
    assert value["defaults"]["audio"] is True


def test_it_decodes_without_one_error(rendered: Rendered) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "warning", "-xerror", "-err_detect", "explode"]
    done = subprocess.run(
        [*command, "-i", str(rendered.film), "-f", "null", "-"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_it_has_exactly_the_frames_of_its_timeline(rendered: Rendered) -> None:
    (film,) = json.loads(rendered.said.out)["films"]
    with av.open(str(rendered.film)) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]  # type: ignore[operator]
    # 3 + 5 + 5 + 5 + 4 + 5 + 5 seconds; the chained cut skips a frame; overlaps of 1 + 0.75 + 0.75 + 0.75 + 1 seconds
    assert len(times) == film["frames"] == 32 * 24 - 1 - round(4.25 * 24)
    assert times == [Fraction(index, 24) for index in range(len(times))]
    assert 25 <= len(times) / 24 <= 40


def test_it_is_tagged_and_starts_fast(rendered: Rendered) -> None:
    with av.open(str(rendered.film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, str(video.average_rate)) == (320, 180, "24")
        assert video.codec_context.pix_fmt == "yuv420p"
        context = video.codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48000, 2)
        assert container.metadata["title"] == "First light"
    head = rendered.film.read_bytes()[:200_000]
    assert head.index(b"moov") < head.index(b"mdat")


def test_its_sound_goes_to_the_end(rendered: Rendered) -> None:
    with av.open(str(rendered.film)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    sound = np.concatenate(blocks, axis=1).astype(np.float64)
    length = json.loads(rendered.said.out)["films"][0]["seconds"]
    assert abs(sound.shape[1] / 48000 - length) <= 1024 / 48000
    level = [
        float(np.sqrt(np.mean(sound[:, second * 48000 : (second + 1) * 48000] ** 2))) for second in range(int(length))
    ]
    assert min(level) > 0.001
    assert 0.02 < max(level) < 0.5


@cache
def ends(clip: Path) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...]:
    """The first and the last frame of a clip, in greys."""
    with av.open(str(clip)) as container:
        frames = container.decode(video=0)
        first = last = next(frames)
        for frame in frames:
            last = frame
    return tuple(frame.to_ndarray(format="gray").astype(np.float64) for frame in (first, last))


@pytest.mark.parametrize(("shot", "end", "still"), stills(), ids=lambda value: str(value).split("/")[-1])
def test_every_shot_begins_and_ends_on_its_stills(shot: str, end: str, still: str, rendered: Rendered) -> None:
    shown = ends(rendered.take(shot))[end == "last"]
    focus = (5000, 4000) if shot == "seeds" else (5000, 5000)
    with Image.open(EXAMPLES / "first-light" / still) as image:
        box = crop_box(image.size, (1280, 720), focus)
        wanted = image.convert("RGB").resize((1280, 720), Image.Resampling.LANCZOS, box=box).convert("L")
    assert compare(shown, np.asarray(wanted, dtype=np.float64)) > 0.6


def test_a_shot_that_goes_on_begins_where_the_other_ended(rendered: Rendered) -> None:
    assert compare(ends(rendered.take("pass"))[0], ends(rendered.take("ridge"))[1]) > 0.9


def test_again_nothing_is_sent_and_nothing_is_encoded(rendered: Rendered) -> None:
    code = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event in ('subprocess.Popen', 'socket.connect', 'os.posix_spawn', 'os.fork'): raise SystemExit(event)\n"
        "sys.addaudithook(hook)\n"
        "from storyboard.cli.main import run\n"
        f"sys.exit(run(['render', {str(rendered.folder / 'film.yaml')!r}]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=rendered.environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("unchanged  ")
    assert "build/first-light.mp4  27.7 s, 665 frames" in done.stderr


def test_the_draft_shares_the_takes_and_shows_slates(rendered: Rendered) -> None:
    done = rendered.run("render", "--draft", str(rendered.folder / "film.yaml"), "--json")
    assert done.code == 0, done.err
    assert "animatic" not in done.err  # nothing is drawn again
    title, shot = (
        np.abs(grey(rendered.film, frame) - grey(rendered.film.with_suffix(".draft.mp4"), frame)) for frame in (40, 150)
    )
    assert shot[170:].mean() > 4 * shot[25:140].mean()  # the band along the bottom
    assert title[170:, :225].mean() < 2  # a card is no animatic: it has the timecode alone
    assert title[170:, 275:].mean() > 4


def grey(film: Path, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """One frame of a film."""
    with av.open(str(film)) as container:
        return next(itertools.islice(container.decode(video=0), index, None)).to_ndarray(format="gray").astype(np.int64)


def test_a_clone_elsewhere_gives_the_same_film(rendered: Rendered, tmp_path: Path) -> None:
    done = clone(tmp_path / "другой клон", {**rendered.environment, "LC_ALL": "C", "TZ": "Asia/Kathmandu"}).said
    assert done.code == 0, done.err
    assert "segments were there" not in done.err
    mine, theirs = (json.loads(one.out)["films"][0]["sha256"] for one in (done, rendered.said))
    assert mine == theirs


def test_its_pictures_have_credits() -> None:
    for folder in ("first-light", "small-things"):
        credited = (EXAMPLES / folder / "stills" / "CREDITS.md").read_text("utf-8")
        for still in (EXAMPLES / folder / "stills").glob("*.jpg"):
            assert still.name in credited
            with Image.open(io.BytesIO(still.read_bytes())) as image:
                assert max(image.size) <= 1920
