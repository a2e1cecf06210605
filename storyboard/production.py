"""What a plan and a render work with, opened once: the project and its lock, the store, the journal, the cache."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from storyboard import stills
from storyboard.assembler import media
from storyboard.gateway import posting
from storyboard.gateway.hosting import StillHost, open_host
from storyboard.gateway.local.animatic import RECIPE
from storyboard.lockfile import changing, keep_lock, lock_of
from storyboard.planner.lock import Lock
from storyboard.planner.plan import Plan, Standing
from storyboard.planner.request import Picture, Request
from storyboard.planner.take import Gateway, Take
from storyboard.settings import Settings
from storyboard.steps import step
from storyboard.store import files
from storyboard.store.cache import Cache, file_digest, key_of, owner_of
from storyboard.store.claims import Claims
from storyboard.store.database import Database
from storyboard.store.films import Films
from storyboard.store.journal import Journal
from storyboard.store.orders import Order, Orders, State
from storyboard.store.outbox import Outbox
from storyboard.store.project import Project
from storyboard.store.takes import TakeStore

STANDING: Mapping[State, Standing] = {
    "sent": "in-flight", "accepted": "in-flight", "unresolved": "unresolved", "refused": "refused",
}  # fmt: skip
"""How an order stands for a plan; in any other state it is of no account."""


@dataclass(slots=True)
class Production:
    """One project at work. It answers the planner's questions (`planner.plan.World`)."""

    project: Project
    settings: Settings
    takes: TakeStore
    journal: Journal
    orders: Orders
    claims: Claims
    outbox: Outbox
    cache: Cache
    gateway: Gateway
    recipe: str
    """The version of the local drawing; empty for bought takes."""
    lock: Lock
    stills_host: StillHost | None
    circled_first: bool = False
    """Whether a shot's circled take stands for it whatever it was ordered as: in a draft."""
    only_looks: bool = False
    """Whether nothing is made or bought: then a file that stands as it stood is taken for what it was."""
    digests: dict[str, str] = field(default_factory=dict)
    pictures: dict[Picture, Path] = field(default_factory=dict)
    """The file of every picture that was made ready."""
    sources: dict[str, tuple[Path, files.State]] = field(default_factory=dict)
    """The file of every digest that was asked for, and the state that it was read in."""

    @property
    def film(self) -> str:
        """What the journal calls this film."""
        return str(self.project.file)

    @property
    def base(self) -> str:
        """The address of the gateway that is ordered from; empty for the embedded one."""
        return self.settings.base if self.gateway == "remote" else ""

    @property
    def account(self) -> str:
        """Who pays: the team, and a mark of the key that tells nobody the key. Tokens change by themselves: no mark."""
        settings = self.settings
        if settings.credential is None or settings.oidc or self.gateway == "local":
            return settings.team
        secret = owner_of(settings.home).encode()
        mark = hmac.new(secret, settings.credential.reveal().encode(), "sha256").hexdigest()[:8]
        return f"{settings.team}#{mark}"

    @property
    def host(self) -> str:
        """Where stills are put for the gateway to fetch; empty for nowhere."""
        return self.stills_host.where if self.stills_host else ""

    def digest(self, file: str) -> str:
        """The SHA-256 of a project file."""
        if file not in self.digests:
            path = self.project.path(file)
            state = files.state_of(path)
            self.digests[file] = file_digest(self.cache, path) if self.only_looks else files.sha256(path)
            self.sources[self.digests[file]] = (path, state)
        return self.digests[file]

    def find(self, shot: str, slate: str) -> Take | None:
        """The take that is held for a slate, its bytes here; where there are several, the shot's circled one."""
        take = None
        if self.circled_first or self.gateway == "remote":
            take = self.lock.circled(shot, "" if self.circled_first else slate)
        if take and self.takes.has(take):
            return take
        return next((take for take in self._known(slate) if self.takes.has(take)), None)

    def paid(self, shot: str, slate: str) -> Take | None:
        """A take that was paid for and whose bytes are not here; with an empty slate, the shot's circled one."""
        if self.gateway == "local":
            return None
        if not slate:
            return self.lock.circled(shot)
        return next((take for take in self._known(slate) if take.gateway == "remote"), None)

    def circled(self, shot: str) -> Take | None:
        """The take that the lock has circled for a shot, its bytes here, whatever it was ordered as."""
        take = self.lock.circled(shot) if self.gateway == "remote" else None
        return take if take and self.takes.has(take) else None

    def standing(self, slate: str) -> tuple[Standing, str]:
        """How the latest order of a slate stands, and what was said of it."""
        order = next(reversed(self.orders.of_slate(slate)), None) if self.gateway == "remote" else None
        return (STANDING.get(order.state, "none"), order.reason) if order else ("none", "")

    def locate(self, digest: str) -> Path:
        """The file of a digest: a take, its bytes verified, or a project file that is still what it was."""
        if digest not in self.sources:
            return self.takes.verified(digest)
        path, state = self.sources[digest]
        files.check_same(path, state)
        return path

    def weigh(self, request: Request) -> int:
        """How many bytes the request's body has, its stills inside."""
        first, last = (self.ready(one).stat().st_size if one else None for one in (request.first, request.last))
        references = tuple(self.ready(one).stat().st_size for one in request.references)
        return posting.weigh(request, first, last, references)

    def enclose(self, request: Request, *, hosted: bool) -> posting.Enclosed:
        """What travels with a request, its stills made ready: inside it, or at addresses of the host."""

        def image(picture: Picture) -> posting.Image:
            path = self.ready(picture)
            if hosted and self.stills_host:
                url = self.stills_host.put(path, files.sha256(path), ".jpg")
                return posting.Address("image/jpeg", url)
            return posting.Inline("image/jpeg", path.read_bytes())

        motion = None
        if request.motion and hosted and self.stills_host:
            video = self._movement(request.motion.source)
            motion = posting.Address("video/mp4", self.stills_host.put(video, files.sha256(video), ".mp4"))
        first, last = (image(one) if one else None for one in (request.first, request.last))
        return posting.Enclosed(first, last, tuple(image(one) for one in request.references), motion)

    def ready(self, picture: Picture) -> Path:
        """A picture made ready to travel, as a JPEG file; kept in the cache."""

        def make(source: Path, temp: Path) -> None:
            image = media.last_frame(source) if picture.frame == "last" else stills.open_still(source, source.name)
            temp.write_bytes(stills.make_ready(image, picture))

        if picture not in self.pictures:
            key = key_of(picture.canonical())
            self.pictures[picture] = self.made("stills", key, ".jpg", picture.source, make)
        return self.pictures[picture]

    def _movement(self, digest: str) -> Path:
        """A motion video made ready to travel: its packets as they are, nothing else; kept in the cache."""
        return self.made("motion", key_of("motion-1", digest), ".mp4", digest, media.without_metadata)

    def made(self, kind: str, key: str, suffix: str, source: str, make: Callable[[Path, Path], None]) -> Path:
        """The file that `make` writes from the file of a digest; kept in the cache."""
        if not self.cache.find(kind, key, suffix):
            with self.cache.making(kind, key, suffix) as temp:
                make(self.locate(source), temp)
                self.locate(source)  # it may have been saved meanwhile
        return self.cache.path(kind, key, suffix)

    def left_of(self, budget: Decimal | None) -> Decimal | None:
        """US dollars that are left of a budget for the film; None without one."""
        return None if budget is None else max(budget - self.orders.spent(self.film, self.lock.costs), Decimal(0))

    def keep(self, order: Order, take: Take, cost: Decimal | None) -> None:
        """Write down that an order's clip is on disk, and what it cost where that was told; its body may go."""
        self.orders.hold(order, take, cost)
        if take.gateway == "local":
            self.journal.record(take)
        step("K14")
        self.outbox.drop(order.slate, order.key)

    def conclude(self, order: Order, **known: object) -> None:
        """Write down how an order ended that came to no clip; its body may go."""
        self.orders.change(order, **known)
        self.outbox.drop(order.slate, order.key)

    def tidy(self) -> None:
        """Forget what killed renders set aside and never sent, and remove what they left half written."""
        self.sweep()
        for slate in {order.slate for order in self.orders.of_film(self.film) if order.state == "reserved"}:
            with self.claims.taking(slate) as holder:
                # As they stay for as long as we hold the claim: a retake may have set aside several.
                for order in () if holder else self.orders.of_slate(slate):
                    if order.state == "reserved":
                        self.forget(order)
        for slate, key in self.outbox.bodies():
            with self.claims.taking(slate) as holder:
                settled = (order.key for order in self.orders.of_slate(slate) if not order.open)
                if holder is None and (self.gateway == "local" or key in settled):
                    self.outbox.drop(slate, key)

    def forget(self, order: Order) -> bool:
        """Forget an order of which nothing was sent: its body first, for a body without an order is a lost journal.

        False when its own run has gone on with it meanwhile: then it stays.
        """
        if not self.orders.disown(order):
            return False
        self.outbox.drop(order.slate, order.key)
        self.orders.release(order)
        return True

    def unknown_body(self, slate: str) -> str:
        """The key of a body that no order is known for: the journal that knew it is gone. Empty when there is none."""
        bodies = self.outbox.keys(slate)  # first, for the order of a body is on record before it
        known = {order.key for order in self.orders.of_slate(slate)}
        return next((key for key in bodies if key not in known), "")

    def sweep(self) -> None:
        """Remove what killed renders left half written."""
        home = self.settings.home
        for folder in (self.takes.folder, self.outbox.folder, Films(home).folder, home, self.project.base):
            files.sweep(folder)

    def strays(self, wanted: Plan) -> tuple[Order, ...]:
        """Orders of this film that are under way, although no shot waits for them: it was edited, or has a take."""
        slates = {one.slate for one in wanted.missing}
        orders = self.orders.of_film(self.film)
        return tuple(order for order in orders if order.state in ("sent", "accepted") and order.slate not in slates)

    def relock(self, takes: Mapping[str, Take]) -> None:
        """Add the bought takes that shots have now to the film's lock, and circle them where they are new.

        A shot whose take is the one that was circled all along is left alone: another may have been picked meanwhile.
        """
        circled = {id_: shot.circled for id_, shot in self.lock.shots.items()}
        new = {id_: take for id_, take in takes.items() if circled.get(id_) != take.sha256}
        if new:
            self.change_lock(lambda lock: lock.with_takes(new.items()))

    def change_lock(self, change: Callable[[Lock], Lock]) -> None:
        """Write the film's lock as `change` makes it, durably, when it says something new.

        The lock is read again first, while nobody else writes it: another render may have added its takes.
        """
        with changing(self.project, self.settings.home):
            now = lock_of(self.project)
            self.lock = change(now)
            if self.lock != now:
                keep_lock(self.project, self.lock)
        Films(self.settings.home).remember(self.project.file, self.lock)

    def _known(self, slate: str) -> tuple[Take, ...]:
        """Every take of a slate that this gateway has made, here or elsewhere, the latest first."""
        if self.gateway == "local":
            return self.journal.all(slate, "local", self.recipe)
        served = self.journal.all(slate, "local", self.base)
        return (*self.journal.all(slate, "remote"), *self.lock.of_slate(slate), *served)


@contextmanager
def open_production(
    project: Project, settings: Settings, gateway: Gateway, *, circled_first: bool = False
) -> Iterator[Production]:
    """Everything opened, and closed again."""
    lock, host, local = lock_of(project), None, gateway == "local"
    Films(settings.home).remember(project.file, lock)
    if not local:
        loopback = settings.allow_loopback
        host = open_host(
            settings.stills_host, settings.stills_url, settings.home, project.root, allow_loopback=loopback
        )
    cache = project.cache(settings.home)
    with closing(Journal(settings.home)) as journal, closing(Database(None)) as kept_nowhere, cache.using():
        cache.sweep()
        yield Production(
            project=project, settings=settings, takes=TakeStore(settings.home), journal=journal,
            orders=Orders(kept_nowhere if local else journal.database), claims=Claims(settings.home),
            outbox=Outbox(cache.folder if local else settings.home), cache=cache, gateway=gateway,
            recipe=RECIPE if local else "", lock=lock, stills_host=host, circled_first=circled_first,
        )  # fmt: skip
