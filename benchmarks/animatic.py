"""What a five-second animatic at 720p costs in CPU: the pool's start-up is taken out by drawing several."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import STILLS
from storyboard.gateway import posting
from storyboard.gateway.embedded import embedded_gateway
from storyboard.planner.request import Picture, Request
from storyboard.stills import make_ready, open_still

MODEL, SECONDS = "klingai/kling-v3.0-i2v", 5
MOST_SECONDS = 5


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table: one still and a pair, silent and with sound."""
    yield f"{'':<22}{'CPU':>9}{'of a second of film':>22}"
    worst = 0.0
    for name, last, audio in (("one still", False, False), ("pair", True, False), ("pair, with sound", True, True)):
        cost = (_draw(1 + rounds, last=last, audio=audio) - _draw(1, last=last, audio=audio)) / rounds
        worst = max(worst, cost)
        yield f"{name:<22}{cost:>7.1f} s{cost / SECONDS:>20.2f} s"
    yield f"a shot of {SECONDS} s takes at most {MOST_SECONDS} s of CPU: {'yes' if worst <= MOST_SECONDS else 'NO'}"


def _draw(count: int, *, last: bool, audio: bool) -> float:
    """CPU seconds of a gateway's processes for so many clips, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asyncio.run(_order(count, last=last, audio=audio))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _order(count: int, *, last: bool, audio: bool) -> None:
    picture = Picture("0" * 64, "still", 1280, 720, (5_000, 5_000))
    first, second = (
        posting.Inline("image/jpeg", make_ready(open_still(path, path.name), picture)) for path in STILLS[:2]
    )
    async with embedded_gateway() as client:
        for index in range(count):
            prompt = f"Push in slowly, number {index}."
            request = Request(MODEL, prompt, "", SECONDS, "std", audio, "", picture, picture if last else None)
            enclosed = posting.Enclosed(first, second if last else None)
            answer = await client.generate(MODEL, posting.body(request, enclosed), Path())
            assert answer.clip.url
