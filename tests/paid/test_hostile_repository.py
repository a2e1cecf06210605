"""A repository that wants the key, the stills, the store or a file of yours: it gets nothing, however it asks.

There is a gateway that is configured, another server that nobody configured, and a secret outside of the project. Every
file that is opened and every connection that is made is heard.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.consent import Terms
from storyboard.planner.lock import Lock, LockedShot, write_lock
from storyboard.planner.take import Facts, Take
from tests.paid.disks import said_by
from tests.paid.sets import Set

KEY = "vck_test"
EVIL = "http://127.0.0.1:{port}"
FILM = """\
storyboard: 1
HEAD
defaults: {duration: 3s}
outputs: {film: {size: 128x72, file: build/film.mp4}}
shots:
  - {id: a, first: plain.png, prompt: One.}
"""
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate"}


@dataclass
class Heard:
    """What was done while somebody listened."""

    on: bool = False
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    connections: list[Any] = field(default_factory=list)


HEARD = Heard()


def hear(event: str, args: tuple[Any, ...]) -> None:
    """Take down what is opened, changed and connected to."""
    if not HEARD.on:
        return
    if event == "open" and isinstance(args[0], str | bytes):
        writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(args[2], int) else 0
        (HEARD.writes if writes else HEARD.reads).append(os.path.realpath(os.fsdecode(args[0])))
    elif event in WRITES:
        paths = [Path(os.fsdecode(one)) for one in args if isinstance(one, str | bytes | os.PathLike)]
        # a relative path is seen from a folder that is open: so a temporary folder is removed
        HEARD.writes += [str(path.parent.resolve() / path.name) for path in paths if path.is_absolute()]
    elif event == "socket.connect":
        HEARD.connections.append(args[1])


sys.addaudithook(hear)


@contextmanager
def listening() -> Iterator[Heard]:
    """Listen for as long as the block runs."""
    HEARD.reads, HEARD.writes, HEARD.connections, HEARD.on = [], [], [], True
    try:
        yield HEARD
    finally:
        HEARD.on = False


@pytest.fixture(scope="module")
def evil() -> Iterator[tuple[int, list[bytes]]]:
    """A server that nobody configured: its port, and what was sent to it."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(1)
                    got.append(connection.recv(65536))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], got
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def one(one: Set, tmp_path: Path) -> Set:
    """A project beside a secret, and a gateway that insists on its key."""
    one.gateway.credential = KEY
    outside = tmp_path / "outside"
    outside.mkdir()
    one.folder.mkdir()
    for name in (one.folder / "plain.png", outside / "secret.png"):
        Image.new("RGB", (640, 360), "navy").save(name)
    (outside / "secret.yaml").write_text("top_secret: 1\n")
    (outside / "secret.toml").write_text("top_secret == 1\n")
    return one


def film(head: str = "", **changes: str) -> dict[str, str]:
    """A film with more at its head, or with parts of its text put in the place of others."""
    text = FILM.replace("HEAD", head)
    for old, new in changes.items():
        text = text.replace({"first": "plain.png", "prompt": "One.", "id": "id: a"}.get(old, old), new)
    return {"film.yaml": text}


def settings(text: str) -> dict[str, str]:
    """A film whose project has settings."""
    return {**film(), "storyboard.toml": text}


def shot(more: str) -> dict[str, str]:
    """A film whose shot asks for more."""
    return film(prompt=f"One., {more}")


def link(name: str, target: str) -> Callable[[Path], None]:
    """Make a link in the project."""

    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(target)

    return make


def lock(**changes: object) -> str:
    """A lock that names a take, somehow."""
    facts = Facts(72, Fraction(24), 128, 72, audio=False)
    take = Take(
        slate="5" * 64, number=1, sha256="a" * 64, bytes=1000, facts=facts, gateway="remote", recipe="",
        cost=Decimal("0.5"), model="klingai/kling-v3.0-i2v", made="2026-01-01",
    )  # fmt: skip
    text = write_lock(Lock({"a": LockedShot((take,), "a" * 64)}))
    for old, new in changes.items():
        before = {"digest": "a" * 64, "cost": '"0.5"', "number": "number: 1", "size": "128x72", "shot": '"a":'}[old]
        text = text.replace(before, str(new))
    return text


def nothing(_folder: Path) -> None:
    """The files are all."""


