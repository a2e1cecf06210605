"""Footage that tests can read back: every frame says which clip it is of, and which frame.

The clock has 32 blocks of black and white: a black and a white one to measure by, 4 bits of the clip, 10 bits of the
frame, and all of that again, inverted. So a frame that comes out of an encoder, a scaler or a dissolve is either read
exactly, or seen to be none.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.assemble import Film, Job, assemble
from storyboard.assembler.encoders import encoder_of
from storyboard.assembler.room import cutting_room
from storyboard.assembler.segments import Extras
from storyboard.assembler.timeline import Source, Timeline, build_timeline
from storyboard.examine import source_of
from storyboard.progress import Watch, unwatched
from storyboard.spec.load import load
from storyboard.spec.model import Storyboard
from storyboard.store import files
from storyboard.store.cache import Cache

Pictures = NDArray[np.uint8]
"""Frames of luma: number, height, width."""
Sound = NDArray[np.float32]
"""Samples at 48 kHz: number, channels."""

WIDTH, HEIGHT = 160, 90
BLACK, WHITE = 30, 220
COLUMNS, ROWS = 8, 4
CLIP_BITS, FRAME_BITS = 4, 10
SAMPLE_RATE = 48_000
AAC_FRAME = 1024

NTSC_FILM = Fraction(24000, 1001)
NTSC_VIDEO = Fraction(30000, 1001)


# The clock


def face(clip: int, frame: int) -> NDArray[np.bool_]:
    """The 32 blocks of a frame, row by row: true is white."""
    number = clip << FRAME_BITS | frame
    bits = [False, True, *(bool(number >> place & 1) for place in range(CLIP_BITS + FRAME_BITS))]
    return np.array([*bits, *(not bit for bit in bits)])


def clock_frame(clip: int, frame: int, width: int = WIDTH, height: int = HEIGHT) -> Pictures:
    """One frame of the clock as luma."""
    blocks = np.where(face(clip, frame), WHITE, BLACK).astype(np.uint8).reshape(ROWS, COLUMNS)
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    return blocks[np.ix_(rows, columns)]


def blocks_of(picture: Pictures) -> NDArray[np.float64]:
    """The luma in the middle of each of the 32 blocks."""
    height, width = picture.shape
    found = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = (2 * row + 1) * height // (2 * ROWS), (2 * column + 1) * width // (2 * COLUMNS)
            reach_y, reach_x = max(1, height // (6 * ROWS)), max(1, width // (6 * COLUMNS))
            found.append(picture[top - reach_y : top + reach_y, left - reach_x : left + reach_x].mean())
    return np.array(found)


def read_clock(picture: Pictures) -> tuple[int, int] | None:
    """The clip and the frame that a picture shows, or None when it is no whole frame of the clock."""
    blocks = blocks_of(picture)
    middle = (blocks[0] + blocks[1]) / 2
    bits = blocks > middle
    half = CLIP_BITS + FRAME_BITS + 2
    clear = np.abs(blocks - middle).min() > (WHITE - BLACK) / 3
    if not clear or bits[0] or not bits[1] or (bits[:half] == bits[half:]).any():
        return None
    number = sum(int(bit) << place for place, bit in enumerate(bits[2:half]))
    return number >> FRAME_BITS, number & ((1 << FRAME_BITS) - 1)


def read_clocks(pictures: Pictures) -> list[tuple[int, int] | None]:
    """What each frame of a film shows."""
    return [read_clock(picture) for picture in pictures]


def weight_of(picture: Pictures, before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """How much of `after` is mixed into `before` in a picture, 0 to 1, and how far (in luma) the mix is from that."""
    seen = blocks_of(picture)
    one, two = (np.where(face(*clock), WHITE, BLACK).astype(float) for clock in (before, after))
    change = two - one
    weight = float(((seen - one) * change).sum() / (change * change).sum())
    return weight, float(np.abs(seen - (one + weight * change)).max())


def contrast(picture: Pictures) -> float:
    """How strong the clock is in a picture: 1 as it was made, 0 when it is one flat colour."""
    blocks = np.sort(blocks_of(picture))
    half = len(blocks) // 2
    return float((blocks[half:].mean() - blocks[:half].mean()) / (WHITE - BLACK))


# Footage


def write_clock(
    path: Path,
    clip: int,
    frames: int,
    rate: Fraction | int = 24,
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    sound: Sound | None = None,
    sound_rate: int = SAMPLE_RATE,
    options: Sequence[str] = (),
) -> Path:
    """A clip of the clock; with `sound` (numbers by channels), with sound."""
    luma = (clock_frame(clip, frame, *size) for frame in range(frames))
    return write_footage(path, luma, rate, size, sound=sound, sound_rate=sound_rate, options=options)


def write_footage(
    path: Path,
    luma: Iterable[Pictures],
    rate: Fraction | int,
    size: tuple[int, int],
    *,
    chroma: tuple[int, int] = (128, 128),
    span: str = "tv",
    sound: Sound | None = None,
    sound_rate: int = SAMPLE_RATE,
    options: Sequence[str] = (),
) -> Path:
    """A clip of these pictures, in one colour of chroma; `span` is its range."""
    width, height = size
    quarter = (width // 2) * (height // 2)
    colours = bytes([chroma[0]]) * quarter + bytes([chroma[1]]) * quarter
    heard: tuple[str, ...] = ()
    wav = path.with_name(f"{path.name}.wav")
    if sound is not None:
        write_sound(wav, sound, sound_rate)
        heard = ("-i", str(wav))
    run(
        "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(Fraction(rate)), "-i", "-",
        *heard, "-vf", f"setparams=range={span}:colorspace=bt709:color_primaries=bt709:color_trc=bt709",
        "-c:v", "libx264", "-preset", "veryfast", "-qp", "12", *options, str(path),
        data=b"".join(picture.tobytes() + colours for picture in luma),
    )  # fmt: skip
    wav.unlink(missing_ok=True)
    return path


def write_sound(path: Path, sound: Sound, rate: int = SAMPLE_RATE, options: Sequence[str] = ()) -> Path:
    """A file of sound: WAV of 32-bit floats, unless `options` choose another codec."""
    sound = np.ascontiguousarray(sound, np.float32)
    codec = options or ("-c:a", "pcm_f32le") if path.suffix == ".wav" else options
    run("-f", "f32le", "-ar", str(rate), "-ac", str(sound.shape[1]), "-i", "-", *codec, str(path), data=sound.tobytes())
    return path


def tone(hertz: float, seconds: float, *, level: float = 0.25, rate: int = SAMPLE_RATE, channels: int = 2) -> Sound:
    """A sine."""
    time = np.arange(round(seconds * rate)) / rate
    wave = (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    return np.repeat(wave[:, None], channels, axis=1)


def run(*args: str, data: bytes = b"") -> None:
    """Run the pinned ffmpeg, loudly when it fails."""
    command = [ffmpeg.binary(), "-hide_banner", "-loglevel", "error", "-y", *args]
    done = subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")


# Films


@dataclass
class Stage:
    """A project's folder in which a test makes films."""

    folder: Path
    cache: Cache = field(init=False)
    sources: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cache = Cache(self.folder / ".storyboard")

    def digest(self, name: str) -> str:
        """The digest of a file of the project."""
        path = self.folder / name
        digest = files.sha256(path)
        self.sources[digest] = path
        return digest

    def load(self, text: str) -> Storyboard:
        """The storyboard of a text, which must be right."""
        return load_text(text)

    def job(self, text: str, name: str = "", slates: dict[str, str] | None = None) -> Job:
        """How to make an output (the first, unless named) of a storyboard."""
        storyboard = self.load(text)
        output = next(one for one in storyboard.outputs if name in ("", one.name))
        sources: dict[str, Source] = {}
        for shot in storyboard.shots:
            clip = (media.probe(self.folder / shot.footage), self.digest(shot.footage)) if shot.footage else None
            sources[shot.id] = source_of(shot, output, storyboard.rate, clip)
        images = [shot.card.image for shot in storyboard.shots if shot.card and shot.card.image]
        sounds = [sound.file for sound in storyboard.mix.sounds]
        return Job(
            storyboard=storyboard,
            output=output,
            timeline=build_timeline(storyboard, output, sources),
            target=self.folder / output.file,
            extras=Extras({image: self.digest(image) for image in images}, slates=slates or {}, draft=bool(slates)),
            sounds={sound: self.digest(sound) for sound in sounds},
            locate=self.sources.__getitem__,
            encoder=encoder_of(output),
        )

    def film(self, text: str, name: str = "", executor: Executor | None = None) -> Film:
        """The film of a storyboard."""
        return assembled(self.job(text, name), self.cache, executor=executor)

    def shown(self, text: str, name: str = "") -> list[tuple[int, int] | None]:
        """What every frame of the film shows."""
        return read_clocks(read_film(self.film(text, name).path))


