"""A whole export: what lies in the folder, and that it is what the film is."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import av
import numpy as np
import opentimelineio as otio
import pytest
from PIL import Image

from storyboard.assembler.subtitles import read_srt
from storyboard.cli.main import run
from storyboard.errors import Gate, Refused, Usage
from storyboard.export.hand_off import HandedOff, Wish, hand_off
from storyboard.progress import unwatched
from storyboard.settings import settings_for
from storyboard.store.project import open_project
from tests.media import Pictures, Sound, read_clock, read_sound, tone, write_clock, write_sound

FILM = """storyboard: 1
title: "Odd & <ends>"
lut: looks/warm.cube
overlays: [{image: logo.png, place: top-left, width: 25%, for: 1s}]
scenes:
  - id: one
    shots:
      - id: a
        footage: a.mp4
        freeze: {at: 12f, for: 12f}
        note: "client & co: slower"
        titles: [{text: Ridge, for: 1s, style: lower-third}]
        transition: {type: dissolve, duration: 8f}
  - id: two
    shots:
      - {id: b, footage: b.mp4, speed: 2, flip: horizontal, captions: [{text: The thaw, for: 12f}], transition: {type: wipeleft, duration: 5f}}
      - {id: c, footage: {shot: a}, reverse: true, length: 1s, transition: {type: fade, color: "#ffffff", duration: 6f}}
      - {id: end, card: {text: End}, duration: 1s}
sound:
  clips: duck
  tracks: [{file: voice.wav, role: dialogue, at: 0.5s, level: 6dB}]
  music: {file: theme.wav, loop: true, duck: -12dB, level: 9dB}
  loudness: -12
open: {fade: 6f}
outputs:
  film: {size: 160x90, captions: sidecar}
  odd: {file: build/odd.mp4, size: 160x90, fps: 25/2}
"""  # noqa: E501
CUBE = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of footage, its storyboard `film.yaml`."""
    folder = tmp_path_factory.mktemp("a project")
    write_clock(folder / "a.mp4", 1, 48, sound=tone(330, 2))
    write_clock(folder / "b.mp4", 2, 60, size=(120, 90), rate=30, sound=tone(660, 2))
    write_sound(folder / "voice.wav", tone(500, 1, level=0.7))
    theme = tone(200, 1, level=0.1)
    theme[::12_000] = 0.9  # peaks for the limiter
    write_sound(folder / "theme.wav", theme)
    Image.new("RGBA", (40, 20), (255, 40, 0, 128)).save(folder / "logo.png")
    (folder / "looks").mkdir()
    (folder / "looks" / "warm.cube").write_text(CUBE)
    (folder / "film.yaml").write_text(FILM)
    return folder / "film.yaml"


def export(project: Path, to: str, folder: Path, **more: object) -> HandedOff:
    """Export a film in this process, with a home of its project's own."""
    settings = replace(settings_for(project.parent), home=project.parent / "home")
    return hand_off(open_project(str(project)), settings, Wish(to, folder, **more), unwatched)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fcp7(project: Path) -> HandedOff:
    """The film for Premiere."""
    return export(project, "fcp7", project.parent / "out fcp7")


@pytest.fixture(scope="module")
def fcpxml(project: Path) -> HandedOff:
    """The film for Final Cut."""
    return export(project, "fcpxml", project.parent / "out fcpxml")


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_lies_in_the_folder(project: Path, fcp7: HandedOff) -> None:
    folder = project.parent / "out fcp7"
    assert files_in(folder) == {
        ".storyboard-export.json", "film.xml", "film.srt", "film.txt", "looks/looks-warm.cube",
        "media/one_010_a.mp4", "media/one_010_a_f0012.mov", "media/two_020_b.mp4", "media/two_040_end_card.mov",
        "overlays/logo01.mov", "overlays/title01.mov",
        "sound/film_dialogue.wav", "sound/film_music.wav", "sound/film_clips.wav", "sound/film_mix.wav",
    }  # fmt: skip
    assert (folder / "media" / "one_010_a.mp4").samefile(project.parent / "a.mp4")
    assert not (folder / "looks" / "looks-warm.cube").samefile(project.parent / "looks" / "warm.cube")
    assert (fcp7.linked, fcp7.copied, fcp7.drawn) == (2, 1, 4)
    (caption,) = read_srt((folder / "film.srt").read_bytes(), "film.srt")
    assert caption.text == "The thaw"
    notes = (folder / "film.txt").read_text("utf-8")
    for words in ("01:00:00:00", "client & co: slower", "the whole film has the look looks/looks-warm.cube",
                  "! flipped: horizontal; it has 30 frames a second, the film 24", "one_010_a_f0012.mov"):  # fmt: skip
        assert words in notes


