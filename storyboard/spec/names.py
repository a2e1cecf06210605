"""Names of files. They are untrusted: a name is a plain relative path inside the project, or it is refused."""

from __future__ import annotations

import re

MAX_LENGTH = 1024

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def fault(name: str) -> str:
    """Why `name` is not a file inside the project; empty when it may be one."""
    if not name or len(name) > MAX_LENGTH:
        return "is not the name of a file"
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        return "has control characters"
    if _SCHEME.match(name):
        return "is an address, not a file of the project"
    if name.startswith(("/", "\\", "~")):
        return "is not relative to the project"
    if name.startswith("-"):
        return "begins with a dash"
    if "\\" in name:
        return "has a backslash; write / between folders"
    if any(char in name for char in "|*?%"):
        return "has a character that a file here may not have: | * ? %"
    if any(part in ("..", "") for part in name.split("/")):
        return "leaves the project" if ".." in name.split("/") else "has an empty folder name"
    return ""


def output_fault(name: str) -> str:
    """Why a film may not be written to `name`; empty when it may."""
    if reason := fault(name):
        return reason
    if any(part.startswith(".") for part in name.split("/")):
        return "is hidden: a film goes to a visible file"
    if not name.lower().endswith(".mp4"):
        return "does not end in .mp4"
    return ""
