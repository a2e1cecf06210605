"""A film that is watched: looked at again whenever one of its files is another, and drawn anew, free, when it changed.

One thread looks, one makes the small pictures, one draws, one shoots; what they find is told to a board. The last film
that was good stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from storyboard.errors import Interrupted, InvalidStoryboard, Refused, StoryboardError, Usage
from storyboard.examine import examine
from storyboard.family import films_of
from storyboard.foresight import Options
from storyboard.progress import Assembling, Event, Said, ShotMoved
from storyboard.render import render
from storyboard.report.sights import Sight
from storyboard.report.survey import Survey, surveying
from storyboard.settings import Settings
from storyboard.spec.variants import Which
from storyboard.store.project import Project, open_project
from storyboard.studio.board import Board
from storyboard.studio.buying import Offer, Till
from storyboard.studio.darkroom import Darkroom, Showing
from storyboard.studio.shelf import Medium, Shelf
from storyboard.studio.trail import Trail
from storyboard.studio.view import film_view
from storyboard.studio.watching import SECONDS, State, cuts_of, is_file, sources_of, state_of, states_of
from storyboard.studio.words import error_view, problem_views, visible

QUIET = 0.4
"""Seconds without a change before anything is drawn: somebody is typing."""
PACE = 0.1
"""Seconds between two messages of progress."""

Sources = tuple[tuple[Path, State], ...]


@dataclass(slots=True)
class Live:
    """One film, for as long as its studio is open."""

    file: str
    settings_of: Callable[[Path], Settings]
    read_only: bool = False
    variant: str = ""
    """Which film of the storyboard is looked at; empty for the film itself."""
    board: Board = field(default_factory=Board)
    till: Till = field(default_factory=Till)
    shelves: tuple[Shelf, ...] = ()
    """What pages may fetch: of the film as it is, and as it was just before."""
    seen: dict[Path, State] = field(default_factory=dict)
    sources: Sources = ()
    """The files that the film is made from, as they were when it was last looked at and was good."""
    changed: float = 0.0
    drawn: Sources = ()
    """What the draft was cut from."""
    failed: Sources = ()
    """What it could not be cut from."""
    wants_draft: bool = False
    view: dict[str, Any] | None = None
    darkroom: Darkroom = field(default_factory=Darkroom)
    showing: Showing | None = None
    drawing: threading.Thread | None = None
    idle: threading.Event = field(default_factory=threading.Event)
    """Set while the film is not looked at anew."""
    stopping: threading.Event = field(default_factory=threading.Event)
    again: threading.Event = field(default_factory=threading.Event)
    told: float = 0.0
    trail: Trail = field(init=False)

    def __post_init__(self) -> None:
        self.trail = Trail(self.file)

    def start(self) -> None:
        """Look at the film, and go on watching it."""
        threading.Thread(target=self._watch, name="watching", daemon=True).start()

    def stop(self) -> None:
        """Stop watching and drawing; what is being shot goes on as long as this process does."""
        self.stopping.set()
        self.board.close()
        if self.showing:
            self.showing.end()
        if self.drawing:
            self.drawing.join(1)

    def project(self) -> Project:
        """The film's project, opened anew; `Usage` while its file is gone, and for a variant that it does not have;
        InvalidStoryboard where nobody can tell whose takes a variant uses."""
        found = open_project(self.trail.file)
        try:
            return films_of(found, [self.variant])[0]
        except InvalidStoryboard as error:
            error.texts = found.texts
            raise

    def settings(self, project: Project) -> Settings:
        """This user's settings."""
        return self.settings_of(project.root)

    def medium(self, name: str) -> Medium | None:
        """What a page fetches by this name; None for what no page was told of."""
        return next((one.media[name] for one in self.shelves if name in one.media), None)

    def order(self, offer: Offer) -> None:
        """Shoot what was agreed to, in a thread of its own."""
        threading.Thread(target=self._shoot, args=(offer,), name="shooting", daemon=True).start()

    def _watch(self) -> None:
        while not self.stopping.is_set():
            moved = self.trail.watch()
            now = states_of(self.seen or [Path(self.trail.file).absolute()])
            if moved or now != self.seen or self.again.is_set():
                self.again.clear()
                self.idle.clear()
                try:
                    self._look(now)
                except Exception as error:  # noqa: BLE001 - a page that stands still would say nothing of it
                    self._publish({"error": _failure(error)})
                finally:
                    self.idle.set()
            self._draw_when_quiet()
            self.stopping.wait(SECONDS)

    def _look(self, now: dict[Path, State]) -> None:
        """See how the film stands, and tell it."""
        self.seen = now
        try:
            found = open_project(self.trail.file)
        except Usage as error:
            self.wants_draft = False
            self._publish({"gone": error_view(error)})
            return
        except OSError as error:
            self.wants_draft = False
            self._publish({"gone": {"message": f"it cannot be read: {str(error.strerror).lower()}", "hint": ""}})
            return
        self.trail.keep()
        project = replace(found, which=Which(self.variant))
        settings = self.settings(project)
        storyboard, problems = examine(project, cache=project.cache(settings.home))
        sources = sources_of(project, storyboard, project.texts)
        films = cuts_of(project, storyboard) if storyboard and storyboard.outputs else set()
        self.seen = states_of({*sources, *films, Path(self.trail.file).absolute()}) | now
        if problems:
            self.wants_draft = False
            self._publish({"problems": problem_views(problems, project.texts)})
            return
        made_from = tuple(sorted((path, self.seen[path]) for path in sources))
        if made_from != self.sources:
            self.sources, self.changed = made_from, time.monotonic()
            self.board.tell("draft", {"done": True})
        try:
            with ExitStack() as stack:
                survey = stack.enter_context(surveying(films_of(found, [self.variant])[0], settings, storyboard))
                if lacking := self._show(survey, drafted=made_from == self.drawn):
                    args = (self.showing, lacking, stack.pop_all())
                    threading.Thread(target=self._develop, args=args, name="developing", daemon=True).start()
        except InvalidStoryboard as error:
            self._publish({"problems": problem_views(error.problems, project.texts)})

    def _show(self, survey: Survey, *, drafted: bool) -> list[Sight]:
        """Tell everything of a film that is good, with those of its pictures that there are; the others."""
        shelf = Shelf()
        looks, lacking = self.darkroom.sort(survey)
        view = visible(film_view(survey, looks, shelf, drafted=drafted))
        showing = Showing(survey, looks, shelf, view["shots"], self.board, self.idle)
        showing.follow(lacking, self.showing)
        self.view, self.showing = view, showing
        self.shelves = (shelf, *self.shelves[:1])
        shown = view["film"]
        self.wants_draft = not self.read_only and (shown is None or shown["older"]) and not view["misfit"]
        self._publish({})
        return lacking

    def _develop(self, showing: Showing, lacking: list[Sight], kept: ExitStack) -> None:
        """Make the pictures that are lacking, and let go of the film's files then."""
        with kept:
            try:
                showing.develop(lacking)
            except Exception as error:  # noqa: BLE001 - as in `_watch`
                self._publish({"error": _failure(error)})

    def _publish(self, told: Mapping[str, Any]) -> None:
        known: dict[str, Any] = {"problems": [], "gone": None, "error": None}
        state = {
            "file": self.trail.file, "variant": self.variant, "moved": self._moved(), "read_only": self.read_only,
            **known, **told, "film": self.view,
        }  # fmt: skip
        self.board.tell("state", state)

    def _moved(self) -> dict[str, str] | None:
        """What is to be said of a storyboard that has another name than it was opened with."""
        if not self.trail.was_renamed:
            return None
        message = f"{Path(self.trail.first).name} is called {Path(self.trail.file).name} now, and is followed"
        found: dict[str, str] = visible({"message": message, "hint": self._left_behind()})
        return found

    def _left_behind(self) -> str:
        """What is to be done about the lock of a storyboard that was renamed without it; empty for nothing."""
        old, new = (Path(one).with_suffix(".lock") for one in (self.trail.first, self.trail.file))
        stays = self.trail.was_renamed and is_file(old) and state_of(new) is None
        return f"its takes are still named in {old.name}: rename that to {new.name} too" if stays else ""

    def check_lock(self) -> None:
        """`Refused` while nobody can see what was paid for: nothing is ordered then."""
        if left := self._left_behind():
            raise Refused("nothing is ordered for a film whose lock was left behind", hint=left)

    def _draw_when_quiet(self) -> None:
        busy = self.drawing is not None and self.drawing.is_alive()
        quiet = time.monotonic() - self.changed > QUIET
        if self.wants_draft and quiet and not busy and self.sources not in (self.drawn, self.failed):
            self.drawing = threading.Thread(target=self._draw, args=(self.sources,), name="drawing", daemon=True)
            self.drawing.start()

    def _draw(self, sources: Sources) -> None:
        """Draw what lacks a take and cut the draft: free, and given up when the film changes meanwhile."""

        def watch(event: Event) -> None:
            if self.stopping.is_set() or self.sources != sources:
                raise Interrupted("the film was changed meanwhile")
            self._progress("draft", event)

        try:
            project = self.project()
            render(project, self.settings(project), Options(draft="circled"), watch)
            self.drawn = sources
            self.board.tell("draft", {"done": True})
        except Interrupted:
            self.board.tell("draft", {"done": True})
        except Exception as error:  # noqa: BLE001 - whatever it is, it would come again and again
            self.failed = sources
            self.board.tell("draft", {"done": True, "error": error_view(error)})
        self.again.set()

    def _shoot(self, offer: Offer) -> None:
        try:
            with self.till.serving():
                project = self.project()
                done = self.till.buy(
                    project, self.settings(project), offer, lambda event: self._progress("shooting", event)
                )  # fmt: skip
            numbers = [take.number for take in done.takes]
            spent = f"{done.spent.normalize():f}"
            told: dict[str, Any] = {"done": True, "shot": offer.shot, "takes": numbers, "spent": spent}
            self.board.tell("shooting", told | _strayed(project, offer.shot))
        except Exception as error:  # noqa: BLE001 - a page that waits would never hear of it
            self.board.tell("shooting", {"done": True, "shot": offer.shot, "error": error_view(error)})
        self.again.set()

    def _progress(self, what: str, event: Event) -> None:
        """Tell how far a draft or an order has come, but not more often than anybody can see."""
        now = time.monotonic()
        if isinstance(event, ShotMoved):
            if event.state in ("held", "failed"):
                self.again.set()
            elif event.state == "downloading" and now - self.told < PACE:
                return
            value = {"shot": event.shot, "state": event.state, "bytes": event.bytes}
        elif isinstance(event, Assembling):
            if now - self.told < PACE and event.done < event.total:
                return
            value = {"output": event.output, "part": event.done / max(1, event.total)}
        elif isinstance(event, Said) and what == "shooting":
            value = {"said": event.text, "hint": event.hint}
        else:
            return
        self.told = now
        self.board.tell(what, visible({"done": False, **value}))


def _failure(error: Exception) -> dict[str, str]:
    """What went wrong, where that may be anything."""
    known = isinstance(error, StoryboardError)
    return error_view(error) if known else {"message": f"{type(error).__name__}: {error}"[:300], "hint": ""}


def _strayed(project: Project, shot: str) -> dict[str, Any]:
    """What is to be said of takes whose storyboard was renamed or removed while they were shot; nothing of others."""
    if is_file(project.file):
        return {}
    lock = project.beside(".lock").name
    message = f"{project.file.name} is not there any more: the new takes of {shot} are named in {lock}"
    hint = "move what it says of them into the lock of the storyboard, whatever that is called now"
    return {"error": visible({"message": message, "hint": hint})}