def assembled(job: Job, cache: Cache, watch: Watch = unwatched, executor: Executor | None = None) -> Film:
    """The film of a job, cut in a room of its own."""
    with cutting_room(cache, executor) as room:
        return assemble(job, room, watch)


def load_text(text: str) -> Storyboard:
    """The storyboard of a text, which must be right and names no other."""

    def read_file(name: str) -> bytes:
        raise AssertionError(name)

    storyboard, problems = load("film.yaml", text.encode(), read_file)
    assert not problems, problems
    assert storyboard is not None
    return storyboard


def small(rate: Fraction | int | str = 24, size: str = f"{WIDTH}x{HEIGHT}", **more: object) -> str:
    """The head of a storyboard whose film is small."""
    extra = "".join(f", {name}: {value}" for name, value in more.items())
    return f"""storyboard: 1
title: Test
outputs: {{film: {{file: build/film.mp4, size: {size}, fps: "{rate}"{extra}}}}}
"""


def expected(timeline: Timeline, clips: dict[str, int]) -> list[tuple[int, int] | None]:
    """What a film of clocks must show by its timeline: None where two clips are seen at once."""
    seen: list[tuple[int, int] | None] = [None] * timeline.frames
    for index, clip in enumerate(timeline.clips):
        before = timeline.joins[index - 1].frames if index else 0
        after = timeline.joins[index].frames if index < len(timeline.joins) else 0
        for frame in range(before, clip.frames - after):
            assert seen[clip.start + frame] is None, "two clips claim a frame"
            seen[clip.start + frame] = (clips[clip.shot.id], clip.source_frame(frame))
    return seen


