"""FCPXML 1.10: for Final Cut Pro 10.6 and later, and DaVinci Resolve 18 and later.

The cut is the primary storyline. Titles are Basic Titles, pictures laid over the film and the stems are connected clips
with roles, further takes are auditions. A pace is a time map over the whole medium, so that a piece can be trimmed into
its handles. Effects are named by the identifiers that Final Cut Pro's and Resolve's own exports have; no such is known
for its wipes.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from storyboard.assembler.sound import SAMPLE_RATE
from storyboard.export.cut import Crossing, Cut, Laid, Media, Piece, Stem, Written
from storyboard.export.markup import add, address, document, seconds
from storyboard.timing import NTSC, Rate

VERSION = "1.10"
BLACK = "#000000"
EFFECTS = {
    "Cross Dissolve": "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265",
    "Fade To Color": "FxPlug:F779C565-486D-4633-8035-0374B4DB8F5C",
    "Basic Title": ".../Titles.localized/Bumper:Opener.localized/Basic Title.localized/Basic Title.moti",
}
POSITION = "9999/999166631/999166633/1/100/101"
"""The key of a Basic Title's place."""
ROLES = {"dialogue": "dialogue", "effects": "effects", "music": "music", "clips": "effects.clips"}
CONFORMED = {*(Fraction(rate) for rate in (24, 25, 30, 50, 60)), *NTSC.values()} - {NTSC["119.88"]}
"""The rates that a clip may be said to have."""
SPARE = 24
"""Film frames for which a frame that stands still can be made longer at either end."""


def carries(crossing: Crossing) -> bool:
    """Whether it is shown as it is. Fade To Color goes through black by itself; how it names others is not known."""
    return crossing.kind == "dissolve" or (crossing.kind == "dip" and crossing.color == BLACK)


def write_fcpxml(cut: Cut, folder: Path) -> bytes:
    """The document of a cut whose files stand in `folder`."""
    root = Element("fcpxml", version=VERSION)
    resources = add(root, "resources")
    writer = _Writer(cut, folder, resources)
    writer.format(cut.rate, cut.width, cut.height)
    event = add(add(root, "library"), "event", name=cut.title)
    sequence = add(
        add(event, "project", name=cut.title), "sequence",
        format=writer.format(cut.rate, cut.width, cut.height), duration=seconds(cut.frames / cut.rate),
        tcStart=seconds(cut.start / cut.rate), tcFormat="DF" if cut.drop else "NDF", audioLayout="stereo",
        audioRate="48k",
    )  # fmt: skip
    spine = add(sequence, "spine")
    for index, piece in enumerate(cut.pieces):
        if index in cut.crossings:
            writer.crossing(spine, cut.crossings[index], piece.start)
        writer.piece(spine, index)
    if closing := cut.crossings.get(len(cut.pieces)):
        writer.crossing(spine, closing, cut.frames)
    return document(root, "fcpxml")


