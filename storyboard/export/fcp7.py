"""Final Cut Pro 7's XML (xmeml 5), which Adobe Premiere Pro reads and writes, and DaVinci Resolve reads.

A clip beside a transition has no place of its own (`-1`): the transition tells it, and its in and out points reach
into it. A pace is the Time Remap filter, and in and out points count at that pace. What stands still is media drawn
here: programs do not agree on how this format says it. The stems are stereo, a track for each channel, as in Premiere.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from storyboard.assembler.sound import SAMPLE_RATE
from storyboard.export.cut import Crossing, Cut, Laid, Media, Piece, Stem
from storyboard.export.markup import add, address, document, truth
from storyboard.export.timecodes import timecode_of
from storyboard.export.xmeml import add_filter, add_log, add_mark, add_pace, add_parameter, add_rate, add_shape
from storyboard.timing import Rate, nearest

EFFECTS = {"dissolve": "Cross Dissolve", "dip": "Dip to Color Dissolve", "wipe": "Edge Wipe", "other": "Cross Dissolve"}
WIPES = {"wiperight": (1, False), "wipeleft": (1, True), "wipedown": (2, False), "wipeup": (2, True)}
"""SMPTE's code of each, and whether it runs backwards."""
HOST = "localhost"


def carries(crossing: Crossing) -> bool:
    """Whether it is shown as it is."""
    return crossing.kind != "other"


def write_fcp7(cut: Cut, folder: Path) -> bytes:
    """The document of a cut whose files stand in `folder`."""
    root = Element("xmeml", version="5")
    writer = _Writer(cut, folder)
    others = tuple(dict.fromkeys(other for piece in cut.pieces for other in piece.others))
    home = root
    if others:
        project = add(root, "project")
        add(project, "name", cut.title)
        home = add(project, "children")
        takes = add(home, "bin")
        add(takes, "name", "further takes")
        inside = add(takes, "children")
        for media in others:
            writer.clip(inside, media)
    writer.sequence(home)
    return document(root, "xmeml")


