"""The storyboard as values: checked, complete, templates filled in. A value that exists is valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from storyboard.errors import Where
from storyboard.timing import Duration, Rate

Fit = Literal["cover", "contain", "blur"]


@dataclass(frozen=True, slots=True)
class StillFile:
    """An input image: a file of the project."""

    file: str


@dataclass(frozen=True, slots=True)
class FrameOf:
    """Continuity: the last frame of another shot's circled take."""

    shot: str


Frame = StillFile | FrameOf


@dataclass(frozen=True, slots=True)
class Transition:
    """The edge to the next shot. It overlaps the two by its duration."""

    kind: str = "cut"
    duration: Duration | None = None
    """None for a cut."""
    color: str = "#000000"
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
class Card:
    """A title or a picture that is drawn locally, free."""

    text: str
    image: str
    background: str
    color: str


@dataclass(frozen=True, slots=True)
class Beat:
    """One of the shots inside a multi-shot clip."""

    prompt: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Motion:
    """A video whose movement the clip takes over."""

    video: str
    """A file of the project."""
    orientation: Literal["image", "video"]
    """Whether the character faces as in the still, or as in the video."""
    keep_sound: bool


@dataclass(frozen=True, slots=True)
class Routing:
    """The gateway's own options: they decide who makes the clip and what is kept of it, not what it shows."""

    only: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    zero_data_retention: bool = False
    disallow_prompt_training: bool = False
    user: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A block of plain values inside an option: names and values, sorted."""

    fields: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What a shot asks of a video model: everything that can cost money."""

    model: str
    prompt: str
    """Empty for a multi-shot clip: then `beats` say what happens."""
    negative: str
    seconds: Fraction
    mode: str
    """Empty for the model's own default."""
    audio: bool
    first: Frame | None
    last: Frame | None
    references: tuple[StillFile, ...] = ()
    """Images of what should appear, the characters' included: no frames of the clip."""
    seed: int | None = None
    beats: tuple[Beat, ...] = ()
    """For a multi-shot clip: what each of its shots shows, the look and the characters included."""
    motion: Motion | None = None
    voices: tuple[str, ...] = ()
    """The provider's ids of voices, the characters' included."""
    elements: tuple[int, ...] = ()
    """The provider's ids of elements (people and things it was shown before), the characters' included."""
    options: tuple[tuple[str, Any], ...] = ()
    """The model's own options by the provider's names, sorted: plain values, lists as tuples, objects as `Block`."""
    routing: Routing = Routing()


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
    start: Duration | None = None
    """The in point in the take."""
    end: Duration | None = None
    """The out point in the take, exclusive."""
    length: Duration | None = None
    fit: Fit | None = None
    focus: tuple[float, float] = (0.5, 0.5)
    transition: Transition = Transition()
    captions: tuple[Caption, ...] = ()
    gain_db: float = 0.0
    mute: bool = False
    note: str = ""
    path: str = ""
    """Where the shot stands in its document, as in `scenes[0].shots[3]`."""
    places: Mapping[str, Where] = field(default_factory=dict, compare=False)
    """Where each field stands, by name."""

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


@dataclass(frozen=True, slots=True)
class Music:
    """The bed under the whole film."""

    file: str
    gain_db: float
    fade_in: Duration | None
    fade_out: Duration | None
    where: Where


@dataclass(frozen=True, slots=True)
class Mix:
    """What is heard."""

    keep_clips: bool = True
    tracks: tuple[Track, ...] = ()
    music: Music | None = None
    loudness: float | None = None

    @property
    def sounds(self) -> tuple[Track | Music, ...]:
        """Everything that is a file: the tracks, and the music."""
        return (*self.tracks, *((self.music,) if self.music else ()))


@dataclass(frozen=True, slots=True)
class Output:
    """One film to make."""

    name: str
    file: str
    width: int
    height: int
    rate: Rate
    fit: Fit
    burn_captions: bool
    loudness: float | None
    where: Where


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The whole film as authored."""

    file: str
    """The storyboard's file, relative to the project."""
    title: str
    aspect: Fraction
    shots: tuple[Shot, ...]
    outputs: tuple[Output, ...]
    mix: Mix = Mix()
    open: Fade | None = None
    close: Fade | None = None
    length: Duration | None = None
    budget: Decimal | None = None
    places: Mapping[str, Where] = field(default_factory=dict, compare=False)

    def shot(self, id: str) -> Shot:  # noqa: A002 - the word of the file format
        """The shot of that id; KeyError."""
        for shot in self.shots:
            if shot.id == id:
                return shot
        raise KeyError(id)

    @property
    def rate(self) -> Rate:
        """The rate that frames and timecodes in the file are counted at: the first output's."""
        return self.outputs[0].rate
