"""The camera: which part of the picture each frame shows. Plain arithmetic without sines, so every machine agrees."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

REACH = 1.16
"""The closest any move comes."""

PLATE = 1.2
"""How much larger than the frame a picture is prepared: enough that no move ever enlarges it."""

_NEAR = r"(?:\w+ ){0,3}?"  # "pans slowly to the left"
_WORDS = {
    "push": rf"(?:push|zoom|doll(?:y|ie)|mov|creep|track)(?:e?s|ing)? {_NEAR}(?:in|closer|forwards?|towards?)\b",
    "pull": rf"(?:pull|zoom|doll(?:y|ie)|mov|track)(?:e?s|ing)? {_NEAR}(?:back|backwards?|out|away)\b",
    "left": rf"(?:pan|track|truck|slid|mov|sweep)(?:n?ing|e?s|e)? {_NEAR}left(?:wards?)?\b",
    "right": rf"(?:pan|track|truck|slid|mov|sweep)(?:n?ing|e?s|e)? {_NEAR}right(?:wards?)?\b",
    "up": rf"(?:tilt|crane|boom|pedestal)(?:ing|s)? {_NEAR}(?:up|upwards?)\b|camera ris(?:es|ing)",
    "down": rf"(?:tilt|crane|boom|pedestal)(?:ing|s)? {_NEAR}(?:down|downwards?)\b|camera (?:descends|sinks)",
    "orbit": r"\borbit(?:s|ing)?\b|\barc(?:s|ing)?\b|circl(?:es|ing) around",
    "handheld": r"hand-?\s?held|shaky",
    "static": r"\bstatic\b|locked[- ]off|fixed camera|still camera|on a tripod|tripod shot",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _WORDS.items()}


@dataclass(frozen=True, slots=True)
class View:
    """One frame's window on the picture: 1.0 is all of it; x and y run from -1 (left, top edge) to 1."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The window in pixels of a picture of this size. It never leaves the picture."""
        wide, high = width / self.zoom, height / self.zoom
        left = (width - wide) / 2 * (1 + min(1.0, max(-1.0, self.x)))
        top = (height - high) / 2 * (1 + min(1.0, max(-1.0, self.y)))
        return left, top, min(float(width), left + wide), min(float(height), top + high)


Path = Callable[[float], View]
"""From progress (0 at the first frame, 1 at the last) to the view."""


def ease(progress: float) -> float:
    """0 to 1 with a soft start and a soft end; outside, it stays where it is."""
    p = min(1.0, max(0.0, progress))
    return p * p * (3 - 2 * p)


def swell(progress: float, peak: float) -> float:
    """0 to 1 at `peak` and back to 0, soft at all three."""
    return ease(progress / peak) if progress < peak else ease((1 - progress) / (1 - peak))


def seed(prompt: str, salt: str) -> int:
    """A whole number from 0 to 255 that belongs to this prompt."""
    return hashlib.sha256(f"{salt}\0{prompt}".encode()).digest()[0]


def find_move(prompt: str) -> str:
    """The first camera move that the prompt names, or `drift`."""
    text = " ".join(prompt.lower().split())
    found = [(match.start(), name) for name, pattern in _PATTERNS.items() if (match := pattern.search(text))]
    return min(found)[1] if found else "drift"


def plan_move(prompt: str, seconds: int, *, returns: bool) -> Path:
    """The camera's path for a prompt, in a clip of some seconds.

    It starts on the full picture; with `returns` it also ends there.
    """
    move = find_move(prompt)
    aside = (seed(prompt, "x") - 127.5) / 127.5 * 0.6
    above = (seed(prompt, "y") - 127.5) / 127.5 * 0.5
    if move == "static":
        return lambda _progress: View()
    if move == "handheld":
        return _hold_by_hand(prompt, seconds, returns=returns)
    if move in ("push", "pull", "drift"):
        return _go(move, aside, above, returns=returns)
    direction = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}
    bend = 0.0
    if move == "orbit":
        direction["orbit"] = (1.0 if aside > 0 else -1.0, 0.0)
        bend = 0.7
    return _sweep(*direction[move], bend, returns=returns)


def _go(move: str, aside: float, above: float, *, returns: bool) -> Path:
    depth = {"push": REACH - 1, "pull": REACH - 1, "drift": 0.09}[move]
    # A pull back has to get in first, for it starts on the full picture: it does so early and gently.
    peak = {"push": 0.64, "pull": 0.36, "drift": 0.55}[move]

    def path(progress: float) -> View:
        there_and_back = returns or move == "pull"
        amount = swell(progress, peak) if there_and_back else ease(progress)
        return View(1 + depth * amount, aside * amount, above * amount)

    return path


def _sweep(across: float, along: float, bend: float, *, returns: bool) -> Path:
    def path(progress: float) -> View:
        if returns:
            amount, position = swell(progress, 0.5), 2 * ease(progress) - 1
        else:
            amount, position = ease(progress * 1.5), ease(progress)
        arc = bend * (4 * position * (1 - position) if not returns else 1 - position * position)
        return View(1 + (REACH - 1) * amount, across * position, along * position - arc)

    return path


def _hold_by_hand(prompt: str, seconds: int, *, returns: bool) -> Path:
    sway_x = _wander(prompt, "sway x")
    sway_y = _wander(prompt, "sway y")
    breath = _wander(prompt, "breath")

    def path(progress: float) -> View:
        amount = ease(progress * 4) * (ease((1 - progress) * 4) if returns else 1)
        time = progress * seconds
        zoom = 1 + (0.055 + 0.01 * breath(time * 0.6)) * amount
        return View(zoom, 0.5 * sway_x(time * 1.4), 0.6 * sway_y(time * 1.2))

    return path


def _wander(prompt: str, salt: str) -> Callable[[float], float]:
    marks = [(byte - 127.5) / 127.5 for byte in hashlib.sha256(f"{salt}\0{prompt}".encode()).digest()]

    def at(time: float) -> float:
        index = int(time)
        before, after = marks[index % 32], marks[(index + 1) % 32]
        return before + (after - before) * ease(time - index)

    return at