def test_the_stems_add_up_to_the_mix(project: Path, fcp7: HandedOff) -> None:
    folder = project.parent / "out fcp7"
    stems = [read_wave(folder / stem.file) for stem in fcp7.cut.stems]
    mix = read_wave(folder / "sound" / "film_mix.wav")
    assert len(mix) == fcp7.cut.frames * 2000
    assert all(len(stem) == len(mix) for stem in stems)
    assert np.abs(mix).max() > 0.7, "the limiter has something to do"
    rest = sum(stems) - mix
    assert 20 * np.log10(np.sqrt(np.mean(rest**2)) / np.sqrt(np.mean(mix**2))) < -100
    assert 20 * np.log10(np.abs(rest).max()) < -100
    for stem in stems:
        assert np.sqrt(np.mean(stem**2)) > 0.001, "a stem is silent"


def read_wave(path: Path) -> Sound:
    """A stem as it was written, and that it knows when it begins."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("pcm_f32le", 48_000, 2)
        assert container.metadata["time_reference"] == str(3600 * 48_000)
    return read_sound(path)


def test_what_lies_over_the_picture_is_transparent(project: Path, fcp7: HandedOff) -> None:
    folder = project.parent / "out fcp7"
    for name, lit in (("logo01", (slice(0, 24), slice(8, 48))), ("title01", (slice(60, 90), slice(0, 80)))):
        with av.open(str(folder / "overlays" / f"{name}.mov")) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.codec_tag == "ap4h"
            frames = [frame.to_ndarray(format="rgba") for frame in container.decode(stream)]
        assert len(frames) == 24
        middle = frames[12]
        assert middle[lit][..., 3].max() >= 127, name
        assert middle[45:50, 100:, 3].max() == 0, "nothing stands there"
    red, green, blue, alpha = frames[12][frames[12][..., 3] > 250].mean(axis=0)
    assert min(red, green) > 150, (red, green, blue, alpha)


def test_cards_and_stills_have_handles(project: Path, fcp7: HandedOff) -> None:
    folder = project.parent / "out fcp7"
    card, still = (folder / "media" / name for name in ("two_040_end_card.mov", "one_010_a_f0012.mov"))
    assert len(decoded(card)) == 24 + 48
    pictures = decoded(still)
    assert len(pictures) == 24 + 12 + 24
    assert {read_clock(picture) for picture in pictures} == {(1, 12)}


def decoded(path: Path) -> list[Pictures]:
    """The luma of every frame of a film of ten bits."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(np.uint8) for frame in container.decode(video=0)]


def test_the_sheet_of_premiere_finds_its_media(fcp7: HandedOff) -> None:
    root = ElementTree.parse(fcp7.timelines[0]).getroot()
    paths = [unquote(urlsplit(str(one.text)).path) for one in root.iter("pathurl")]
    assert {Path(path).name for path in paths} >= {"one_010_a.mp4", "title01.mov", "film_music.wav"}
    assert all(Path(path).is_file() for path in paths)
    ids = [one.get("id") for one in root.iter("clipitem")]
    assert len(ids) == len(set(ids))
    assert {one.text for one in root.iter("linkclipref")} <= set(ids)
    wipe = next(one for one in root.iter("transitionitem") if one.findtext("effect/effectid") == "Edge Wipe")
    assert (wipe.findtext("effect/wipecode"), wipe.findtext("effect/reverse")) == ("1", "TRUE")
    color = next(one for one in root.iter("parameter") if one.findtext("parameterid") == "dipcolor")
    assert [color.findtext(f"value/{part}") for part in ("red", "green", "blue")] == ["255"] * 3


# FCPXML, by the rules of its document type

ORDER = {
    "fcpxml": ("resources", "library"),
    "asset": ("media-rep",),
    "sequence": ("spine",),
    "transition": ("filter-video",),
    "asset-clip": ("note", "conform-rate", "timeMap", "adjust-conform", "asset-clip title", "marker"),
    "gap": ("asset-clip title", "marker"),
    "title": ("param", "text", "text-style-def"),
    "audition": ("asset-clip",),
    "timeMap": ("timept",),
}
"""The children that are written, in the order that Apple's document type has them in."""
NEEDED = {
    "format": {"id", "frameDuration", "width", "height"}, "asset": {"id", "duration"}, "effect": {"id", "uid"},
    "media-rep": {"src"}, "sequence": {"format", "duration", "tcStart", "tcFormat"}, "asset-clip": {"ref"},
    "transition": {"offset", "duration"}, "title": {"ref", "duration"}, "gap": {"duration"},
    "marker": {"start", "value"}, "timept": {"time", "value"}, "filter-video": {"ref"},
}  # fmt: skip


def test_the_document_of_final_cut_keeps_its_rules(fcpxml: HandedOff) -> None:
    check_document(fcpxml.timelines[0])