def read_film(path: Path) -> Pictures:
    """Every picture of a clip as luma, in the order in which it is shown."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray()[: frame.height] for frame in container.decode(video=0)]
    return np.stack(frames).astype(np.uint8)


def read_colours(path: Path, frames: Sequence[int]) -> list[NDArray[np.uint8]]:
    """Some pictures of a clip as a player shows them: height, width, red green blue."""
    found = []
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in frames:
                found.append(frame.to_ndarray(format="rgb24").astype(np.uint8))
    return found


def read_sound(path: Path) -> Sound:
    """The sound of a film, as a player hears it: numbers by channels, at the film's own rate."""
    command = [ffmpeg.binary(), "-loglevel", "error", "-i", str(path), "-map", "0:a:0", "-f", "f32le", "-ac", "2", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return np.frombuffer(done.stdout, np.float32).reshape(-1, 2)


def pitch(sound: Sound, start: float, stop: float) -> float:
    """The strongest frequency in a stretch of sound, in hertz; 0 where it is silent."""
    part = sound[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)].mean(axis=1)
    if not len(part) or level(part) < 1e-3:
        return 0.0
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), n=1 << 17))
    return float(spectrum.argmax() * SAMPLE_RATE / (1 << 17))


def strength(sound: Sound, hertz: float, start: float, stop: float) -> float:
    """How strong one frequency is in a stretch of sound: the amplitude of its sine."""
    part = sound[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)].mean(axis=1).astype(float)
    time = np.arange(len(part)) / SAMPLE_RATE
    window = np.hanning(len(part))
    return float(2 * abs((part * window * np.exp(-2j * np.pi * hertz * time)).sum()) / window.sum())


def level(sound: NDArray[Any]) -> float:
    """The root of the mean square of samples."""
    return float(np.sqrt((sound.astype(float) ** 2).mean())) if len(sound) else 0.0
