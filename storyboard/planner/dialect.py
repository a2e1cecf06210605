"""How each provider wants to be told: where its own options stand, and in which words it is asked for a size.

Read from the providers' clients in the AI SDK (`vercel/ai`, `packages/*/src/*-video-model.ts`), which the gateway runs:
what they do not understand they drop with a warning, and the clip is paid for all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LANDSCAPE = {"480p": "854x480", "720p": "1280x720", "1080p": "1920x1080"}
_WAN = {
    ("480p", "16:9"): "832x480", ("480p", "9:16"): "480x832", ("480p", "1:1"): "624x624",
    ("720p", "16:9"): "1280x720", ("720p", "9:16"): "720x1280", ("720p", "1:1"): "960x960",
    ("720p", "4:3"): "1088x832", ("720p", "3:4"): "832x1088",
    ("1080p", "16:9"): "1920x1080", ("1080p", "9:16"): "1080x1920", ("1080p", "1:1"): "1440x1440",
    ("1080p", "4:3"): "1632x1248", ("1080p", "3:4"): "1248x1632",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's way of being told."""

    namespace: str
    """The name that its own options stand under in `providerOptions`."""
    sizes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Mode and shape to the `resolution` that it understands; a mode that is not here is sent as it is."""
    shapes_stills: bool = False
    """Whether the clip's shape must be asked for although it begins with a still: else it is landscape."""

    def resolution(self, mode: str, aspect: str) -> str:
        """The `resolution` that asks for a mode. `aspect` is the clip's shape; empty where it follows the still."""
        return self.sizes.get((mode, aspect)) or self.sizes.get((mode, "16:9"), mode)


_DIALECTS = {
    "alibaba": Dialect("alibaba", _WAN),
    "bfl": Dialect("blackForestLabs"),
    "google": Dialect("vertex", shapes_stills=True),
    "spacexai": Dialect("xai", {(mode, "16:9"): size for mode, size in _LANDSCAPE.items()}),
}


def dialect_of(model: str) -> Dialect:
    """The dialect of a model's provider, by the model's id; most go by the creator's own name."""
    creator = model.split("/", 1)[0]
    return _DIALECTS.get(creator) or Dialect(creator)