class _Writer:
    """One document under way: its files, each told once."""

    def __init__(self, cut: Cut, folder: Path) -> None:
        self.cut, self.folder = cut, folder
        self.files: dict[str, str] = {}
        self.items = 0

    def sequence(self, parent: Element) -> None:
        """The film."""
        cut = self.cut
        sequence = add(parent, "sequence", id="sequence-1", explodedTracks="true")
        add(sequence, "name", cut.title)
        add(sequence, "duration", cut.frames)
        add_rate(sequence, cut.rate)
        self._timecode(sequence, cut.rate, cut.start, drop=cut.drop)
        media = add(sequence, "media")
        self.pictures(add(media, "video"))
        audio = add(media, "audio")
        add(audio, "numOutputChannels", 2)
        sound = add(add(audio, "format"), "samplecharacteristics")
        add(sound, "depth", 16)
        add(sound, "samplerate", SAMPLE_RATE)
        for stem in cut.stems:
            self.stem(audio, stem)
        for piece in cut.pieces:
            for mark in piece.marks if piece.media is None else ():
                add_mark(sequence, mark, piece.start)

    def pictures(self, video: Element) -> None:
        """The film's own track, and those above it."""
        cut = self.cut
        shape = add(add(video, "format"), "samplecharacteristics")
        add_rate(shape, cut.rate)
        add_shape(shape, cut.width, cut.height)
        track = add(video, "track")
        for index, piece in enumerate(cut.pieces):
            if index in cut.crossings:
                self.crossing(track, cut.crossings[index], piece.start, index)
            if piece.media:
                self.piece(track, index, piece.media)
        if closing := cut.crossings.get(len(cut.pieces)):
            self.crossing(track, closing, cut.frames, len(cut.pieces))
        for layer in cut.layers:
            above = add(video, "track")
            for laid in layer:
                self.laid(above, laid)

    def piece(self, track: Element, index: int, media: Media) -> None:
        """A piece as a clip of the track."""
        cut, piece = self.cut, self.cut.pieces[index]
        head, tail = cut.handles(index)
        beside = index in cut.crossings, index + 1 in cut.crossings
        tempo = piece.tempo(cut.rate)
        came = max(head, nearest(piece.into))
        item = self._item(track, media.name, nearest(media.frames / abs(piece.step)))
        add_rate(item, cut.rate)
        add(item, "start", -1 if beside[0] else piece.start)
        add(item, "end", -1 if beside[1] else piece.end)
        add(item, "in", came - head)
        add(item, "out", came + piece.frames + tail)
        self.file(item, media)
        add(item, "compositemode", "normal")
        if tempo != 1:
            add_pace(item, piece, cut.rate)
        self._fit(item, piece, media)
        add_log(item, piece)
        for number, mark in enumerate(piece.marks):
            add_mark(item, mark, came + min(number, piece.frames - 1))

    def crossing(self, track: Element, crossing: Crossing, meeting: int, index: int) -> None:
        """A transition."""
        at_end = index in (0, len(self.cut.pieces))
        side = "center" if crossing.frames // 2 == crossing.before else "end"
        if at_end:
            side = "start-black" if index == 0 else "end-black"
        item = add(track, "transitionitem")
        add_rate(item, self.cut.rate)
        add(item, "start", meeting - crossing.before)
        add(item, "end", meeting + crossing.after)
        add(item, "alignment", side)
        effect = add(item, "effect")
        add(effect, "name", EFFECTS[crossing.kind])
        add(effect, "effectid", EFFECTS[crossing.kind])
        add(effect, "effectcategory", "Wipe" if crossing.kind == "wipe" else "Dissolve")
        add(effect, "effecttype", "transition")
        add(effect, "mediatype", "video")
        code, backwards = WIPES.get(crossing.name, (0, False))
        add(effect, "wipecode", code)
        add(effect, "wipeaccuracy", 100)
        add(effect, "startratio", 0)
        add(effect, "endratio", 1)
        add(effect, "reverse", truth(backwards))
        if crossing.kind == "dip":
            parameter = add_parameter(effect, "dipcolor", "Color")
            value = add(parameter, "value")
            add(value, "alpha", 255)
            for place, tag in enumerate(("red", "green", "blue")):
                add(value, tag, int(crossing.color[1 + 2 * place : 3 + 2 * place], 16))

    def laid(self, track: Element, laid: Laid) -> None:
        """A transparent film above the picture."""
        item = self._item(track, laid.media.name, laid.media.frames)
        add_rate(item, self.cut.rate)
        add(item, "start", laid.start)
        add(item, "end", laid.start + laid.frames)
        add(item, "in", 0)
        add(item, "out", laid.frames)
        add(item, "alphatype", "straight")
        self.file(item, laid.media)
        add(item, "compositemode", "normal")

    def stem(self, audio: Element, stem: Stem) -> None:
        """A stem: a track for each of its channels, which are linked."""
        ids = [f"clipitem-{self.items + side}" for side in (1, 2)]
        for side in range(len(ids)):
            track = add(audio, "track", currentExplodedTrackIndex=side, totalExplodedTrackCount=2,
                        premiereTrackType="Stereo")  # fmt: skip
            item = self._item(track, Path(stem.file).name, self.cut.frames, premiereChannelType="stereo")
            add_rate(item, self.cut.rate)
            for tag, frame in (("start", 0), ("end", self.cut.frames), ("in", 0), ("out", self.cut.frames)):
                add(item, tag, frame)
            self._sound(item, stem)
            source = add(item, "sourcetrack")
            add(source, "mediatype", "audio")
            add(source, "trackindex", side + 1)
            for one in ids:
                link = add(item, "link")
                add(link, "linkclipref", one)
                add(link, "mediatype", "audio")
            add(track, "enabled", "TRUE")
            add(track, "locked", "FALSE")
            add(track, "outputchannelindex", side + 1)

    def clip(self, parent: Element, media: Media) -> None:
        """A take of the bin."""
        clip = add(parent, "clip", id=f"masterclip-{Path(media.file).stem}")
        add(clip, "name", media.name)
        add(clip, "duration", media.frames)
        add_rate(clip, media.rate)
        item = self._item(add(add(add(clip, "media"), "video"), "track"), media.name, media.frames)
        add_rate(item, media.rate)
        self.file(item, media)

    def file(self, item: Element, media: Media) -> None:
        """The file of a clip: told whole where it is first named."""
        file = self._file(item, media.file)
        if file is None:
            return
        add_rate(file, media.rate)
        add(file, "duration", media.frames)
        self._timecode(file, media.rate, 0, drop=False)
        held = add(file, "media")
        shape = add(add(held, "video"), "samplecharacteristics")
        add_rate(shape, media.rate)
        add_shape(shape, media.width, media.height)
        if media.channels:
            add(add(held, "audio"), "channelcount", media.channels)

    def _sound(self, item: Element, stem: Stem) -> None:
        file = self._file(item, stem.file)
        if file is None:
            return
        add_rate(file, self.cut.rate)
        add(file, "duration", self.cut.frames)
        sound = add(add(file, "media"), "audio")
        shape = add(sound, "samplecharacteristics")
        add(shape, "depth", 32)
        add(shape, "samplerate", SAMPLE_RATE)
        add(sound, "channelcount", 2)

    def _file(self, item: Element, name: str) -> Element | None:
        known = name in self.files
        file = add(item, "file", id=self.files.setdefault(name, f"file-{len(self.files) + 1}"))
        if known:
            return None
        add(file, "name", Path(name).name)
        add(file, "pathurl", address(self.folder, name, HOST))
        return file

    def _item(self, track: Element, name: str, frames: int, **attributes: str) -> Element:
        self.items += 1
        item = add(track, "clipitem", id=f"clipitem-{self.items}", **attributes)
        add(item, "name", name)
        add(item, "enabled", "TRUE")
        add(item, "duration", frames)
        return item

    def _fit(self, item: Element, piece: Piece, media: Media) -> None:
        """The scale at which a picture of another size fills the frame, or fits into it: Basic Motion knows pixels."""
        wide, tall = self.cut.width / media.width, self.cut.height / media.height
        scale = 100 * (max(wide, tall) if piece.conform == "fill" else min(wide, tall))
        if (media.width, media.height) == (self.cut.width, self.cut.height):
            return
        effect = add_filter(item, "Basic Motion", "basic")
        add(add_parameter(effect, "scale", "Scale", (0, 1000)), "value", f"{scale:.4f}".rstrip("0").rstrip("."))

    def _timecode(self, parent: Element, rate: Rate, frame: int, *, drop: bool) -> None:
        item = add(parent, "timecode")
        add_rate(item, rate)
        add(item, "string", timecode_of(frame, rate, drop=drop))
        add(item, "frame", frame)
        add(item, "displayformat", "DF" if drop else "NDF")
