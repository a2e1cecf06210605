"""The storyboard as values: checked, complete, templates filled in. A value that exists is valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from storyboard.errors import Where
from storyboard.spec.ordered import Beat, Block, Frame, FrameOf, Motion, Order, Routing, StillFile
from storyboard.timing import Duration, Rate

__all__ = [
    "Beat", "Block", "Caption", "Captions", "Card", "Clips", "Codec", "Easing", "Fade", "Fit", "Frame", "FrameOf",
    "Freeze", "Mix", "Motion", "Music", "Order", "Output", "Overlay", "Place", "Poster", "Quality", "Routing", "Shot",
    "Sign", "StillFile", "Storyboard", "Title", "TitleStyle", "Track", "Transition",
]  # fmt: skip

Fit = Literal["cover", "contain", "blur"]
Easing = Literal["linear", "in", "out", "in-out"]
Captions = Literal["burn", "sidecar", "soft", "none"]
TitleStyle = Literal["lower-third", "centre", "legal"]
Place = Literal["top-left", "top", "top-right", "left", "centre", "right", "bottom-left", "bottom", "bottom-right"]
Quality = Literal["draft", "standard", "master", "preserve"]
Codec = Literal["h264", "prores"]
Clips = Literal["keep", "mute", "duck"]
Sign = Literal["", "certificate", "development"]


@dataclass(frozen=True, slots=True)
class Transition:
    """The edge to the next shot. It overlaps the two by its duration."""

    kind: str = "cut"
    duration: Duration | None = None
    """None for a cut."""
    color: str = "#000000"
    easing: Easing = "linear"
    written: bool = False
    """Whether the shot says it itself, rather than a default."""


@dataclass(frozen=True, slots=True)
class Fade:
    """How a film begins or ends."""

    duration: Duration
    color: str = "#000000"


@dataclass(frozen=True, slots=True)
class Caption:
    """A subtitle, timed from its shot's beginning in the cut."""

    at: Duration
    length: Duration
    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class Title:
    """Words that belong to the picture, timed from their shot's beginning in the cut."""

    at: Duration
    length: Duration | None
    """None for as long as the shot stands."""
    text: str
    style: TitleStyle
    where: Where


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture laid over the film, a logo say; timed from the beginning of its shot in the cut, or of the film."""

    image: str
    """A file of the project."""
    at: Duration
    length: Duration | None
    """None for as long as the shot or the film lasts."""
    place: Place
    width: float
    """Of the picture's width, above 0 to 1."""
    opacity: float
    """Above 0 to 1."""
    where: Where


@dataclass(frozen=True, slots=True)
class Freeze:
    """A frame that stands still: everything behind it comes later by `length`."""

    at: Duration
    """In the take, as `in` and `out` are."""
    length: Duration


