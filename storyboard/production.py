"""What a plan and a render work with, opened once: the project, the store, the journal, the cache, the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from storyboard import stills
from storyboard.assembler import media
from storyboard.gateway import wire
from storyboard.planner.request import Picture, Request
from storyboard.planner.take import Gateway, Take
from storyboard.settings import Settings
from storyboard.store import files
from storyboard.store.cache import Cache, key_of
from storyboard.store.journal import Journal
from storyboard.store.project import Project
from storyboard.store.takes import TakeStore


@dataclass(slots=True)
class Production:
    """One project at work. It answers the planner's questions (`planner.plan.World`)."""

    project: Project
    settings: Settings
    takes: TakeStore
    journal: Journal
    cache: Cache
    gateway: Gateway
    recipe: str
    """The version of the local drawing; empty for bought takes."""
    digests: dict[str, str] = field(default_factory=dict)
    pictures: dict[Picture, Path] = field(default_factory=dict)
    """The file of every picture that was made ready."""
    sources: dict[str, Path] = field(default_factory=dict)
    """The file of every digest that was asked for."""

    def digest(self, file: str) -> str:
        """The SHA-256 of a project file."""
        if file not in self.digests:
            path = self.project.path(file)
            self.digests[file] = files.sha256(path)
            self.sources[self.digests[file]] = path
        return self.digests[file]

    def find(self, slate: str) -> Take | None:
        """The take that is held for a slate."""
        take = self.journal.find(slate, self.gateway, self.recipe)
        return take if take and self.takes.holds(take.sha256, take.bytes) else None

    def locate(self, digest: str) -> Path:
        """The file of a digest: a project file that was asked for, or a take, its bytes verified."""
        return self.sources.get(digest) or self.takes.verified(digest)

    def weigh(self, request: Request) -> int:
        """How many bytes the request's body has."""
        first, last = (self.ready(one).stat().st_size if one else None for one in (request.first, request.last))
        return wire.weigh(request, first, last)

    def body(self, request: Request) -> bytes:
        """The bytes that order a request, its stills made ready."""
        first, last = (
            wire.Inline("image/jpeg", self.ready(one).read_bytes()) if one else None
            for one in (request.first, request.last)
        )
        return wire.body(request, first, last)

    def ready(self, picture: Picture) -> Path:
        """A picture made ready to travel, as a JPEG file; kept in the cache."""
        if picture not in self.pictures:
            key = key_of(picture.canonical())
            path = self.cache.path("stills", key, ".jpg")
            if not path.exists():
                if picture.frame == "last":
                    image = media.last_frame(self.locate(picture.source))
                else:
                    source = self.sources[picture.source]
                    image = stills.open_still(source, source.name)
                with self.cache.making("stills", key, ".jpg") as temp:
                    temp.write_bytes(stills.make_ready(image, picture))
            self.pictures[picture] = path
        return self.pictures[picture]


@contextmanager
def open_production(project: Project, settings: Settings, gateway: Gateway) -> Iterator[Production]:
    """Everything opened, and closed again."""
    from storyboard.gateway.local.animatic import RECIPE

    journal = Journal(settings.home)
    try:
        takes = TakeStore(settings.home)
        recipe = RECIPE if gateway == "local" else ""
        yield Production(project, settings, takes, journal, project.cache, gateway, recipe)
    finally:
        journal.close()
