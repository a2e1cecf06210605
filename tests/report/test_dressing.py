"""Small pictures show what the film shows: tried against the film itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from storyboard.foresight import Options
from storyboard.progress import unwatched
from storyboard.render import render
from storyboard.report.dressing import Dress
from storyboard.report.looks import frame_of, grade_of, look_at_shots
from storyboard.report.survey import Survey, surveying
from storyboard.settings import settings_for
from storyboard.store.project import open_project
from tests.media import run

WARM = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g / 2} {b / 4}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))
DULL = "LUT_3D_SIZE 2\n" + "".join(f"{r * 0.8} {g * 0.8} {b * 0.8}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))
SHOTS = {
    "plain": "", "mirrored": "flip: horizontal", "over": "flip: vertical", "near": "scale: 2.5, focus: [0.2, 0.8]",
    "warm": "look: warm", "barred": "fit: contain", "soft": "fit: blur", "close": "fit: contain, scale: 1.2",
    "all": "fit: contain, scale: 3, focus: [0.9, 0.1], flip: horizontal, look: warm",
}  # fmt: skip


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    """A film of one still picture, shown in every way, and cut."""
    folder = tmp_path_factory.mktemp("dressed")
    run("-f", "lavfi", "-i", "testsrc=s=320x240:r=24:d=0.05", "-frames:v", "1", str(folder / "a.png"))
    run("-loop", "1", "-framerate", "24", "-t", "0.25", "-i", str(folder / "a.png"), "-pix_fmt", "yuv420p",
        "-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709", str(folder / "a.mp4"))  # fmt: skip
    (folder / "warm.cube").write_text(WARM)
    (folder / "dull.cube").write_text(DULL)
    rows = "\n".join(f"  - {{id: {id_}, footage: a.mp4{', ' * bool(how)}{how}}}" for id_, how in SHOTS.items())
    rows += "\n  - {id: red, card: {background: '#ff0000'}, duration: 0.25s}"
    file = folder / "film.yaml"
    head = "storyboard: 1\nlut: dull.cube\nlooks: {warm: {lut: warm.cube}}\n"
    file.write_text(f"{head}shots:\n{rows}\noutputs: {{film: {{size: 320x180}}}}\n")
    project = open_project(str(file))
    settings = replace(settings_for(folder), home=folder / "home")
    render(project, settings, Options(), unwatched)
    with surveying(project, settings) as found:
        yield found


def test_every_way_is_as_in_the_film(survey: Survey) -> None:
    looks = look_at_shots(survey, grade_of(10))
    with av.open(str(survey.job.target)) as opened:
        images = [one.to_ndarray(format="rgb24").astype(float) for one in opened.decode(video=0)]
    far, cells = {}, {}
    for clip in survey.timeline.clips:
        look = looks[clip.shot.id]
        cell = frame_of(look, (look.frames - 1) // 2).resize((320, 180), Image.Resampling.LANCZOS)
        cells[clip.shot.id] = np.asarray(cell, float)
        far[clip.shot.id] = float(np.abs(cells[clip.shot.id] - images[clip.start + 2]).mean())
    assert {id_: round(one, 1) for id_, one in far.items() if one > 10} == {}
    for id_ in (*SHOTS, "red"):
        if id_ != "plain":
            assert np.abs(cells[id_] - cells["plain"]).mean() > 16, f"{id_} is shown as if nothing were said of it"
    assert cells["red"][90, 160, 0] == pytest.approx(204, abs=6)


def test_ends_are_as_they_were_filmed(survey: Survey) -> None:
    looks = look_at_shots(survey, grade_of(10))
    assert {(look.first.width, look.first.height) for id_, look in looks.items() if id_ != "red"} == {(320, 240)}
    assert len({look.last.data for id_, look in looks.items() if id_ != "red"}) == 1


@pytest.mark.parametrize(
    ("dress", "size", "larger"),
    [
        (Dress((1920, 1080)), (1280, 720), 1.0),
        (Dress((1080, 1920)), (1920, 1080), 256 / 81),
        (Dress((1920, 1080), scale=2), (640, 360), 2.0),
        (Dress((1920, 1080), scale=8), (640, 360), 4.0),
    ],
)
def test_what_is_enlarged_is_looked_at_in_more_pixels(dress: Dress, size: tuple[int, int], larger: float) -> None:
    assert dress.larger(size) == pytest.approx(larger)