class _Writer:
    """One document under way: its resources, each told once."""

    def __init__(self, cut: Cut, folder: Path, resources: Element) -> None:
        self.cut, self.folder, self.resources = cut, folder, resources
        self.known: dict[object, str] = {}

    def format(self, rate: Rate, width: int, height: int) -> str:
        """The id of a format."""
        new, id_ = self._id((rate, width, height))
        if new:
            shape = {"frameDuration": seconds(1 / rate), "width": width, "height": height}
            add(self.resources, "format", id=id_, **shape, colorSpace="1-1-1 (Rec. 709)")
        return id_

    def effect(self, name: str) -> str:
        """The id of an effect."""
        new, id_ = self._id(name)
        if new:
            add(self.resources, "effect", id=id_, name=name, uid=EFFECTS[name])
        return id_

    def asset(self, media: Media) -> str:
        """The id of a medium with a picture."""
        format_ = self.format(media.rate, media.width, media.height)
        new, id_ = self._id(media.file)
        if new:
            sound = {"hasAudio": 1, "audioSources": 1, "audioChannels": media.channels} if media.channels else {}
            asset = add(self.resources, "asset", id=id_, name=media.name, start="0s", duration=seconds(media.seconds),
                        hasVideo=1, format=format_, videoSources=1, **sound)  # fmt: skip
            add(asset, "media-rep", kind="original-media", src=address(self.folder, media.file))
        return id_

    def sound(self, stem: Stem) -> str:
        """The id of a stem."""
        new, id_ = self._id(stem.file)
        if new:
            lasts = seconds(Fraction(stem.samples, SAMPLE_RATE))
            asset = add(self.resources, "asset", id=id_, name=Path(stem.file).name, start="0s", duration=lasts,
                        hasAudio=1, audioSources=1, audioChannels=2, audioRate=SAMPLE_RATE)  # fmt: skip
            add(asset, "media-rep", kind="original-media", src=address(self.folder, stem.file))
        return id_

    def _id(self, key: object) -> tuple[bool, str]:
        """Whether something is told for the first time, and its id."""
        new = key not in self.known
        return new, self.known.setdefault(key, f"r{len(self.known) + 1}")

    def at(self, frame: int) -> str:
        """The time of a film frame in the sequence."""
        return seconds((self.cut.start + frame) / self.cut.rate)

    def lasting(self, frames: int) -> str:
        """So many film frames as a time."""
        return seconds(frames / self.cut.rate)

    def crossing(self, spine: Element, crossing: Crossing, meeting: int) -> None:
        """A transition: its video filter by its own name, which Resolve goes by."""
        dips = crossing.kind == "dip" and carries(crossing)
        name, label = ("Fade To Color", "Dip To Color Dissolve") if dips else ("Cross Dissolve", "Cross Dissolve")
        item = add(spine, "transition", name=label, offset=self.at(meeting - crossing.before),
                   duration=self.lasting(crossing.frames))  # fmt: skip
        add(item, "filter-video", ref=self.effect(name), name=name)

    def piece(self, spine: Element, index: int) -> None:
        """A piece with all that hangs on it: as a gap, a clip, or an audition of takes."""
        piece = self.cut.pieces[index]
        if piece.media is None:
            start = Fraction(3600)
            gap = add(spine, "gap", name=f"no take: {piece.shot}", offset=self.at(piece.start), start=seconds(start),
                      duration=self.lasting(piece.frames))  # fmt: skip
            self._hang(gap, piece, start)
            self._marks(gap, piece, start)
            return
        if not piece.others:
            self._clip(spine, index, piece.media, offset=self.at(piece.start))
            return
        audition = add(spine, "audition", offset=self.at(piece.start))
        for media in (piece.media, *piece.others):
            self._clip(audition, index, media)

    def _clip(self, parent: Element, index: int, media: Media, **offset: str) -> None:
        """A clip in its order: note, timing, adjustments, what is connected, markers."""
        piece, rate = self.cut.pieces[index], self.cut.rate
        chosen = media is piece.media
        mapped, start = _timing(piece, self.cut.handles(index), rate) if chosen else ([], Fraction(0))
        frames = piece.frames if chosen else min(piece.frames, max(1, int(media.seconds * rate)))
        clip = add(
            parent, "asset-clip", ref=self.asset(media), **offset, name=media.name, start=seconds(start),
            duration=self.lasting(frames), format=self.format(media.rate, media.width, media.height),
            tcFormat="NDF", srcEnable="video" if media.channels else None,
        )  # fmt: skip
        if chosen and piece.marks:
            add(clip, "note", piece.marks[0].text)
        if media.rate != rate:
            nearest = min(CONFORMED, key=lambda one: abs(one - media.rate))
            shown = f"{float(nearest):.2f}".rstrip("0").rstrip(".") if abs(nearest - media.rate) < 0.05 else None
            add(clip, "conform-rate", scaleEnabled=0, srcFrameRate=shown)
        if mapped:
            points = add(clip, "timeMap")
            for time, value in mapped:
                add(points, "timept", time=seconds(time), value=seconds(value), interp="linear")
        if media.width * self.cut.height != media.height * self.cut.width:
            add(clip, "adjust-conform", type=piece.conform)
        if chosen:
            self._hang(clip, piece, start)
            self._marks(clip, piece, start)

    def _hang(self, host: Element, piece: Piece, start: Fraction) -> None:
        """What begins while a piece stands, connected to it: pictures and titles above, the stems below."""
        cut = self.cut

        def there(frame: int) -> str:
            return seconds(start + (frame - piece.start) / cut.rate)

        for lane, layer in enumerate(cut.layers, start=1):
            for laid in layer:
                if piece.start <= laid.start < piece.end:
                    self._laid(host, laid, lane, there(laid.start))
        for number, (title, lane) in enumerate(zip(cut.titles, _lanes(cut.titles), strict=True), start=1):
            if piece.start <= title.start < piece.end:
                place = {"lane": lane + 1 + len(cut.layers), "offset": there(title.start)}
                self._title(host, title, f"ts{number}", place)
        for lane, stem in enumerate(cut.stems if piece.start == 0 else (), start=1):
            add(host, "asset-clip", ref=self.sound(stem), lane=-lane, offset=there(0), name=stem.bus,
                duration=self.lasting(cut.frames), audioRole=ROLES[stem.bus])  # fmt: skip

    def _laid(self, host: Element, laid: Laid, lane: int, offset: str) -> None:
        add(host, "asset-clip", ref=self.asset(laid.media), lane=lane, offset=offset, name=laid.media.name, start="0s",
            duration=self.lasting(laid.frames), tcFormat="NDF", videoRole="titles")  # fmt: skip

    def _title(self, host: Element, title: Written, style: str, place: Mapping[str, object]) -> None:
        """A Basic Title of the same words, about where they stand in the film."""
        item = add(host, "title", ref=self.effect("Basic Title"), **place, name=title.text.split("\n")[0],
                   start="3600s", duration=self.lasting(title.frames), role="titles")  # fmt: skip
        add(item, "param", name="Position", key=POSITION, value=f"{title.across or 0:.0f} {title.middle:.0f}")
        add(add(item, "text"), "text-style", title.text, ref=style)
        add(add(item, "text-style-def", id=style), "text-style", font="Helvetica Neue", fontSize=f"{title.size:.0f}",
            fontFace="Medium", fontColor="1 1 1 1", alignment="center" if title.across is None else "left")  # fmt: skip

    def _marks(self, clip: Element, piece: Piece, start: Fraction) -> None:
        """Its markers, a frame apart: there is room for one on each."""
        for number, mark in enumerate(piece.marks):
            time = start + min(number, piece.frames - 1) / self.cut.rate
            add(clip, "marker", start=seconds(time), duration=self.lasting(1), value=mark.name, note=mark.text)