HOSTILE: dict[str, tuple[int, dict[str, str], Callable[[Path], None]]] = {
    "a gateway in the settings": (2, settings('[gateway]\nurl = "EVIL/v4/ai"\n'), nothing),
    "a dotted gateway": (2, settings('gateway.url = "EVIL/v4/ai"\n'), nothing),
    "an inline gateway": (2, settings('gateway = {url = "EVIL/v4/ai"}\n'), nothing),
    "a quoted gateway": (2, settings('["gateway"]\n"url" = "EVIL/v4/ai"\n'), nothing),
    "a capital gateway": (2, settings('[GATEWAY]\nURL = "EVIL/v4/ai"\n'), nothing),
    "a list of gateways": (2, settings('[[gateway]]\nurl = "EVIL/v4/ai"\n'), nothing),
    "a deep gateway": (2, settings('[gateway.gateway]\nurl = "EVIL/v4/ai"\n'), nothing),
    "a gateway of another name": (2, settings('[gateway]\nbase_url = "EVIL/v4/ai"\n'), nothing),
    "a variable in the settings": (2, settings('STORYBOARD_GATEWAY_URL = "EVIL/v4/ai"\n'), nothing),
    "a loopback in the settings": (2, settings("[gateway]\nallow_loopback = true\n"), nothing),
    "a team in the settings": (2, settings('[gateway]\nteam = "evil"\n'), nothing),
    "limits in the settings": (2, settings('[gateway.limits]\n"a/b" = 100\n'), nothing),
    "a still host": (2, settings('[stills]\nhost = "EVIL"\n'), nothing),
    "a still address": (2, settings('[stills]\npublic_url = "EVIL"\n'), nothing),
    "a store": (2, settings('[store]\nhome = "../outside"\n'), nothing),
    "a chained remote": (2, settings('[store]\nremote = "simplecache::EVIL"\n'), nothing),
    "a remote": (2, settings('[store]\nremote = "EVIL"\n'), nothing),
    "a variable file": (0, {**film(), ".env": "STORYBOARD_GATEWAY_URL=EVIL\nHTTPS_PROXY=EVIL\n"}, nothing),
    "a netrc": (0, {**film(), ".netrc": "machine 127.0.0.1 login evil password evil\n"}, nothing),
    "linked settings": (2, film(), link("storyboard.toml", "../outside/secret.toml")),
    "a gateway in the film": (1, film("gateway: {url: EVIL}"), nothing),
    "a base in the film": (1, film("gateway: {base_url: EVIL, only: [klingai]}"), nothing),
    "headers in the film": (1, film("gateway: {headers: {host: evil.example}}"), nothing),
    "a host in the film": (1, film("stills: {host: EVIL}"), nothing),
    "a gateway in a shot": (1, shot("gateway: {url: EVIL}"), nothing),
    "an option with an address": (1, shot("options: {callback_url: EVIL}"), nothing),
    "an option for the provider": (1, shot("options: {klingai: {baseUrl: EVIL}}"), nothing),
    "a webhook": (1, shot("webhook: EVIL"), nothing),
    "a still at an address": (1, film(first="EVIL/still.png"), nothing),
    "a still as a file address": (1, film(first="file:///etc/passwd"), nothing),
    "an absolute still": (1, film(first="/etc/passwd"), nothing),
    "a still outside": (1, film(first="../outside/secret.png"), nothing),
    "a linked still": (1, film(first="link.png"), link("link.png", "../outside/secret.png")),
    "a still at home": (1, film(first="~/.ssh/id_rsa"), nothing),
    "a still by a protocol": (1, film(first="concat:plain.png|../outside/secret.png"), nothing),
    "a still that is an argument": (1, film(first="-i"), nothing),
    "settings that are included": (1, {**settings(""), **film("include: [storyboard.toml]")}, nothing),
    "an include at an address": (1, film("include: [EVIL/shots.yaml]"), nothing),
    "an include outside": (1, film("include: [../outside/secret.yaml]"), nothing),
    "a linked include": (1, film("include: [more.yaml]"), link("more.yaml", "../outside/secret.yaml")),
    "the key in a prompt": (1, film(prompt='"{{ env.AI_GATEWAY_API_KEY }}"'), nothing),
    "a model with a header": (1, shot('model: "a/b\\r\\nhost: evil"'), nothing),
    "a model at an address": (1, shot("model: EVIL/model"), nothing),
    "a name that climbs": (1, film(id="id: ../../outside/x"), nothing),
    "a film outside": (1, {"film.yaml": FILM.replace("HEAD", "").replace("build/", "../outside/")}, nothing),
    "a linked build": (1, film(), link("build", "../outside")),
    "a linked work folder": (2, film(), link(".storyboard", "../outside")),
    "a shipped outbox": (0, {**film(), ".storyboard/outbox/a.sb1-0.json": "{}"}, nothing),
    "a shipped journal": (0, {**film(), ".storyboard/journal.db": "x", "journal.db": "x"}, nothing),
    "linked sums": (2, film(), link("film.sums", "../outside/secret.yaml")),
    "a linked lock": (2, film(), link("film.lock", "../outside/secret.yaml")),
    "a lock of eight megabytes": (1, {**film(), "film.lock": "# " + "x" * 8 * 1024 * 1024}, nothing),
    "a lock with a path for a digest": (1, {**film(), "film.lock": lock(digest="../../outside/secret")}, nothing),
    "a lock with an endless number": (1, {**film(), "film.lock": lock(number="number: 1" + "0" * 5000)}, nothing),
    "a lock with a cost beyond sums": (1, {**film(), "film.lock": lock(cost='"1e999999999"')}, nothing),
    "a lock that gives money back": (1, {**film(), "film.lock": lock(cost='"-1000"')}, nothing),
    "a lock of no size": (1, {**film(), "film.lock": lock(size="0x0")}, nothing),
    "a lock for a name that climbs": (1, {**film(), "film.lock": lock(shot='"../../outside":')}, nothing),
    "a lock of takes that are not here": (0, {**film(), "film.lock": lock()}, nothing),
}
"""What a repository may try, and the exit code that it comes to: nought where what it brought is of no account."""


