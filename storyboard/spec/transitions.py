"""The transitions a storyboard may name: ours, and every `xfade` that the pinned ffmpeg has (a test compares them)."""

from __future__ import annotations

XFADES = (
    "wipeleft", "wiperight", "wipeup", "wipedown", "wipetl", "wipetr", "wipebl", "wipebr",
    "slideleft", "slideright", "slideup", "slidedown",
    "smoothleft", "smoothright", "smoothup", "smoothdown",
    "coverleft", "coverright", "coverup", "coverdown", "revealleft", "revealright", "revealup", "revealdown",
    "circleopen", "circleclose", "circlecrop", "rectcrop",
    "vertopen", "vertclose", "horzopen", "horzclose",
    "diagtl", "diagtr", "diagbl", "diagbr", "hlslice", "hrslice", "vuslice", "vdslice",
    "hlwind", "hrwind", "vuwind", "vdwind", "radial", "zoomin", "squeezeh", "squeezev",
    "hblur", "pixelize", "distance", "fadeblack", "fadewhite", "fadegrays", "fadefast", "fadeslow",
)  # fmt: skip

ALIASES = {
    "crossfade": "dissolve", "cross-fade": "dissolve", "crossdissolve": "dissolve", "cross-dissolve": "dissolve",
    "mix": "dissolve", "xfade": "dissolve", "none": "cut", "wipe": "wipeleft", "slide": "slideleft",
    "iris": "circleopen", "dip": "fade", "fade-to-black": "fadeblack",
}  # fmt: skip
"""What people call a transition elsewhere, for hints."""

TRANSITIONS = ("cut", "dissolve", "fade", *XFADES)
"""`dissolve` is a linear cross dissolve (ffmpeg's own of that name is a grainy one), `fade` goes through a colour."""
