"""Bought takes handed to an editor: named by their numbers, others beside them, and never moved."""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from storyboard.export.hand_off import HandedOff, Wish, hand_off
from storyboard.progress import unwatched
from storyboard.retakes import Wanted, retake
from tests.paid.sets import ALL, PAIR, Set


@pytest.fixture
def shot(one: Set) -> Set:
    """A film of two shots, the first one with three takes, of which the first is circled."""
    one.write(*PAIR)
    retake(one.project, one.settings(), Wanted("a", 3, terms=ALL), one.events.append)
    retake(one.project, one.settings(), Wanted("b", 1, terms=ALL), one.events.append)
    return one


def export(one: Set, to: str, folder: Path, **more: object) -> HandedOff:
    """An export without a key: nothing can be ordered."""
    return hand_off(one.project, one.settings(key=False), Wish(to, folder, **more), unwatched)  # type: ignore[arg-type]


def test_takes_are_named_by_their_numbers_and_linked(shot: Set, tmp_path: Path) -> None:
    done = export(shot, "edl", tmp_path / "out")
    assert names(tmp_path / "out") == {"010_a_t01.mp4", "020_b_t01.mp4"}
    take = shot.clip(shot.lock.shots["a"].circled)
    assert (tmp_path / "out" / "media" / "010_a_t01.mp4").samefile(take)
    assert done.linked == 2
    assert "take 1: klingai/" in done.timelines[0].read_text()
    shot.write(PAIR[0].replace("One.", "Another."), PAIR[1])
    done = export(shot, "otio", tmp_path / "out")
    assert "made for an earlier text of this shot" in done.cut.pieces[0].marks[0].text
    assert len(shot.gateway.ledger.charges) == 4, "nothing is ordered for an export"


def test_further_takes_come_along(shot: Set, tmp_path: Path) -> None:
    takes = {take.sha256: shot.clip(take.sha256) for take in shot.lock.takes}
    timeline = otio.adapters.read_from_file(str(brought(shot, "otio", tmp_path)))
    assert sorted(timeline.video_tracks()[0][0].media_references()) == ["010_a_t02", "010_a_t03", "DEFAULT_MEDIA"]
    (audition,) = ElementTree.parse(brought(shot, "fcpxml", tmp_path)).iter("audition")
    assert [clip.get("name") for clip in audition] == ["010_a_t01.mp4", "010_a_t02.mp4", "010_a_t03.mp4"]
    bin_ = ElementTree.parse(brought(shot, "fcp7", tmp_path)).iter("clip")
    assert [one.findtext("name") for one in bin_] == ["010_a_t02.mp4", "010_a_t03.mp4"]
    for digest, path in takes.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def brought(one: Set, to: str, folder: Path) -> Path:
    """The timeline of an export with every take, as copies."""
    done = export(one, to, folder / to, takes=True, copy=True)
    assert (done.linked, done.copied) == (0, 4)
    assert names(folder / to) == {"010_a_t01.mp4", "010_a_t02.mp4", "010_a_t03.mp4", "020_b_t01.mp4"}
    stored = [one.clip(take.sha256) for take in one.lock.takes]
    assert not any(path.samefile(take) for path in (folder / to / "media").iterdir() for take in stored)
    return done.timelines[0]


def names(folder: Path) -> set[str]:
    """The media of an export."""
    return {path.name for path in (folder / "media").iterdir()}
