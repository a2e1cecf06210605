"""The studio over HTTP: its page, what that shows, and what it is told. `guard` decides who may speak to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from storyboard.errors import InvalidStoryboard, Refused, StoryboardError, Usage
from storyboard.proposing import put_bytes
from storyboard.studio import choosing, edits
from storyboard.studio.buying import MOST
from storyboard.studio.guard import Guard
from storyboard.studio.live import Live
from storyboard.studio.words import error_view, problem_views, visible

LARGEST = 64 * 1024
"""Bytes of what a page tells."""
SCRIPTS = ("studio", "acts", "again", "now", "parts", "player", "shot", "strip")
PAGES = {
    "": ("studio/pages/studio.html", "text/html"),
    "base.css": ("report/pages/base.css", "text/css"),
    "studio.css": ("studio/pages/studio.css", "text/css"),
    **{f"{name}.js": (f"studio/pages/{name}.js", "text/javascript") for name in SCRIPTS},
    "icon.svg": ("studio/pages/icon.svg", "image/svg+xml"),
    "text.otf": ("fonts/Inter-Medium.otf", "font/otf"),
    "display.otf": ("fonts/InterDisplay-SemiBold.otf", "font/otf"),
}
"""The page's own files: where each is in the package, and what it is."""
CODES = {2: 400, 3: 402, 4: 409}
"""What a page is answered for an error, by its exit code; 422 for any other."""

Told = Mapping[str, Any]


@dataclass(slots=True)
class _Written:
    """The last edit that was written: it can be put back, while the file is still what it wrote."""

    path: Path
    before: bytes
    after: bytes


@dataclass(slots=True)
class Studio:
    """What a page may do with a film. Every answer is plain values."""

    live: Live
    turn: threading.Lock = field(default_factory=threading.Lock)
    last: _Written | None = None

    def preview(self, told: Told) -> Told:
        """What an edit, or another choice of a take, would write: its patch, and a mark of what was looked at."""
        proposal = self._proposal(told)
        path = proposal.path.name
        problems = problem_views(proposal.problems, proposal.texts)
        mark = "" if problems else proposal.mark
        return {"file": path, "diff": visible(proposal.diff.split("\n")), "mark": mark, "problems": problems}

    def apply(self, told: Told) -> Told:
        """Write what was previewed; `Transient` when its file is another one by now."""
        mark, project = _text(told, "mark"), self.live.project()
        with self.turn:
            if "choose" in told:
                shot, take = _text(told, "shot"), _text(told, "choose")
                done = choosing.choose(project, self.live.settings(project), shot, take, mark)
            else:
                done = self._proposal(told)
                edits.write(done, mark)
            self.last = _Written(done.path, done.before, done.after)
        self.live.again.set()
        return {"written": done.path.name}

    def put_back(self, _: Told) -> Told:
        """Undo the last edit; `Transient` when its file is not what it wrote any more."""
        with self.turn:
            last, project = self.last, self.live.project()
            if last is None or not last.before:
                raise Refused("there is no edit to put back", hint="git has the versions before")
            if last.path == project.beside(".lock"):
                choosing.put_lock_back(project, self.live.settings(project), last.before, last.after)
            else:
                put_bytes(last.path, last.after, last.before)
            self.last = None
        self.live.again.set()
        return {"written": last.path.name}

    def quote(self, told: Told) -> Told:
        """What more takes of a shot cost, one unless a `count` says otherwise; nothing is bought."""
        self.live.check_lock()
        project, count = self.live.project(), told.get("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
            raise Usage(f"1 to {MOST} takes can be ordered at once")
        return self.live.till.quote(project, self.live.settings(project), _text(told, "shot"), count).view()

    def retake(self, told: Told) -> Told:
        """Order more takes, at the price of an offer that is named and agreed to."""
        self.live.check_lock()
        offer = self.live.till.take(told)
        self.live.order(offer)
        return {"shot": offer.shot}

    def _proposal(self, told: Told) -> edits.Proposal:
        project = self.live.project()
        settings = self.live.settings(project)
        if "choose" in told:
            return choosing.foresee_choice(project, settings, _text(told, "shot"), _text(told, "choose"))
        return edits.propose(project, edits.read_wish(told), project.cache(settings.home))


def application(
    live: Live, word: str, port: int, once: str = "", prove: Callable[[str], str] | None = None
) -> Guard:  # fmt: skip
    """The studio as an ASGI application, for a port of this machine; the other values are those of `Guard`."""
    studio = Studio(live)
    acts = (studio.preview, studio.apply, studio.put_back, studio.quote, studio.retake)
    routes = [
        Route("/events", _events(live)),
        Route("/media/{name}", _media(live)),
        *(Route(f"/{act.__name__.replace('_', '-')}", _act(live, act), methods=["POST"]) for act in acts),
        Route("/{name}", _page),
        Route("/", _page),
    ]
    return Guard(Starlette(routes=routes), word, port, once, prove)


async def _page(request: Request) -> Response:
    known = PAGES.get(request.path_params.get("name", ""))
    if known is None:
        return PlainTextResponse("there is nothing here", 404)
    path, kind = known
    return Response(package_files("storyboard").joinpath(path).read_bytes(), media_type=kind)


def _events(live: Live) -> Callable[[Request], Any]:
    async def events(_: Request) -> Response:
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(live.board.listen(), media_type="text/event-stream", headers=headers)

    return events


def _media(live: Live) -> Callable[[Request], Any]:
    """Pictures and clips, by the names that the page was told; a part of a clip where a part is asked for."""

    async def media(request: Request) -> Response:
        medium = live.medium(request.path_params["name"])
        if medium is None or (medium.path and not medium.path.is_file()):
            return PlainTextResponse("there is nothing here", 404)
        kept = {"cache-control": "private, max-age=86400, immutable"}
        if medium.path:
            return FileResponse(medium.path, media_type=medium.kind, headers=kept)
        return Response(medium.data, media_type=medium.kind, headers=kept)

    return media


def _act(live: Live, act: Callable[[Told], Told]) -> Callable[[Request], Any]:
    """Something that is told, not asked: refused where the studio only shows."""

    async def told(request: Request) -> Response:
        if live.read_only:
            return JSONResponse({"message": "this studio only shows", "hint": "start it without `--read-only`"}, 403)
        try:
            body = await _body(request)
            return JSONResponse(dict(await run_in_threadpool(act, body)))
        except InvalidStoryboard as error:
            problems = problem_views(error.problems, error.texts)
            message = {"message": "the storyboard has problems: mend those first", "hint": "", "problems": problems}
            return JSONResponse(message, 422)
        except StoryboardError as error:
            return JSONResponse(error_view(error), CODES.get(error.exit_code, 422))
        except OSError as error:
            return JSONResponse({"message": f"it cannot be written: {error.strerror}", "hint": ""}, 422)

    return told


async def _body(request: Request) -> Told:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            raise Usage("that is too much at once")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Usage("the studio is told in JSON")
    return value


def _text(told: Told, name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or len(value) > 200:
        raise Usage(f"`{name}` is missing")
    return value
