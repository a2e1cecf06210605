"""Names of files. They are untrusted: a name is a plain relative path inside the project, or it is refused."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

MAX_LENGTH = 1024

_FAULTS = (
    (re.compile(r"^[A-Za-z][A-Za-z0-9+.,-]*:"), "is an address, not a file of the project"),
    (re.compile(r"^[/\\~]"), "is not relative to the project"),
    (re.compile(r"^-"), "begins with a dash"),
    (re.compile(r"^[“„”«‘’].*[”“»’‘]$"), "stands in curly quotes, which are letters of its name"),
    (re.compile(r"\\"), "has a backslash; write / between folders"),
    (re.compile(r"[|*?%]"), "has a character that a file here may not have: | * ? %"),
    (re.compile(r"//|/$"), "has an empty folder name"),
)


def fault(name: str, folder: str = "") -> str:
    """Why `name`, seen from `folder`, is not a file inside the project; empty when it may be one."""
    if not name or len(name) > MAX_LENGTH:
        return "is not the name of a file"
    if not name.isprintable():
        return "has control characters"
    for pattern, reason in _FAULTS:
        if pattern.search(name):
            return reason
    parts = PurePosixPath(folder, name).parts
    if not PurePosixPath(name).parts or parts[-1] == "..":
        return "is a folder"
    depth = 0
    for part in parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return "leaves the project"
    return ""


def output_fault(name: str, folder: str = "") -> str:
    """Why a film may not be written to `name`, seen from `folder`; empty when it may."""
    if reason := fault(name, folder):
        return reason
    if any(part.startswith(".") and part != ".." for part in PurePosixPath(name).parts):
        return "is hidden: a film goes to a visible file"
    if name.lower().endswith((".draft.mp4", ".draft.mov")):
        return "is the name of a draft"
    return "" if name.lower().endswith((".mp4", ".mov")) else "does not end in .mp4 or .mov"


def place_of(name: str) -> str:
    """What the names of one file have alike: without detours, and without upper case, which many disks overlook."""
    return posixpath.normpath(name).casefold()
