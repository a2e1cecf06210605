"""The shots of a storyboard one after the other: each with its defaults, its scene, and what a variant says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from storyboard.spec import foreach
from storyboard.spec.fields import Fields
from storyboard.spec.foreach import made_shots, too_many_shots
from storyboard.spec.places import Path
from storyboard.spec.variants import Overlays, laid_over


@dataclass(frozen=True, slots=True)
class Entry:
    """One shot, not yet read."""

    fields: Fields
    """Its own, over the defaults."""
    routing: Fields
    """The gateway's options for it."""
    own: frozenset[str]
    """The fields that it says itself."""
    scene: str = ""
    number: str = ""
    """The scene's."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """What its templates may use besides the film's words."""

    @property
    def id(self) -> str:
        """The shot's id, as it is written or made."""
        return str(self.fields.get("id"))


def line_up(top: Fields) -> list[Entry]:
    """Every shot of the storyboard, in the order of the file; Enough when there are too many."""
    desk, value = top.desk, top.get
    _check_count(top)
    if value("scenes") and value("shots"):
        desk.problem(
            ("shots",),
            "two-lists",
            "a film has either `scenes:` or a flat list `shots:`",
            "put these shots into a scene",
            key=True,
        )
    if not value("scenes") and not value("shots") and not desk.spoilt(("shots",)) and not desk.spoilt(("scenes",)):
        desk.problem((), "no-shots", "the film has no shots", "list them under `shots:`, each with an `id`")
    defaults = _defaults(top)
    routing = defaults.block("gateway").over(top.block("gateway"))
    laid = laid_over(top)
    entries: list[Entry] = []
    for scene, path in top.items("scenes"):
        inner = Fields.of(desk, scene, path, top.words)
        own = _defaults(inner)
        around = Entry(
            own.over(defaults), own.block("gateway").over(routing), frozenset(), str(inner.get("id", "")),
            number_of(inner),
        )  # fmt: skip
        entries += _entries(inner, around, laid)
    entries += _entries(top, Entry(defaults, routing, frozenset()), laid)
    _check_ids(entries)
    laid.check([entry.id for entry in entries])
    return entries


def _defaults(block: Fields) -> Fields:
    """The defaults of the film, or of a scene."""
    defaults = block.block("defaults")
    if "id" in defaults.values:
        defaults.problem("id", "default-id", "an id belongs to one shot", "move it to the shot")
    if "foreach" in defaults.values:
        defaults.problem("foreach", "default-foreach", "`foreach` belongs to one shot", "move it to the shot")
    return defaults


def number_of(fields: Fields) -> str:
    """The number of a shot or a scene, as it is written."""
    return str(fields.get("number", "")) if not fields.desk.spoilt(fields.at("number")) else ""


def _entries(block: Fields, around: Entry, laid: Overlays) -> Iterator[Entry]:
    """The shots of a scene, or of the film, with what is around them: defaults, routing, a scene."""
    for value, path in block.items("shots"):
        for shot in made_shots(block.desk, value, path, block.words):
            own = Fields.of(block.desk, shot.value, shot.path, block.words)
            own = laid.over(own)
            yield Entry(
                own.over(around.fields), own.block("gateway").over(around.routing), frozenset(own.values),
                around.scene, around.number, shot.words,
            )  # fmt: skip


def _check_count(top: Fields) -> None:
    """Whether there are not too many shots to look at; Enough."""
    lists: list[tuple[Any, Path]] = [(top.get("shots"), ("shots",))]
    lists += [(scene.get("shots"), (*path, "shots")) for scene, path in top.items("scenes") if isinstance(scene, dict)]
    count = 0
    for shots, path in lists:
        count += len(shots) if isinstance(shots, list) else 0
        if count > foreach.MAX_SHOTS:
            raise too_many_shots(top.desk, path)


def _check_ids(entries: list[Entry]) -> None:
    seen: dict[str, tuple[str, int]] = {}
    for entry in entries:
        if "id" not in entry.own:
            continue
        line = entry.fields.where("id").line
        if (lower := entry.id.lower()) not in seen:
            seen[lower] = entry.id, line
            continue
        other, at = seen[lower]
        message = f"two shots have the id `{entry.id}`; the other is on line {at}"
        if other != entry.id:
            message = f"the ids `{entry.id}` and `{other}`, on line {at}, differ in their capitals alone"
        entry.fields.problem("id", "duplicate-id", message, "give this one a name of its own")