@pytest.mark.parametrize("attempt", HOSTILE)
def test_a_hostile_repository_gets_nothing(one: Set, evil: tuple[int, list[bytes]], attempt: str) -> None:
    (port, got), (code, texts, make) = evil, HOSTILE[attempt]
    for name, text in texts.items():
        (one.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (one.folder / name).write_text(text.replace("EVIL", EVIL.format(port=port)))
    make(one.folder)
    before = {path: path.read_bytes() for path in (one.folder.parent / "outside").iterdir()}
    with listening() as heard:
        error = said_by(lambda: one.render(Terms(yes=True, budget=Decimal(1))))
    assert (error.exit_code if error else 0) == code, error
    assert one.charged == (0 if code else 1)
    check_outside(one, heard, before)
    own = int(one.base.rpartition(":")[2].partition("/")[0])
    assert {address[1] for address in heard.connections} <= {own}
    assert got == []
    assert (own in {address[1] for address in heard.connections}) == (not code)


@pytest.mark.parametrize(
    "facts",
    [
        Facts(72, Fraction(24), 128, 72, audio=False), Facts(10**30, Fraction(24), 128, 72, audio=False),
        Facts(1, Fraction(10**30), 128, 72, audio=True), Facts(72, Fraction(1, 10**30), 10**9, 10**9, audio=False),
    ],
    ids=["plausible", "endless", "brief", "huge"],
)  # fmt: skip
def test_a_lock_that_names_another_films_take_costs_nothing_and_says_nothing(one: Set, facts: Facts) -> None:
    one.write("{id: a, first: plain.png, prompt: Mine.}")
    mine = one.render().takes["a"]
    one.folder = one.folder.parent / "theirs"
    one.write("{id: a, first: plain.png, prompt: Theirs.}")
    slate = one.plan().shots[0].slate
    assert slate
    theirs = replace(mine, slate=slate, facts=facts, bytes=10**30)
    (one.folder / "film.lock").write_text(write_lock(Lock({"a": LockedShot((theirs,), theirs.sha256)})))
    error = said_by(lambda: one.render(Terms()))
    assert error is None or error.exit_code in (1, 3), error
    assert one.charged == 1


def check_outside(one: Set, heard: Heard, before: dict[Path, bytes]) -> None:
    """Nothing outside was opened, and nothing but the project and the store was written."""
    outside = one.folder.parent / "outside"
    assert [path for path in heard.reads if path.startswith((str(outside), "/etc/passwd"))] == []
    drawn = Path(tempfile.gettempdir(), "storyboard-")  # where the gateway draws its clips, and the film is cut
    mine = tuple(str(path.resolve()) for path in (one.folder, one.home, one.gateway.folder, drawn))
    assert [path for path in heard.writes if not path.startswith((*mine, os.devnull))] == []
    assert {path: path.read_bytes() for path in outside.iterdir()} == before
