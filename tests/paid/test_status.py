"""How a film stands is told by what is on record: no take is opened for it, however large the takes are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from storyboard.cli.tables import status_json
from storyboard.foresight import Options, make_plan
from tests.paid.sets import ALL, Set

CHAIN = ("{id: a, first: plain.png, prompt: One.}", "{id: b, first: {shot: a, frame: last}, prompt: Two.}")
OPENED: list[str] = []
HEARD: list[bool] = []


def hear(event: str, args: tuple[object, ...]) -> None:
    """Take note of every file that is opened, while somebody listens."""
    if HEARD and event == "open":
        OPENED.append(str(args[0]))


sys.addaudithook(hear)


@contextmanager
def listening() -> Iterator[list[str]]:
    """The names of the files that are opened in the block."""
    OPENED.clear()
    HEARD.append(True)
    try:
        yield OPENED
    finally:
        HEARD.clear()


def test_status_of_a_film_whose_takes_are_held_opens_none_of_them(one: Set) -> None:
    one.write(*CHAIN)
    takes = one.render(replace(ALL, allow_held_open=True)).takes
    clips = [one.clip(take.sha256) for take in takes.values()]
    assert len(clips) == 2
    with listening() as opened:
        _, wanted = make_plan(one.project, one.settings(), Options(), live=False)
        assert '"held"' in status_json(wanted)
    assert [shot.state for shot in wanted.shots] == ["held", "held"]
    assert str(one.folder / "film.lock") in opened, "the lock is read, so opening is heard"
    assert [name for name in opened if name in map(str, clips)] == []

    for clip in clips:  # what nobody reads may say anything
        clip.chmod(0o600)
        clip.write_bytes(bytes(clip.stat().st_size))
    assert [shot.state for shot in make_plan(one.project, one.settings(), Options(), live=False)[1].shots] == [
        "held", "held",
    ]  # fmt: skip
