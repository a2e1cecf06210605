"""The edit of a film: for each of its outputs, what every shot is cut from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storyboard import stills
from storyboard.assembler import media
from storyboard.assembler.assemble import Job
from storyboard.assembler.cube import MAX_BYTES
from storyboard.assembler.encoders import encoder_of
from storyboard.assembler.lut import ready_table
from storyboard.assembler.segments import Extras
from storyboard.assembler.timeline import build_timeline
from storyboard.examine import source_of, subtitles_of
from storyboard.planner.take import Facts, Take
from storyboard.production import Production
from storyboard.spec.model import Output, Storyboard
from storyboard.store import files
from storyboard.store.cache import key_of


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
    sounds = {sound.file: production.digest(sound.file) for sound in storyboard.mix.sounds}
    slates = _slates(storyboard, takes) if edit.draft else {}
    subtitles = subtitles_of(production.project, storyboard)
    extras = Extras(
        images=_images(production, storyboard), luts=_tables(production, storyboard), slates=slates, draft=edit.draft,
        subtitles=subtitles,
    )  # fmt: skip
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
    for shot in edit.storyboard.every:
        if shot.footage:
            digest = production.digest(shot.footage)
            clips[shot.id] = media.roll_of(production.locate(digest), digest, production.cache).facts, digest
        elif take := takes.get(shot.id):
            clips[shot.id] = take.facts, take.sha256
        elif facts := edit.expected.get(shot.id):
            clips[shot.id] = facts, ""
    return clips | {shot.id: clips[shot.reuse] for shot in edit.storyboard.shots if shot.reuse in clips}


def _images(production: Production, storyboard: Storyboard) -> dict[str, str]:
    """The digest of every picture of a card or an overlay, as PNG, by file; an overlay with its transparency."""
    cards = {shot.card.image for shot in storyboard.shots if shot.card and shot.card.image}
    laid = {one.image for shot in storyboard.shots for one in shot.overlays} | {
        one.image for one in storyboard.overlays
    }

    def card(source: Path, file: str) -> bytes:
        return stills.card_picture(stills.open_still(source, file))

    drawn = {file: _drawn(production, "overlay-1", file, ".png", stills.overlay_picture) for file in sorted(laid)}
    return drawn | {file: _drawn(production, "card-1", file, ".png", card) for file in sorted(cards - laid)}


def _tables(production: Production, storyboard: Storyboard) -> dict[str, str]:
    """The digest of every `.cube` table, made ready for ffmpeg, by file."""
    named = {shot.lut for shot in storyboard.shots} | {storyboard.lut}

    def ready(source: Path, _: str) -> bytes:
        return ready_table(files.read_plain(source, MAX_BYTES))

    return {file: _drawn(production, "table-1", file, ".cube", ready) for file in sorted(named - {""})}


def _drawn(
    production: Production, recipe: str, file: str, suffix: str, draw: Callable[[Path, str], bytes]
) -> str:  # fmt: skip
    """The digest of what `draw` makes of a project file; kept in the cache, and found by `locate` from now on."""
    digest = production.digest(file)

    def make(source: Path, temp: Path) -> None:
        temp.write_bytes(draw(source, file))

    path = production.made("pictures", key_of(recipe, digest), suffix, digest, make)
    drawn = files.sha256(path)
    production.sources[drawn] = (path, files.state_of(path))
    return drawn


def _slates(storyboard: Storyboard, takes: Mapping[str, Take]) -> dict[str, str]:
    """The slate line of every shot that is an animatic: its id, and the beginning of its prompt."""
    lines = {}
    for shot in storyboard.shots:
        take = takes.get(shot.id)
        if shot.order and take and take.gateway == "local":
            prompt = " ".join(shot.order.prompt.split())
            lines[shot.id] = f"{shot.id}  ·  {prompt[:90]}{'…' if len(prompt) > 90 else ''}"
    return lines
