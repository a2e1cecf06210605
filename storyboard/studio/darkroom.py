"""The pictures that a page shows of a film: those that were made before at once, the others as they are made."""

from __future__ import annotations

import threading
import time
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from storyboard.errors import Interrupted, StoryboardError
from storyboard.report.looks import Looks, Seen, grade_of, look, recall
from storyboard.report.sights import Sight, sights_of
from storyboard.report.survey import Survey
from storyboard.store.crew import at_once
from storyboard.studio.board import Board
from storyboard.studio.shelf import Shelf
from storyboard.studio.view import pictures_of
from storyboard.studio.words import visible

WORKERS = 2
"""Pictures that are made at a time: whoever edits meanwhile needs the machine too."""
REEL = ("reel", "steps", "shape")
"""What is shown of a shot in the strip."""
PACE = 0.25
"""Seconds between two messages of pictures."""


@dataclass(slots=True)
class Darkroom:
    """The pictures of one film, kept at hand for as long as its studio is open."""

    kept: dict[str, Seen] = field(default_factory=dict)
    """By the keys of their sights: those that the film had when it was last looked at."""

    def sort(self, survey: Survey) -> tuple[Looks, list[Sight]]:
        """What there is of a film's pictures, and what is still to be made, in the film's order."""
        cache, looks, lacking, now = survey.production.cache, Looks(), list[Sight](), dict[str, Seen]()
        for sight in sights_of(survey, grade_of(len(survey.shots))):
            seen = now.get(sight.key) or self.kept.get(sight.key) or recall(cache, sight)
            if seen is None:
                lacking.append(sight)
            else:
                now[sight.key] = seen
                looks.add(sight, seen)
        self.kept = now
        return looks, lacking


@dataclass(slots=True)
class Showing:
    """A film as its pages show it, for as long as that is so."""

    survey: Survey
    looks: Looks
    shelf: Shelf
    shots: list[dict[str, Any]]
    """What is shown of each: what comes of its pictures is put there, and told."""
    board: Board
    idle: threading.Event
    """Set while nobody waits for anything else: what is edited goes before pictures."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False

    def end(self) -> None:
        """Something else is shown from now on: nothing more is told of this."""
        with self.turn:
            self.over = True

    def follow(self, lacking: list[Sight], before: Showing | None) -> None:
        """Take the place of what was shown before. Shots whose pictures are lacking look as they did there."""
        if before:
            before.end()
        awaited = {sight.name for sight in lacking if sight.kind == "shot"}
        old = {shot["id"]: shot for shot in before.shots if shot["reel"]} if before else {}
        for planned, shot in zip(self.survey.shots, self.shots, strict=True):
            shot["awaited"] = planned.shot.id in awaited
            if shot["awaited"] and before and (known := old.get(shot["id"])):
                shot.update({name: known[name] for name in REEL})
                self.shelf.take_over(known["reel"], before.shelf)

    def develop(self, lacking: list[Sight]) -> None:
        """Make the pictures that are lacking and tell of them as they come, until something else is shown. What cannot
        be shown is left out."""
        came, told = set[str](), time.monotonic()
        for sight, seen in at_once(self._look, lacking, WORKERS):
            if not isinstance(seen, StoryboardError):
                self.looks.add(sight, seen)
            came.add(sight.name)
            if time.monotonic() - told > PACE:
                self._tell(came)
                came, told = set(), time.monotonic()
            if self.over:
                return
        self._tell([planned.shot.id for planned in self.survey.shots])  # some have pictures of others

    def _look(self, sight: Sight) -> Seen:
        self.idle.wait()
        if self.over:
            raise Interrupted("something else is shown")
        return look(self.survey.production.cache, sight)

    def _tell(self, shots: Container[str]) -> None:
        """Tell what there is to see of some shots by now, where that is new."""
        new = []
        for index, planned in enumerate(self.survey.shots):
            if planned.shot.id in shots:
                pictures = {**visible(pictures_of(self.survey, self.looks, self.shelf, planned)), "awaited": False}
                if any(self.shots[index][name] != value for name, value in pictures.items()):
                    new.append((index, pictures))
        with self.turn:
            if new and not self.over:
                for index, pictures in new:
                    self.shots[index].update(pictures)
                self.board.tell("pictures", new, kept=False)
