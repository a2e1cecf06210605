"""The edit of a film: for each of its outputs, what every shot is cut from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from storyboard.assembler import media
from storyboard.assembler.assemble import Job
from storyboard.assembler.encoders import encoder_of
from storyboard.assembler.segments import Extras
from storyboard.assembler.timeline import build_timeline
from storyboard.examine import source_of, subtitles_of
from storyboard.planner.take import Facts, Take
from storyboard.production import Production
from storyboard.spec.model import Output, Storyboard


@dataclass(frozen=True, slots=True)
class Edit:
    """Which films of a storyboard are cut, and from which takes."""

    storyboard: Storyboard
    outputs: tuple[Output, ...]
    draft: bool = False
    """Whether it is a quick film, with slate lines on animatics and the timecode running along."""
    expected: Mapping[str, Facts] = field(default_factory=dict)
    """What shots without a take will probably measure: their place in the film is kept for them."""


def jobs(production: Production, edit: Edit, takes: Mapping[str, Take]) -> Iterator[Job]:
    """How to make each output. What is the same for all of them is looked at once."""
    storyboard = edit.storyboard
    clips = _clips(production, edit, takes)
    cards = {shot.card.image for shot in storyboard.shots if shot.card and shot.card.image}
    images = {image: production.card_picture(image) for image in sorted(cards)}
    sounds = {sound.file: production.digest(sound.file) for sound in storyboard.mix.sounds}
    slates = _slates(storyboard, takes) if edit.draft else {}
    subtitles = subtitles_of(production.project, storyboard)
    extras = Extras(images=images, slates=slates, draft=edit.draft, subtitles=subtitles)
    for output in edit.outputs:
        sources = {shot.id: source_of(shot, output, storyboard.rate, clips.get(shot.id)) for shot in storyboard.shots}
        target = production.project.target(output.file)
        yield Job(
            storyboard=storyboard,
            output=output,
            timeline=build_timeline(storyboard, output, sources),
            target=target.with_suffix(".draft.mp4") if edit.draft else target,
            extras=extras,
            sounds=sounds,
            locate=production.locate,
            encoder=encoder_of(output, draft=edit.draft),
        )


def _clips(production: Production, edit: Edit, takes: Mapping[str, Take]) -> dict[str, tuple[Facts, str]]:
    """What each shot is cut from, cards excepted."""
    clips: dict[str, tuple[Facts, str]] = {}
    for shot in edit.storyboard.shots:
        if shot.footage:
            digest = production.digest(shot.footage)
            clips[shot.id] = media.roll_of(production.locate(digest), digest, production.cache).facts, digest
        elif take := takes.get(shot.id):
            clips[shot.id] = take.facts, take.sha256
        elif facts := edit.expected.get(shot.id):
            clips[shot.id] = facts, ""
    return clips | {shot.id: clips[shot.reuse] for shot in edit.storyboard.shots if shot.reuse in clips}


def _slates(storyboard: Storyboard, takes: Mapping[str, Take]) -> dict[str, str]:
    """The slate line of every shot that is an animatic: its id, and the beginning of its prompt."""
    lines = {}
    for shot in storyboard.shots:
        take = takes.get(shot.id)
        if shot.order and take and take.gateway == "local":
            prompt = " ".join(shot.order.prompt.split())
            lines[shot.id] = f"{shot.id}  ·  {prompt[:90]}{'…' if len(prompt) > 90 else ''}"
    return lines