def _timing(piece: Piece, handles: tuple[int, int], rate: Rate) -> tuple[list[tuple[Fraction, Fraction]], Fraction]:
    """The time map of a piece (empty where its medium runs at its own pace), and where it begins on its own time."""
    if piece.media is None or piece.tempo(rate) == 1:
        return [], piece.place / (piece.media.rate if piece.media else rate)
    own = piece.media.rate
    if piece.step == 0:
        spare, shown = handles[0] + SPARE, piece.place / own
        return [(Fraction(0), shown), ((spare + piece.frames + handles[1] + SPARE) / rate, shown)], spare / rate
    # Where a film frame does not come out even at the media's end, what begins there may lie a part of one behind it.
    whole = max(0, piece.into.__floor__())
    forward = piece.step > 0
    begin = piece.place - whole * piece.step if forward else piece.place - piece.step - whole * piece.step
    left = (piece.media.frames - begin if forward else begin) / abs(piece.step)
    length = max(left.__floor__(), whole + piece.frames)
    end = begin + length * piece.step
    return [(Fraction(0), begin / own), (length / rate, max(Fraction(0), end) / own)], whole / rate


def _lanes(titles: tuple[Written, ...]) -> list[int]:
    """A lane for each title, in which it is alone."""
    ends: list[int] = []
    lanes: list[int] = []
    for title in titles:
        lane = next((at for at, end in enumerate(ends) if end <= title.start), len(ends))
        ends[lane : lane + 1] = [title.start + title.frames]
        lanes.append(lane)
    return lanes
