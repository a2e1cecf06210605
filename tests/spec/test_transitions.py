from __future__ import annotations

import re
import subprocess

import imageio_ffmpeg

from storyboard.spec.transitions import TRANSITIONS, XFADES

OURS = {"fade", "dissolve", "custom"}
"""What ffmpeg means by these is something else, or a program of its own."""


def test_the_names_are_those_of_the_pinned_ffmpeg() -> None:
    binary = imageio_ffmpeg.get_ffmpeg_exe()
    text = subprocess.run(
        [binary, "-hide_banner", "-h", "filter=xfade"], capture_output=True, text=True, check=True
    ).stdout
    block = text[text.index("transition ") : text.index("duration ")]
    names = set(re.findall(r"^     ([a-z]+) +-?\d+ ", block, re.MULTILINE))
    assert names >= OURS
    assert set(XFADES) == names - OURS


def test_each_name_stands_once() -> None:
    assert len(set(TRANSITIONS)) == len(TRANSITIONS)
    assert TRANSITIONS[:3] == ("cut", "dissolve", "fade")
