"""Draw the pictures of the README and the documentation, all of them or those that are named; Chromium must be there.

storyboard render examples/first-light/film.yaml
for film in examples/cookbook/*.yaml; do storyboard render $film; done
python docs/make_pictures.py [first_light] [studio] [terminal] [cookbook] [transitions]
"""

from __future__ import annotations

import contextlib
import fcntl
import html
import io
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont, ImageOps
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

from storyboard.spec.transitions import XFADES

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "first-light" / "film.yaml"
STILLS = EXAMPLE.parent / "stills"
STORYBOARD = [sys.executable, "-m", "storyboard"]
COLUMNS = 140
HOSTED = {"STORYBOARD_STILLS_HOST": "s3://stills/first-light", "STORYBOARD_STILLS_URL": "https://stills.example.org"}
"""Where the plan that is shown would put its stills."""
SCREEN = """
main { display: inline-block; padding: 14px 18px; border-radius: 10px; background: #14181d; color: #d7dce2; }
div { font: 15px/18px 'DejaVu Sans Mono', monospace; white-space: pre; height: 18px; }
i { display: inline-block; width: 1ch; height: 18px; vertical-align: top; }
body { margin: 0; }
"""
"""How the terminal looks."""
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
    """The contact sheet of the example film."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *STORYBOARD,
            "report",
            str(EXAMPLE),
            "--out",
            f"{folder}/a.html",
            "--contact-sheet",
            f"{folder}/a.png",
        ]
        subprocess.run(command, check=True)
        with Image.open(f"{folder}/a.png") as sheet_:
            picture = sheet_.convert("RGB")
    picture.save(ROOT / "docs" / "first-light.jpg", quality=84, optimize=True)


def studio() -> None:
    """The studio of the example film, one of its shots looked at."""
    command, env = [*STORYBOARD, "studio", EXAMPLE.name, "--no-open"], {**os.environ, "COLUMNS": "200"}
    with subprocess.Popen(command, cwd=EXAMPLE.parent, stderr=subprocess.PIPE, text=True, env=env) as running:
        address = (running.stderr.readline() if running.stderr else "").split()[-1]
        try:
            with page_of(1280, 1000) as page:
                page.goto(address)
                page.wait_for_selector("[id='cell harvest']", timeout=60_000)
                page.wait_for_selector(".awaited", state="detached", timeout=60_000)
                page.wait_for_timeout(3000)
                page.locator("[id='cell seeds']").click()
                page.evaluate("document.getElementById('film').currentTime = 16.9")
                page.wait_for_timeout(3000)
                keep(page.screenshot(), "studio")
        finally:
            running.send_signal(signal.SIGINT)


def terminal() -> None:
    """The strip and the plan of the example film, as a terminal shows them."""
    rows = []
    for words in (["strip", EXAMPLE.name], ["plan", EXAMPLE.name, "--gateway", "remote"]):
        rows += [f"<b>$ storyboard {' '.join(words)}</b>", *map(row_of, shown([*STORYBOARD, *words])), ""]
    lines = "".join(f"<div>{row or '&nbsp;'}</div>" for row in rows[:-1])
    with page_of(900, 300) as page:
        page.set_content(f"<style>{SCREEN}</style><main>{lines}</main>")
        page.locator("main").screenshot(path=str(ROOT / "docs" / "terminal.png"), omit_background=True)
    with Image.open(ROOT / "docs" / "terminal.png") as image:
        small = image.quantize(200, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(ROOT / "docs" / "terminal.png", optimize=True)


def shown(command: list[str]) -> Iterable[Text]:
    """What a terminal shows of a command, line by line."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    own = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS")}
    env = {**own, **HOSTED, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    data = b""
    with subprocess.Popen(command, cwd=EXAMPLE.parent, stdin=far, stdout=far, stderr=far, env=env):
        os.close(far)
        with contextlib.suppress(OSError):  # its end
            while part := os.read(near, 65536):
                data += part
    os.close(near)
    return Text.from_ansi(data.decode().replace("\r\n", "\n").rstrip()).split("\n")


def row_of(line: Text) -> str:
    """A line as markup; a cell that is half one colour and half another is painted: so rows meet without a seam."""
    found = []
    for text, style, _ in line.render(Console(width=COLUMNS + 20, color_system="truecolor")):
        chosen = style or Style()
        ink, paper = (one and one.get_truecolor(MONOKAI).hex for one in (chosen.color, chosen.bgcolor))
        if "▀" in text:
            found += [f"<i style='background:linear-gradient({ink} 50%,{paper} 50%)'> </i>" for _ in text]
        else:
            bold, dim = ";font-weight:700" * bool(chosen.bold), ";opacity:.6" * bool(chosen.dim)
            found.append(f'<span style="color:{ink or INK}{bold}{dim}">{html.escape(text)}</span>')
    return "".join(found)


@contextlib.contextmanager
def page_of(width: int, height: int) -> Iterator[Page]:
    """A page of the system's Chromium, each of its pixels four."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=2, reduced_motion="reduce",
            color_scheme="dark",
        )  # fmt: skip
        browser.close()


def keep(png: bytes, name: str) -> None:
    """Keep a picture of a page, small enough to be looked at on a train."""
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(ROOT / "docs" / f"{name}.webp", quality=72, method=6)


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
    known = {one.__name__: one for one in (first_light, studio, terminal, cookbook, transitions)}
    for name in sys.argv[1:] or known:
        known[name]()
