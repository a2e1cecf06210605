"""A film of all that there is: a card, bought shots of which one came with credentials, footage, a sound, a logo."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from storyboard.testing import FakeGateway
from storyboard.testing.clips import clip_of
from storyboard.testing.ledger import Charge
from tests.conftest import forget_settings
from tests.media import tone, write_sound
from tests.paid.sets import Set
from tests.paid.shelf import OPEN
from tests.provenance.papers import Papers, credentialed, issue

SHOTS = (
    "{id: t, card: {text: Title}, duration: 1s, transition: {type: dissolve, duration: 0.5s}}",
    "{id: a, first: plain.png, prompt: 'One: {{ hero }}.', negative: text, out: 2s}",
    "{id: b, first: {shot: a, frame: last}, prompt: Two.}",
    "{id: c, footage: takes/clip.mp4, in: 1s, speed: 2}",
    "{id: again, footage: {shot: a}, in: 1s, out: 2s, reverse: true}",
)
HEAD = """\
title: Shelf
provenance: {sign: development}
vars: {hero: a fox}
overlays: [{image: logo.png, width: 10%}]
sound: {tracks: [{file: tone.wav, role: effects, at: 1s}]}
"""


@dataclass(frozen=True, slots=True)
class Filmed:
    """A rendered set, and what its provider signs with."""

    set: Set
    provider: Papers
    kept: Path

    def take(self) -> Set:
        """The set as it was when its film had been rendered."""
        for one in (self.set.folder, self.set.home):
            shutil.rmtree(one, ignore_errors=True)
            shutil.copytree(self.kept / one.name, one)
        self.set.events.clear()
        return self.set


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filmed]:
    """The film, rendered and signed with a development certificate."""
    folder, provider = tmp_path_factory.mktemp("provenance"), issue()

    def draw(charge: Charge) -> bytes:
        clip = clip_of(charge)
        return credentialed(clip, provider) if "fox" in charge.prompt else clip

    gateway = FakeGateway(folder / "gateway", height=72, draw=draw)
    with pytest.MonkeyPatch.context() as monkeypatch, gateway.serve() as base:
        forget_settings(monkeypatch)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        one = Set(folder / "film", gateway, base, folder / "home")
        one.write(*SHOTS, head=HEAD)
        Image.new("RGBA", (32, 32), "white").save(one.folder / "logo.png")
        write_sound(one.folder / "tone.wav", tone(440, 1.0))
        (one.folder / "takes").mkdir()
        (one.folder / "takes" / "clip.mp4").write_bytes(clip_of(CLIP))
        one.render(OPEN)
        for path in (one.folder, one.home):
            shutil.copytree(path, folder / "kept" / path.name)
        yield Filmed(one, provider, folder / "kept")


CLIP = Charge("job_aa", 0.0, "", "", "", "", "", Decimal(0), 4, (128, 72), audio=False)
