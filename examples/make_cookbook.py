"""Make what the films of the cookbook are made from: smaller photographs, sounds, a clip, a logo, a look.

python -m examples.make_cookbook

Needs what storyboard needs, and espeak-ng for the voices, which hold the place of yours.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw

from examples.make_music import RATE, compose, frequency

HERE = Path(__file__).parent
FOLDER = HERE / "cookbook"
LONG_SIDE = 1200
VOICES = {
    "bowl.en": ("en-gb", "One bowl. One summer. Made by hand."),
    "bowl.de": ("de", "Eine Schale. Ein Sommer. Von Hand gemacht."),
    "bowl.fr": ("fr-fr", "Un bol. Un été. Fait à la main."),
    "seed": ("en-gb", "Every hair of a dandelion is a parachute."),
    "wind": ("en-gb", "A breath of wind is enough, and a seed can travel a hundred kilometres."),
    "spring": ("en-gb", "Where it lands, the next spring begins."),
    "trailer": ("en-gb", "Some paths are only walked once."),
}


def photographs() -> None:
    """The examples' photographs, reduced."""
    for photo in sorted({*HERE.glob("first-light/stills/*.jpg"), *HERE.glob("small-things/stills/*.jpg")}):
        with Image.open(photo) as image:
            image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
            image.save(FOLDER / "stills" / photo.name, quality=56, optimize=True)


def ffmpeg(*arguments: str, data: bytes | None = None) -> None:
    """One call of the pinned ffmpeg."""
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], input=data, check=True)


def opus(sound: np.ndarray, target: Path, rate: str) -> None:
    """Samples, one or two columns of them, as Opus."""
    channels = str(1 if sound.ndim == 1 else sound.shape[1])
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", channels, "-i", "-"]
    encode = ["-c:a", "libopus", "-b:a", rate, "-bitexact", "-map_metadata", "-1", str(target)]
    ffmpeg(*raw, *encode, data=sound.astype(np.float32).tobytes())


def beat(bars: int) -> np.ndarray:
    """A drum and a bass at 120 beats a minute: a beat is half a second, which is twelve frames at 24."""
    random = np.random.default_rng(3)
    step = RATE // 4  # half a beat
    sound = np.zeros(bars * 8 * step + RATE)
    time = np.arange(int(0.4 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (48 * time + 9 * (1 - np.exp(-30 * time)))) * np.exp(-9 * time)
    hand = np.sin(2 * np.pi * 190 * time) * np.exp(-24 * time) + 0.2 * random.normal(size=len(time)) * np.exp(
        -60 * time
    )
    for index in range(bars * 8):
        for piece, when in ((kick, (0, 3, 4)), (0.6 * hand, (2, 5, 6, 7) if index // 8 % 2 else (2, 6))):
            if index % 8 in when:
                sound[index * step : index * step + len(piece)] += piece
        note = 2 * np.pi * frequency((33, 33, 36, 31)[index // 8 % 4]) * time
        sound[index * step : index * step + len(time)] += 0.25 * np.sin(note) * np.exp(-5 * time)
    return sound[: bars * 8 * step] / np.max(np.abs(sound)) * 0.8


def voices() -> None:
    """Lines spoken by a machine."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (language, line) in VOICES.items():
            wav = Path(folder) / "line.wav"
            subprocess.run(["espeak-ng", "-v", language, "-s", "140", "-p", "40", "-w", str(wav), line], check=True)
            target = FOLDER / "voice" / f"{name}.opus"
            encode = ["-c:a", "libopus", "-b:a", "24k", "-bitexact", "-map_metadata", "-1", str(target)]
            ffmpeg("-i", str(wav), "-af", "lowpass=f=6500,volume=-3dB", *encode)


def clip() -> None:
    """Five seconds that might be a telephone's: a photograph that the camera drifts over, at 30 frames a second."""
    drift = "crop=w=960:h=540:x='40+t*22':y='120-t*8',scale=640:360:flags=lanczos,format=yuv420p"
    photo = str(FOLDER / "stills" / "forest-stream.jpg")
    encode = ["-c:v", "libx264", "-preset", "slow", "-crf", "36", "-bitexact", str(FOLDER / "footage" / "stream.mp4")]
    ffmpeg("-loop", "1", "-r", "30", "-t", "5", "-i", photo, "-vf", drift, *encode)


def logo() -> None:
    """A round mark, transparent around it."""
    image = Image.new("RGBA", (320, 320), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((12, 12, 308, 308), outline=(244, 241, 234, 255), width=16)
    draw.polygon(((70, 220), (138, 110), (178, 168), (206, 132), (256, 220)), fill=(244, 241, 234, 255))
    image.resize((160, 160), Image.Resampling.LANCZOS).save(FOLDER / "logo.png", optimize=True)


def evening() -> None:
    """A look: warm lights, cool and lifted shadows."""
    size = 9

    def entries() -> Iterator[str]:
        for blue, green, red in product(np.linspace(0, 1, size), repeat=3):
            grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue
            warm = (grey - 0.5) * 0.12
            mixed = (red + warm, green + warm * 0.3, blue - warm + 0.015)
            firm = (one - 0.035 * np.sin(2 * np.pi * one) for one in mixed)
            yield " ".join(f"{min(1.0, max(0.0, one)):.4f}" for one in firm)

    lines = ['TITLE "Evening"', f"LUT_3D_SIZE {size}", *entries()]
    (FOLDER / "looks" / "evening.cube").write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    """Everything, anew."""
    for name in ("stills", "music", "voice", "footage", "looks"):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    photographs()
    voices()
    clip()
    logo()
    evening()
    quiet = [[50, 57, 62, 66, 69], [47, 57, 62, 66, 69], [43, 55, 59, 62, 69], [45, 57, 61, 64, 69]]
    bed = compose(quiet, 0.75, 8, seed=5)[: 26 * RATE]
    bed[-2 * RATE :] *= np.linspace(1, 0, 2 * RATE)[:, None]
    opus(bed, FOLDER / "music" / "bed.opus", "40k")
    opus(beat(6), FOLDER / "music" / "beat.opus", "40k")


if __name__ == "__main__":
    main()
