"""Write the music beds of the examples: synthesised, so that they are free to use (CC0).

    python examples/make_music.py

Needs what storyboard needs: NumPy, and the ffmpeg of imageio-ffmpeg.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

RATE = 48_000
HERE = Path(__file__).parent


def frequency(note: float) -> float:
    """Hertz of a MIDI note."""
    return 440.0 * 2 ** ((note - 69) / 12)


def pad(notes: list[int], seconds: float) -> np.ndarray:
    """A slow chord: soft harmonics, each voice a little out of tune with itself, swelling and ebbing."""
    time = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros((len(time), 2))
    for index, note in enumerate(notes):
        for detune, side in ((-0.06, 0.3), (0.0, 0.5), (0.05, 0.7)):
            pitch = frequency(note + detune)
            voice = sum(np.sin(2 * np.pi * pitch * n * time + index + n) / n**2.2 for n in range(1, 6))
            voice *= 0.75 + 0.25 * np.sin(2 * np.pi * (0.11 + 0.03 * index) * time + index)
            sound += voice[:, None] * np.array([1 - side, side])
    rise, fall = int(1.6 * RATE), int(2.2 * RATE)
    level = np.ones(len(time))
    level[:rise] = np.sin(np.linspace(0, np.pi / 2, rise)) ** 2
    level[-fall:] = np.cos(np.linspace(0, np.pi / 2, fall)) ** 2
    return sound * level[:, None] / (len(notes) * 3)


def pluck(note: int, velocity: float, side: float) -> np.ndarray:
    """A struck string, far away."""
    time = np.arange(int(2.4 * RATE)) / RATE
    pitch = frequency(note)
    tone = sum(np.sin(2 * np.pi * pitch * n * time) * np.exp(-time * (1.9 + 1.5 * n)) / n for n in range(1, 5))
    tone *= np.minimum(time / 0.006, 1.0) * velocity
    return tone[:, None] * np.array([1 - side, side])


def compose(chords: list[list[int]], beat: float, beats: int, seed: int) -> np.ndarray:
    """Pads under an arpeggio that wanders over the chord, sparse at first."""
    random = np.random.default_rng(seed)
    length = int((len(chords) * beats * beat + 4) * RATE)
    sound = np.zeros((length, 2))

    def lay(piece: np.ndarray, at: float, level: float) -> None:
        start = int(at * RATE)
        stop = min(length, start + len(piece))
        sound[start:stop] += piece[: stop - start] * level

    for index, chord in enumerate(chords):
        at = index * beats * beat
        lay(pad(chord, beats * beat + 2.0), at, 0.55)
        lay(pad([chord[0] - 12], beats * beat + 1.2), at, 0.5)
        for step in range(beats * 2):
            if index == 0 and step < beats:
                continue
            if random.random() < (0.35 if step % 2 else 0.8):
                note = int(random.choice(chord[1:])) + 12 * int(random.integers(0, 2))
                lay(pluck(note, 0.4 + 0.4 * random.random(), 0.25 + 0.5 * random.random()), at + step * beat / 2, 0.16)
    return sound / np.max(np.abs(sound)) * 0.8


def write(sound: np.ndarray, target: Path) -> None:
    """Echo, a little warmth, and Opus."""
    effects = "aecho=0.8:0.7:310|487|743:0.28|0.2|0.13,lowpass=f=7500,volume=-2dB"
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "-"]
    opus = ["-c:a", "libopus", "-b:a", "96k", "-bitexact", "-map_metadata", "-1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *raw, "-af", effects, *opus, str(target)]
    subprocess.run(command, input=sound.astype(np.float32).tobytes(), check=True)


if __name__ == "__main__":
    morning = [[50, 57, 62, 66, 69, 76], [47, 57, 62, 66, 69, 74], [43, 55, 59, 62, 69, 74], [45, 57, 62, 64, 69, 73]]
    write(compose(morning, 0.84, 8, seed=7), HERE / "first-light" / "music" / "first-light.opus")
    market = [[52, 59, 64, 68, 71], [49, 56, 61, 64, 71], [45, 57, 61, 64, 68]]
    write(compose(market, 0.5, 8, seed=11), HERE / "small-things" / "music" / "small-things.opus")