@dataclass(frozen=True, slots=True)
class Card:
    """A title or a picture that is drawn locally, free."""

    text: str
    image: str
    background: str
    color: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot as authored. Exactly one of `order`, `card`, `footage` says where its picture comes from."""

    id: str
    scene: str
    where: Where
    duration: Duration
    order: Order | None = None
    card: Card | None = None
    footage: str = ""
    """A file of the project."""
    reuse: str = ""
    """The shot whose take this one uses again, instead of a file."""
    start: Duration | None = None
    """The in point in the take."""
    end: Duration | None = None
    """The out point in the take, exclusive."""
    length: Duration | None = None
    """How long it stands in the film, whatever its speed."""
    speed: Fraction = Fraction(1)
    """Seconds of the take for a second of the film."""
    reverse: bool = False
    freeze: Freeze | None = None
    fit: Fit | None = None
    focus: tuple[float, float] | None = None
    """Shares of width and height; None for the output's, which is the middle unless it says otherwise."""
    flip: Literal["", "horizontal", "vertical"] = ""
    scale: float = 1.0
    """How much larger the picture is than its frame, 1 to 8; the focus point stays in view."""
    lut: str = ""
    """The look's `.cube` file; empty for none."""
    transition: Transition = Transition()
    captions: tuple[Caption, ...] = ()
    titles: tuple[Title, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    gain_db: float = 0.0
    mute: bool = False
    duck: bool = False
    """Whether its sound gives way to dialogue, although others' may not."""
    keep: bool = False
    """Whether its sound is kept as it is, although the mix mutes the clips or lets them give way."""
    approved: bool = False
    """Whether its take is agreed on: then it is not chosen again without a word."""
    pin: bool = False
    """Whether it keeps the take it has, whatever is edited."""
    note: str = ""
    number: str = ""  # as editors have it, 12A
    path: str = ""
    """Where the shot stands in its document, as in `scenes[0].shots[3]`."""
    places: Mapping[str, Where] = field(default_factory=dict, compare=False)
    """Where each field stands, by name."""
    own: frozenset[str] = field(default_factory=frozenset, compare=False)
    """The fields that it says itself, rather than a default."""

    def at(self, name: str) -> Where:
        """The place of a field, or of the shot where the field is a default's."""
        return self.places.get(name, self.where)


@dataclass(frozen=True, slots=True)
class Track:
    """A sound placed in the film: at a time, or with a shot."""

    file: str
    role: Literal["dialogue", "effects", "music"]
    at: Duration
    shot: str
    """The shot whose beginning `at` counts from; empty for the film's."""
    gain_db: float
    where: Where
    start: Duration | None = None
    """The in point in the sound."""
    end: Duration | None = None
    """The out point in the sound, exclusive."""
    fade_in: Duration | None = None
    fade_out: Duration | None = None


@dataclass(frozen=True, slots=True)
class Music:
    """The bed under the whole film."""

    file: str
    gain_db: float
    fade_in: Duration | None
    fade_out: Duration | None
    where: Where
    start: Duration | None = None
    """The in point in the sound."""
    end: Duration | None = None
    """The out point in the sound, exclusive."""
    loop: bool = False
    """Whether it begins again where it ends, as long as the film lasts."""
    duck_db: float | None = None
    """By how much it gives way to dialogue; None for not at all."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What is heard."""

    clips: Clips = "keep"
    """The clips' own sound: `duck` lets it give way to dialogue."""
    tracks: tuple[Track, ...] = ()
    music: Music | None = None
    loudness: float | None = None

    @property
    def sounds(self) -> tuple[Track | Music, ...]:
        """Everything that is a file: the tracks, and the music."""
        return (*self.tracks, *((self.music,) if self.music else ()))


@dataclass(frozen=True, slots=True)
class Poster:
    """The frame that stands for the film: written beside it as a picture."""

    shot: str
    at: Duration
    """From the shot's beginning in the cut."""


@dataclass(frozen=True, slots=True)
class Output:
    """One film to make."""

    name: str
    file: str
    width: int
    height: int
    rate: Rate
    fit: Fit
    captions: Captions
    loudness: float | None
    where: Where
    titles: bool = True  # whether titles and overlays are drawn
    focus: tuple[float, float] | None = None
    """The focus point of shots that say none themselves."""
    quality: Quality = "standard"
    codec: Codec = "h264"
    conform: Literal["repeat", "speed"] = "repeat"
    """What footage of another rate does: keep its time, frames repeated or left out, or keep its frames."""
    poster: Poster | None = None
    signed: bool = False  # whether a signed copy lies beside it


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The whole film as authored."""

    file: str  # relative to the project
    title: str
    aspect: Fraction
    shots: tuple[Shot, ...]
    outputs: tuple[Output, ...]
    mix: Mix = Mix()
    open: Fade | None = None
    close: Fade | None = None
    captions: str = ""  # an `.srt` file with subtitles of the whole film; empty for none
    overlays: tuple[Overlay, ...] = ()
    lut: str = ""  # a `.cube` file for the whole film; empty for none
    length: Duration | None = None
    scene_titles: Mapping[str, str] = field(default_factory=dict)  # by id, where there is one
    budget: Decimal | None = None
    sign: Sign = ""
    places: Mapping[str, Where] = field(default_factory=dict, compare=False)
    unseen: tuple[Shot, ...] = ()
    """Shots that a variant's cut leaves out, and whose takes it needs: others go on from them, or use them again."""
    variant: str = ""  # empty for the film itself
    variants: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    """Every file that the film and its variants write; none where there are no variants."""

    def shot(self, id: str) -> Shot:  # noqa: A002 - the word of the file format
        """The shot of that id; KeyError."""
        for shot in self.shots:
            if shot.id == id:
                return shot
        raise KeyError(id)

    @property
    def every(self) -> tuple[Shot, ...]:
        """All shots whose takes the film needs, shown or not."""
        return (*self.unseen, *self.shots)

    @property
    def rate(self) -> Rate:
        """The rate that frames and timecodes in the file are counted at: the first output's."""
        return self.outputs[0].rate
