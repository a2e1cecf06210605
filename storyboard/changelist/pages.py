"""Where the cut of each shot is written: in the shot itself, or in the block that a variant has for it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storyboard.changelist.fields import Page
from storyboard.changelist.sheets import Sheets
from storyboard.proposing import made_of_data, places_of, value_at
from storyboard.spec.model import Shot
from storyboard.spec.places import Path as Place


@dataclass(frozen=True, slots=True)
class Pages:
    """The files of a storyboard, and what is looked up in them often."""

    sheets: Sheets
    places: dict[str, dict[tuple[int, int], Place]] = field(default_factory=dict)
    scenes: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    """The fields that a scene's defaults say, by file and scene."""

    def of(self, shot: Shot) -> tuple[str, Page]:
        """The file that the cut of a shot is written in, and where; `Refused` for one that is made of data.

        A variant says it in a block of its own: the film itself stays as it is.
        """
        variant, main = self.sheets.project.which.variant, self.sheets.project.shown
        if variant:
            place: Place = ("variants", variant, "shots", shot.id)
            own = _block(self.sheets.document(main).value, place)
            return main, Page(place, own, (shot.own - frozenset(own)) | self._defaults(shot))
        shown = shot.where.file
        if shown not in self.places:
            self.places[shown] = places_of(self.sheets.document(shown))
        found = self.places[shown].get((shot.where.line, shot.where.column))
        own = value_at(self.sheets.document(shown).value, found) if found else {"foreach": None}
        if found is None or "foreach" in own:
            raise made_of_data(shot)
        return shown, Page(found, own, self._defaults(shot))

    def top(self) -> tuple[str, Page]:
        """Where the fields of the film are written."""
        variant, shown = self.sheets.project.which.variant, self.sheets.project.shown
        value = self.sheets.document(shown).value
        if not variant:
            return shown, Page((), value)
        return shown, Page(("variants", variant), _block(value, ("variants", variant)), frozenset(value))

    def _defaults(self, shot: Shot) -> frozenset[str]:
        """The fields that a default says of a shot: the film's, an included part's, or its scene's."""
        main, file = self.sheets.project.shown, shot.where.file
        if file not in self.scenes:
            value = self.sheets.document(main).value
            parts = [
                posixpath.normpath(posixpath.join(posixpath.dirname(main), str(one)))
                for one in value.get("include") or ()
            ]
            named = {
                name for shown in (main, *parts) for name in _block(self.sheets.document(shown).value, ("defaults",))
            }
            self.scenes[file] = {"": frozenset(named)}
            for scene in self.sheets.document(file).value.get("scenes") or ():
                if isinstance(scene, dict):
                    self.scenes[file][str(scene.get("id"))] = frozenset({*named, *_block(scene, ("defaults",))})
        return self.scenes[file].get(shot.scene, self.scenes[file][""])


def _block(value: Any, place: Place) -> Mapping[str, Any]:
    for part in place:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
