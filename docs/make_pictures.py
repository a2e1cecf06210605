"""Draw the pictures of the README and the documentation.

storyboard render examples/first-light/film.yaml
for film in examples/cookbook/*.yaml; do storyboard render $film; done
python docs/make_pictures.py
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import av
import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont, ImageOps

from storyboard.spec.transitions import XFADES

ROOT = Path(__file__).parent.parent
STILLS = ROOT / "examples" / "first-light" / "stills"
FONT = ROOT / "storyboard" / "fonts" / "Inter-Medium.otf"
PAPER, INK, GAP = "#101418", "#f4f1ea", 6
COOKBOOK = {
    "product-loop": 0.3, "before-and-after": 0.9, "recipe": 0.86, "travel": 0.38, "djembe": 0.8, "trailer": 0.85,
    "multilingual-advert": 0.15, "vertical-cut-down.story": 0.15, "photo-album": 0.5, "explainer": 0.58,
    "long-take": 0.9, "mixed-footage": 0.45,
}  # fmt: skip
"""The films of the cookbook, and where in each the frame is that stands for it."""


def frames(film: Path, wanted: list[int]) -> list[Image.Image]:
    """The frames of a film with these numbers, in order."""
    with av.open(str(film)) as opened:
        return [frame.to_image() for number, frame in enumerate(opened.decode(video=0)) if number in wanted]


def count(film: Path) -> int:
    """How many frames a film has."""
    with av.open(str(film)) as opened:
        return opened.streams.video[0].frames


def sheet(tiles: list[Image.Image], columns: int) -> Image.Image:
    """Tiles of one size in rows."""
    width, height = tiles[0].size
    rows = -(-len(tiles) // columns)
    made = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP), PAPER)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        made.paste(tile, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
    return made


def first_light() -> None:
    """A frame for every equal part of the example film."""
    film = ROOT / "examples" / "first-light" / "build" / "first-light.mp4"
    total = count(film)
    wanted = [round((index + 0.5) * total / 12) for index in range(12)]
    tiles = [ImageOps.contain(one, (300, 300), Image.Resampling.LANCZOS) for one in frames(film, wanted)]
    sheet(tiles, 4).save(ROOT / "docs" / "first-light.jpg", quality=88, optimize=True)


def cookbook() -> None:
    """A frame of each film of the cookbook, whole, on paper."""
    tiles = []
    for name, share in COOKBOOK.items():
        film = ROOT / "examples" / "cookbook" / "build" / f"{name}.mp4"
        (frame,) = frames(film, [int(share * count(film))])
        tiles.append(ImageOps.pad(frame, (280, 190), Image.Resampling.LANCZOS, color="#1b2128"))
    sheet(tiles, 4).save(ROOT / "docs" / "cookbook.jpg", quality=76, optimize=True)


def transitions() -> None:
    """Every transition by its name, a third of the way from one picture to another."""
    font = ImageFont.truetype(str(FONT), 12)
    tiles = []
    with tempfile.TemporaryDirectory() as folder:
        for name, photo in (("a", "autumn-ridge"), ("b", "fig-bowl")):
            with Image.open(STILLS / f"{photo}.jpg") as image:
                ImageOps.fit(image, (150, 84), Image.Resampling.LANCZOS).save(f"{folder}/{name}.png")
        inputs = [part for name in "ab" for part in ("-loop", "1", "-t", "1", "-r", "20", "-i", f"{folder}/{name}.png")]
        for name in XFADES:
            graph = f"xfade=transition={name}:duration=1:offset=0,select=eq(n\\,7)"
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *inputs, "-filter_complex", graph]
            subprocess.run([*command, "-frames:v", "1", f"{folder}/x.png"], check=True)
            tile = Image.new("RGB", (150, 102), PAPER)
            with Image.open(f"{folder}/x.png") as image:
                tile.paste(image.convert("RGB"), (0, 18))
            ImageDraw.Draw(tile).text((1, 1), name, fill=INK, font=font)
            tiles.append(tile)
    sheet(tiles, 7).save(ROOT / "docs" / "transitions.jpg", quality=64, optimize=True)


if __name__ == "__main__":
    first_light()
    cookbook()
    transitions()
