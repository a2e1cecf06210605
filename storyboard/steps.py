"""The steps between which a process may be killed, by name.

Nothing happens at them in daily use; a rehearsal hooks itself in and kills.
"""

from __future__ import annotations

from collections.abc import Callable

_hook: Callable[[str], None] | None = None


def step(name: str) -> None:
    """Say that a step of the order protocol was reached."""
    if _hook is not None:
        _hook(name)


def on_step(hook: Callable[[str], None] | None) -> None:
    """Have every step told to `hook`; None for nobody."""
    global _hook  # noqa: PLW0603 - one hook for a process, set by whoever rehearses a kill
    _hook = hook
