"""What editing programs call transitions, in the four kinds that a cut knows. Pure."""

from __future__ import annotations

from storyboard.export.cut import Kind
from storyboard.export.lay import BLACK, DIPS, WIPES
from storyboard.spec.transitions import TRANSITIONS

WHITE = "#ffffff"
_DIPPING = ("dip to", "fade to", "fade through", "fade from", "through color", "through black", "through white")
_ODD = ("additive", "non-additive", "morph", "smooth", "flow", "luma", "gradient", "blur")
_PLAIN = ("dissolve", "blend", "crossfade", "cross fade", "fade in", "fade out")


def kind_of(name: str) -> tuple[Kind, str]:
    """The kind of a transition by its name, ours or a program's, and the colour that the name says; else empty."""
    word = " ".join(name.lower().split())
    if word in TRANSITIONS:
        if word == "fade" or word in DIPS:
            return "dip", DIPS.get(word, "")
        return ("wipe" if word in WIPES else "dissolve" if word == "dissolve" else "other"), ""
    if any(part in word for part in _DIPPING):
        return "dip", BLACK if "black" in word else WHITE if "white" in word else ""
    if "wipe" in word:
        return "wipe", ""
    plain = not word or any(part in word for part in _PLAIN)
    return ("dissolve" if plain and not any(part in word for part in _ODD) else "other"), ""