def check_document(path: Path) -> None:
    """Order of children, needed attributes, references, files, and lanes of what is connected."""
    root = ElementTree.parse(path).getroot()
    assert root.get("version") == "1.10"
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        assert NEEDED.get(element.tag, set()) <= element.attrib.keys(), element.tag
        if element.tag in ORDER:
            places = [[child.tag in names.split() for names in ORDER[element.tag]].index(True) for child in element]
            assert places == sorted(places), (element.tag, [child.tag for child in element])
        assert element.get("ref") in (None, *ids)
        assert element.get("format") in (None, *ids)
        for child in element if element.tag in ("asset-clip", "gap") else ():
            assert child.tag not in ("asset-clip", "title") or int(child.get("lane", "0")), "connected without a lane"
    for media in root.iter("media-rep"):
        assert Path(unquote(urlsplit(media.get("src", "")).path)).is_file()
    for one, two in pairwise(next(root.iter("spine"))):
        assert {one.tag, two.tag} != {"transition"}


def test_titles_are_titles_where_they_can_be(project: Path, fcpxml: HandedOff) -> None:
    root = ElementTree.parse(fcpxml.timelines[0]).getroot()
    (title,) = root.iter("title")
    assert "".join(title.itertext()).strip() == "Ridge"
    assert not (project.parent / "out fcpxml" / "overlays" / "title01.mov").exists()
    roles = {one.get("audioRole") for one in root.iter("asset-clip")} - {None}
    assert roles == {"dialogue", "music", "effects.clips"}
    marks = {one.get("value"): one.get("note", "") for one in root.iter("marker")}
    assert marks["a"] == "client & co: slower"
    assert "wipeleft of 5 frames" in marks["transition"] or "#ffffff" in marks["transition"]


def test_the_same_export_twice_is_the_same_bytes(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = export(project, "otio", folder)
    before = {name: (folder / name).read_bytes() for name in files_in(folder) - {".storyboard-export.json"}}
    export(project, "otio", folder)
    assert before == {name: (folder / name).read_bytes() for name in files_in(folder) - {".storyboard-export.json"}}
    timeline = otio.adapters.read_from_file(str(first.timelines[0]))
    assert [track.name for track in timeline.tracks] == ["V1", "V2", "V3", "A1 dialogue", "A2 music", "A3 clips"]
    assert timeline.duration() == otio.opentime.RationalTime(first.cut.frames, 24)


# What has no take


WITHOUT = """storyboard: 1
shots:
  - {id: a, footage: a.mp4, length: 12f}
  - {id: b, prompt: A ridge., model: klingai/kling-v2.5-turbo-t2v, duration: 5s}
outputs: {film: {size: 160x90}}
"""


@pytest.fixture
def without(project: Path) -> Path:
    """A film with a shot that has no take."""
    file = project.parent / "without.yaml"
    file.write_text(WITHOUT)
    return file


def test_a_shot_without_a_take_stops_the_export(without: Path, tmp_path: Path) -> None:
    with pytest.raises(Gate, match=r"^b has no take$") as caught:
        export(without, "edl", tmp_path / "out")
    assert "--gaps" in caught.value.hint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ["fcpxml", "fcp7", "otio", "edl"])
def test_a_gap_is_as_long_as_the_shot_and_marked(without: Path, tmp_path: Path, to: str) -> None:
    done = export(without, to, tmp_path / "out", gaps=True)
    assert done.cut.frames == 12 + 120
    assert done.missing == ("b",)
    text = done.timelines[0].read_text("utf-8")
    assert "`b` has no take yet" in text
    if to == "fcpxml":
        check_document(done.timelines[0])


# What is refused


def test_a_rate_that_a_format_does_not_know(project: Path, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="`--to edl` knows whole rates") as caught:
        export(project, "edl", tmp_path / "out", output="odd")
    assert "--to fcpxml" in caught.value.hint
    with pytest.raises(Usage, match="there is no output `wide`"):
        export(project, "edl", tmp_path / "out", output="wide")


def test_without_the_library_it_says_what_to_type(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(Refused, match="OpenTimelineIO is not installed") as caught:
        export(project, "otio", tmp_path / "out")
    assert "storyboard-render[otio]" in caught.value.hint


def test_the_command(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(project), str(tmp_path / "out"), "--to", "edl", "--start", "10:00:00:00", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["start"] == "10:00:00:00"
    assert [Path(one).name for one in told["timelines"]] == ["film.edl", "film.v2.edl", "film.v3.edl"]
    assert Fraction(told["rate"]) == 24
    assert {one["shot"] for one in told["remarks"]} == {"a", "b", "c", "end"}
    assert run(["export", str(project), str(project.parent), "--to", "edl"]) == 2
    assert "holds files that no export wrote" in capsys.readouterr().err
