"""How a page comes back to a studio that was stopped and started again: at the same port, under a word of its own.

Every run has a key of its own. Its pages are told the key, and never send it anywhere; it is kept in the user's store,
for the next run alone, and for a short time. That next run takes its word from the key, so that the page knows the word
too. Before a page uses it, whoever answers at the port has to prove to it that he knows the key: a stranger who took
the port meanwhile learns nothing, and the word of the run that has ended opens nothing any more.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storyboard import __version__
from storyboard.errors import StoryboardError
from storyboard.store import files
from storyboard.studio.guard import new_word

SECONDS = 3600.0
"""How long after a studio has ended its pages may come back."""
LONGEST = 64
"""Characters of what a page asks a studio to prove itself with."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a studio."""

    word: str
    key: str
    """What its own pages are told, 64 hex digits."""
    port: int = 0
    """Where its pages look for it; 0 for any."""
    before: str = ""
    """The key of the run that it takes the place of; empty for none."""

    def proof(self, asked: str, port: int) -> str:
        """What proves to a page of the run before, which asked with some letters, that this is the one that follows it
        at a port, of the same version; empty where there is none."""
        fits = self.before and port == self.port and len(asked) <= LONGEST and asked.isalnum() and asked.isascii()
        return _keyed(self.before, f"proof {asked} {port} {__version__}") if fits else ""


def next_run(kept: Path, port: int = 0) -> Run:
    """The run that is to begin, at a port (0 for any): the one that follows what is kept of the last, if that was there
    and has ended a short time ago, else one that no page knows."""
    key = secrets.token_hex(32)
    with suppress(StoryboardError, OSError, ValueError, TypeError, KeyError, OverflowError):
        if kept.stat().st_mode & 0o077:  # not written by `keep`: others know what is in it, or chose it
            raise ValueError
        known = json.loads(files.read_plain(kept, 4096))
        before, there, ended = str(known["key"]), int(known["port"]), float(known["seen"])
        bytes.fromhex(before)
        if port in (0, there) and 0 < there < 65536 and len(before) == len(key) and 0 <= time.time() - ended < SECONDS:
            return Run(_keyed(before, "word"), key, there, before)
    return Run(new_word(), key, port)


def keep(kept: Path, run: Run, port: int) -> None:
    """Write down for the next run what this one's pages know, where only the user can read it. It is no loss where it
    cannot be written. What is too old to be of use to anybody goes."""
    with suppress(OSError):
        for one in kept.parent.iterdir():
            if time.time() - one.stat().st_mtime > SECONDS:
                files.discard(one)
    data = json.dumps({"key": run.key, "port": port, "seen": time.time()}).encode()
    with suppress(StoryboardError, OSError), files.replacing(kept) as temp, files.create(temp) as file:
        file.write(data)


def is_kept(kept: Path, run: Run) -> bool:
    """Whether no other run is written down: another studio of the film may have begun since. What was written down of
    this one may have gone, where it is open for long."""
    with suppress(StoryboardError, OSError):
        return not kept.exists() or run.key.encode() in files.read_plain(kept, 4096)
    return False


def _keyed(key: str, text: str) -> str:
    return hmac.new(bytes.fromhex(key), text.encode(), "sha256").hexdigest()
