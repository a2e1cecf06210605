"""Who names a take: every lock of a film's repository, whatever branch it is on, and of every other film known here.

A lock is not understood for this: whatever in it looks like a digest is one. So a lock that is damaged, or that a newer
version wrote, protects its takes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import Refused, StoryboardError
from storyboard.revisions import ask_git
from storyboard.store import files
from storyboard.store.films import Films
from storyboard.store.journal import Journal
from storyboard.store.orders import Orders
from storyboard.store.project import SETTINGS

LARGEST = 64 * 1024 * 1024
LOCKS = ":(top,glob)**/*.lock"
HEADS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD", "FETCH_HEAD", "ORIG_HEAD")
"""What git is in the middle of, or has just left."""
_MISSING = re.compile(r"^[0-9a-f]{40,64} missing$", re.MULTILINE)
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Names:
    """What is named."""

    digests: frozenset[str]
    films: tuple[Path, ...]
    """The storyboards of the films that were looked at."""
    gone: tuple[Path, ...]
    """Storyboards that are not there any more. What their locks named when they were last seen is named."""


def named_anywhere(home: Path, storyboard: Path, *, forget_gone: bool = False) -> Names:
    """Every take that a lock names: of this film, and of every other that this store has seen.

    `forget_gone`: without those of storyboards that are not there any more. `Refused` when a repository cannot be read
    whole: then nobody knows.
    """
    remembered, bought = Films(home).known(), _bought(home)
    films = sorted({storyboard, *remembered, *bought})
    digests: set[str] = set()
    for folder in sorted({_root(one.parent) for one in films if one.parent.is_dir()}):
        for text in _locks(folder):
            digests |= set(_DIGEST.findall(text))
    gone = tuple(one for one in films if not one.is_file())
    for one in () if forget_gone else gone:
        digests |= remembered.get(one, frozenset()) | bought.get(one, frozenset())
    return Names(frozenset(digests), tuple(one for one in films if one not in gone), gone)


def _bought(home: Path) -> dict[Path, frozenset[str]]:
    """Every take that an order of a film brought, by its storyboard."""
    with closing(Journal(home)) as journal:
        found: dict[Path, set[str]] = {}
        for order in Orders(journal.database).held():
            found.setdefault(Path(order.film), set()).add(order.sha256)
        return {film: frozenset(digests) for film, digests in found.items()}


def _root(folder: Path) -> Path:
    """The folder in whose files locks are looked for: a repository's, else the project's."""
    marked = (one for mark in (".git", SETTINGS) for one in (folder, *folder.parents) if (one / mark).exists())
    return next(marked, folder)


def _locks(folder: Path) -> Iterator[str]:
    """The text of every lock below a folder, as it is now and, in a repository, as it ever was."""
    if not (folder / ".git").exists():
        yield from (_text(path) for path in folder.rglob("*.lock") if path.is_file())
        return
    try:
        ask_git(folder, "rev-parse", "--git-dir", told=True)
        yield from _remembered(folder)
        for tree in _trees(folder):
            listed = _told(tree, "ls-files", "-z", "--cached", "--others", "--", LOCKS)
            paths = (tree / name for name in sorted(set(listed.split("\0"))) if name)
            yield from (_text(path) for path in paths if path.is_file())
    except StoryboardError as error:
        message = f"the locks of `{folder}` cannot all be read, so no take is removed: {error.message}"
        raise Refused(message, hint=error.hint or "`git fsck` looks for what is damaged") from None


def _remembered(folder: Path) -> Iterator[str]:
    """Every lock of a commit that a branch, a tag, a remote branch, a stash or a reflog leads to, and of the index."""
    if _told(folder, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise Refused("this clone has no older commits", hint="`git fetch --unshallow` brings them")
    every = ("--all", "--reflog", "--ignore-missing", *HEADS)
    commits = _told(folder, "rev-list", "--full-history", *every, "--", LOCKS)
    changes = ("--stdin", "--root", "-m", "-r", "-z", "--no-renames", "--no-commit-id", "--", LOCKS)
    changed = _told(folder, "diff-tree", *changes, said=commits) if commits else ""
    blobs = {blob for row in changed.split("\0") if row.startswith(":") for blob in row.split()[2:4]}
    staged = _told(folder, "ls-files", "-z", "--stage", "--", LOCKS)
    blobs |= {row.split()[1] for row in staged.split("\0") if row}
    blobs = {blob for blob in blobs if blob.strip("0")}
    text = _told(folder, "cat-file", "--batch", said="".join(f"{blob}\n" for blob in sorted(blobs)))
    if _MISSING.search(text):
        raise Refused("git has only a part of its files here", hint="make a clone without `--filter`, and run it there")
    yield text


def _trees(folder: Path) -> Iterator[Path]:
    """Every working tree of a repository that is there."""
    for line in _told(folder, "worktree", "list", "--porcelain").splitlines():
        word, _, path = line.partition(" ")
        if word == "worktree" and (Path(path) / ".git").exists():
            yield Path(path)


def _told(folder: Path, *args: str, said: str = "") -> str:
    answer = ask_git(folder, *args, said=said)
    if answer is None:
        raise Refused(f"`git {args[0]}` failed")
    return answer


def _text(path: Path) -> str:
    data = files.read_plain(path, LARGEST)
    if len(data) > LARGEST:
        raise Refused(f"`{path}` is too large for a lock")
    return data.decode("utf-8", "replace")
