"""What a plan and a render work with, opened once: the project, the store, the journal, the cache, the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from storyboard import stills
from storyboard.assembler import media
from storyboard.gateway import posting
from storyboard.planner.request import Picture, Request
from storyboard.planner.take import Gateway, Take
from storyboard.settings import Settings
from storyboard.store import files
from storyboard.store.cache import Cache, key_of, owner_of
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
    sources: dict[str, tuple[Path, files.State]] = field(default_factory=dict)
    """The file of every digest that was asked for, and the state that it was read in."""

    def digest(self, file: str) -> str:
        """The SHA-256 of a project file."""
        if file not in self.digests:
            path = self.project.path(file)
            state = files.state_of(path)
            self.digests[file] = files.sha256(path)
            self.sources[self.digests[file]] = (path, state)
        return self.digests[file]

    def find(self, slate: str) -> Take | None:
        """The take that is held for a slate."""
        take = self.journal.find(slate, self.gateway, self.recipe)
        return take if take and self.takes.holds(take.sha256, take.bytes) else None

    def locate(self, digest: str) -> Path:
        """The file of a digest: a take, its bytes verified, or a project file that is still what it was."""
        if digest not in self.sources:
            return self.takes.verified(digest)
        path, state = self.sources[digest]
        files.check_same(path, state)
        return path

    def weigh(self, request: Request) -> int:
        """How many bytes the request's body has."""
        first, last = (self.ready(one).stat().st_size if one else None for one in (request.first, request.last))
        return posting.weigh(request, first, last)

    def body(self, request: Request) -> bytes:
        """The bytes that order a request, its stills made ready."""
        first, last = (
            posting.Inline("image/jpeg", self.ready(one).read_bytes()) if one else None
            for one in (request.first, request.last)
        )
        return posting.body(request, posting.Enclosed(first, last))

    def ready(self, picture: Picture) -> Path:
        """A picture made ready to travel, as a JPEG file; kept in the cache."""
        if picture not in self.pictures:
            key = key_of(picture.canonical())
            if not self.cache.find("stills", key, ".jpg"):
                source = self.locate(picture.source)
                image = media.last_frame(source) if picture.frame == "last" else stills.open_still(source, source.name)
                with self.cache.making("stills", key, ".jpg") as temp:
                    temp.write_bytes(stills.make_ready(image, picture))
                    self.locate(picture.source)
            self.pictures[picture] = self.cache.path("stills", key, ".jpg")
        return self.pictures[picture]

    def card_picture(self, file: str) -> str:
        """The digest of a card's picture, upright and as PNG, whatever the file is: `locate` has it."""
        digest = self.digest(file)
        key = key_of("card-1", digest)
        if not self.cache.find("cards", key, ".png"):
            with self.cache.making("cards", key, ".png") as temp:
                temp.write_bytes(stills.card_picture(stills.open_still(self.locate(digest), file)))
                self.locate(digest)
        path = self.cache.path("cards", key, ".png")
        drawn = files.sha256(path)
        self.sources[drawn] = (path, files.state_of(path))
        return drawn


@contextmanager
def open_production(project: Project, settings: Settings, gateway: Gateway) -> Iterator[Production]:
    """Everything opened, and closed again."""
    from storyboard.gateway.local.animatic import RECIPE

    journal = Journal(settings.home)
    try:
        takes = TakeStore(settings.home)
        recipe = RECIPE if gateway == "local" else ""
        cache = project.cache(owner_of(settings.home))
        cache.sweep()
        yield Production(project, settings, takes, journal, cache, gateway, recipe)
    finally:
        journal.close()
