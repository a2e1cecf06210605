"""Put the cookbook's films, and what they would cost, into their pages.

python -m docs.make_cookbook
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from storyboard.cli.main import run

ROOT = Path(__file__).parent.parent
FILMS = ROOT / "examples" / "cookbook"
PAGES = ROOT / "docs" / "cookbook"
SCHEMA_LINE = re.compile(r"\A# yaml-language-server: .*\n")
PLACE = re.compile(r"(?<=\n)```yaml\n.*?\n?```\n(?:\n\*\*Price\*\*.*?\n\n)?", re.DOTALL)


def page(text: str, film: Path) -> str:
    """A page with the film and its price in the place of those that it has."""
    yaml = SCHEMA_LINE.sub("", film.read_text("utf-8"))
    return PLACE.sub(lambda _: f"```yaml\n{yaml}```\n\n**Price**: {price(film)}\n\n", text, count=1).replace(
        "\n\n\n", "\n\n"
    )


def price(film: Path) -> str:
    """What a film and all of its variants would cost, by the built-in prices."""
    variants = ["--variant", "all"] if "\nvariants:" in film.read_text("utf-8") else []
    said = io.StringIO()
    with redirect_stdout(said):
        code = run(["plan", str(film), "--gateway", "remote", "--json", *variants])
    if code:
        raise ValueError(f"{film.name} has problems")
    plan = json.loads(said.getvalue())
    clips = sum(shot["state"] == "missing" for shot in plan["shots"])
    them = "it is" if clips == 1 else "they are"
    return f"at most ${plan['estimate']} for {clips} clip{'s' * (clips > 1)}, as {them} written here."


def main() -> None:
    """Every page, from a copy of the films and an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STORYBOARD_HOME"] = f"{folder}/home"
        films = shutil.copytree(FILMS, f"{folder}/films", ignore=shutil.ignore_patterns(".storyboard", "build"))
        Path(films, "storyboard.toml").touch()
        for film in sorted(Path(films).glob("*.yaml")):
            target = PAGES / f"{film.stem}.md"
            target.write_text(page(target.read_text("utf-8"), film), "utf-8")


if __name__ == "__main__":
    main()
