"""Draw the README's contact sheet from the example film.

storyboard render examples/first-light/film.yaml
python docs/make_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import av
from PIL import Image

ROOT = Path(__file__).parent.parent
FILM = ROOT / "examples" / "first-light" / "build" / "first-light.mp4"
COLUMNS, ROWS, WIDTH, GAP = 4, 3, 300, 6
PAPER = "#101418"


def main() -> None:
    """A frame for every equal part of the film, in rows."""
    with av.open(str(FILM)) as film:
        count = film.streams.video[0].frames
        wanted = {round((index + 0.5) * count / (COLUMNS * ROWS)): index for index in range(COLUMNS * ROWS)}
        height = round(WIDTH * film.streams.video[0].height / film.streams.video[0].width)
        size = (COLUMNS * (WIDTH + GAP) + GAP, ROWS * (height + GAP) + GAP)
        sheet = Image.new("RGB", size, PAPER)
        for number, frame in enumerate(film.decode(video=0)):
            if number in wanted:
                row, column = divmod(wanted[number], COLUMNS)
                picture = frame.to_image().resize((WIDTH, height), Image.Resampling.LANCZOS)
                sheet.paste(picture, (GAP + column * (WIDTH + GAP), GAP + row * (height + GAP)))
    sheet.save(ROOT / "docs" / "first-light.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
