"""OpenTimelineIO, through its own library: for DaVinci Resolve 18.5 and later, Premiere Pro, and pipelines.

Times in a medium are at its own rate, lengths are the film's, as the library lays them out. What is no dissolve is a
custom transition with the storyboard's word for it, and what a format has no word for stands in the metadata.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.assembler.sound import SAMPLE_RATE
from storyboard.errors import Refused
from storyboard.export.cut import Crossing, Cut, Laid, Mark, Media, Piece
from storyboard.export.markup import address
from storyboard.timing import Rate

if TYPE_CHECKING:
    from fractions import Fraction

NAMESPACE = "storyboard"


def carries(crossing: Crossing) -> bool:
    """Whether it is shown as it is."""
    return crossing.kind == "dissolve"


def library() -> Any:
    """The library; `Refused` when it is not installed."""
    try:
        import opentimelineio
    except ImportError:
        hint = "pip install 'storyboard-render[otio]'; `--to fcpxml`, `fcp7` and `edl` need nothing more"
        raise Refused("OpenTimelineIO is not installed", hint=hint) from None
    return opentimelineio


def write_otio(cut: Cut, folder: Path) -> bytes:
    """The timeline of a cut whose files stand in `folder`."""
    otio = library()
    writer = _Writer(otio, cut, folder)
    timeline = otio.schema.Timeline(cut.title)
    timeline.global_start_time = writer.time(cut.start, cut.rate)
    timeline.metadata[NAMESPACE] = {"drop_frame": cut.drop, "rate": str(cut.rate), "size": [cut.width, cut.height]}
    timeline.tracks.append(writer.pictures())
    for number, layer in enumerate(cut.layers, start=2):
        timeline.tracks.append(writer.layer(layer, f"V{number}"))
    for number, stem in enumerate(cut.stems, start=1):
        track = otio.schema.Track(f"A{number} {stem.bus}", kind=otio.schema.TrackKind.Audio)
        clip = otio.schema.Clip(Path(stem.file).name, source_range=writer.span(0, cut.frames))
        whole = otio.opentime.TimeRange(writer.time(0, SAMPLE_RATE), writer.time(stem.samples, SAMPLE_RATE))
        clip.media_reference = otio.schema.ExternalReference(address(folder, stem.file), whole)
        track.append(clip)
        timeline.tracks.append(track)
    return (str(otio.adapters.write_to_string(timeline, "otio_json")) + "\n").encode()


class _Writer:
    """One timeline under way."""

    def __init__(self, otio: Any, cut: Cut, folder: Path) -> None:
        self.otio, self.cut, self.folder = otio, cut, folder

    def time(self, frame: int | Fraction, rate: Rate | int) -> Any:
        """A number of frames at a rate."""
        return self.otio.opentime.RationalTime(float(frame), float(rate))

    def span(self, start: int, frames: int) -> Any:
        """Frames of the film."""
        return self.otio.opentime.TimeRange(self.time(start, self.cut.rate), self.time(frames, self.cut.rate))

    def pictures(self) -> Any:
        """The track of the film's own pictures."""
        cut = self.cut
        track = self.otio.schema.Track("V1", kind=self.otio.schema.TrackKind.Video)
        for index, piece in enumerate(cut.pieces):
            crossing = cut.crossings.get(index) if index else None
            if crossing:
                track.append(self.crossing(crossing))
            track.append(self.piece(piece))
        for end, at in ((0, 0), (len(cut.pieces), -1)):
            if fade := cut.crossings.get(end):
                mark = Mark(fade.name, f"the film has a {fade.name} of {fade.frames} frames here", remark=True)
                self._mark(track[at], mark, cut.pieces[at].frames - fade.frames if end else 0)
        return track

    def piece(self, piece: Piece) -> Any:
        """A piece as a clip with every take that goes with it, or a gap."""
        schema = self.otio.schema
        length = self.time(piece.frames, self.cut.rate)
        if piece.media is None:
            item = schema.Gap(name=f"no take: {piece.shot}", duration=length)
        else:
            begin = self.time(piece.place, piece.media.rate)
            item = schema.Clip(piece.media.name, source_range=self.otio.opentime.TimeRange(begin, length))
            key = "DEFAULT_MEDIA"
            references = {key: self.reference(piece.media)}
            references |= {Path(other.file).stem: self.reference(other) for other in piece.others}
            item.set_media_references(references, key)
            tempo = piece.tempo(self.cut.rate)
            if not tempo:
                item.effects.append(schema.FreezeFrame())
            elif tempo != 1:
                item.effects.append(schema.LinearTimeWarp(name="speed", time_scalar=float(tempo)))
        item.metadata[NAMESPACE] = {"shot": piece.shot, "scene": piece.scene, "number": piece.number}
        for number, mark in enumerate(piece.marks):
            self._mark(item, mark, min(number, piece.frames - 1))
        return item

    def crossing(self, crossing: Crossing) -> Any:
        """A transition."""
        types = self.otio.schema.TransitionTypes
        told = {"type": crossing.name, "color": crossing.color, "easing": crossing.easing}
        return self.otio.schema.Transition(
            name=crossing.name,
            transition_type=types.SMPTE_Dissolve if carries(crossing) else types.Custom,
            in_offset=self.time(crossing.before, self.cut.rate),
            out_offset=self.time(crossing.after, self.cut.rate),
            metadata={NAMESPACE: {key: value for key, value in told.items() if value}},
        )

    def layer(self, layer: tuple[Laid, ...], name: str) -> Any:
        """A track of what lies over the picture."""
        schema = self.otio.schema
        track = schema.Track(name, kind=schema.TrackKind.Video)
        end = 0
        for laid in layer:
            if laid.start > end:
                track.append(schema.Gap(duration=self.time(laid.start - end, self.cut.rate)))
            clip = schema.Clip(laid.media.name, source_range=self.span(0, laid.frames))
            clip.media_reference = self.reference(laid.media)
            track.append(clip)
            end = laid.start + laid.frames
        return track

    def reference(self, media: Media) -> Any:
        """Where a medium stands, and how long it is."""
        whole = self.otio.opentime.TimeRange(self.time(0, media.rate), self.time(media.frames, media.rate))
        reference = self.otio.schema.ExternalReference(address(self.folder, media.file), whole)
        reference.name = media.name
        return reference

    def _mark(self, item: Any, mark: Mark, offset: int) -> None:
        """A marker so many film frames behind the beginning of an item, on the item's own time."""
        schema, time = self.otio.schema, self.otio.opentime
        own = item.source_range.start_time + self.time(offset, self.cut.rate) if item.source_range else self.time(0, 1)
        color = schema.MarkerColor.RED if mark.remark else schema.MarkerColor.GREEN
        marker = schema.Marker(mark.name, time.TimeRange(own, self.time(1, self.cut.rate)), color)
        marker.comment = mark.text
        item.markers.append(marker)
