"""The shots of a storyboard put into the editor's order: lists reordered, shots moved between scenes, new ones added,
and those that are gone made comments where they stood. What would break the film stays, and is told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby, pairwise

from storyboard.changelist.aims import Aim, Aims
from storyboard.changelist.fields import Laid
from storyboard.changelist.returned import Noted
from storyboard.changelist.sheets import Sheets, refusal
from storyboard.changelist.stands import unit_of
from storyboard.changelist.times import pace_value, time_text
from storyboard.errors import Refused, StoryboardError, Where
from storyboard.proposing import made_of_data, places_of, value_at
from storyboard.spec.model import Storyboard
from storyboard.spec.places import Path as Place
from storyboard.spec.rewriting import Put, Remove, hide, move, reorder, rewrite

COPIED = ("fit", "focus", "flip", "scale", "look")
"""Fields of a shot that its further use has too."""

Step = Callable[[Sheets], Sheets]

At = tuple[str, Place, int]
"""Where a shot is written: its file, its list, its place in that."""


def arrange(sheets: Sheets, aims: Aims, laid: Mapping[str, Laid]) -> tuple[Sheets, list[Noted]]:
    """The storyboard with the shots of a cut in its order, and what could not be done."""
    told: list[Noted] = []
    order = [aim.shot for aim in aims.shots]
    places = {aim.shot: aim.where for aim in aims.shots}
    if sheets.project.which.variant:
        return _listed(sheets, aims, told), told
    for aim in aims.shots:
        if aim.of:
            sheets = _tried(sheets, aim.where, told, partial(_added, aim=aim, laid=laid[aim.shot]))
    sheets = _ordered(sheets, order, places, told)
    return _without(sheets, [(id_, laid[id_].clip.shot.where) for id_ in aims.gone], told)


def _without(sheets: Sheets, gone: Sequence[tuple[str, Where]], told: list[Noted]) -> tuple[Sheets, list[Noted]]:
    """The storyboard without some shots: all at once, else each that nothing needs that stays."""
    if not gone:
        return sheets, told
    try:
        whole = _hidden(sheets, [id_ for id_, _ in gone])
        if not new_problems(sheets, whole):
            return whole, told
    except StoryboardError:
        pass  # then one after the other, to tell which
    found: list[Noted] = []
    waiting = list(gone)
    while waiting:
        found, left = [], []
        for id_, where in waiting:
            stays = f"`{id_}` is not in the cut and stays in the film"
            after = _tried(sheets, where, found, partial(_hidden, ids=[id_]), stays=stays)
            left += [(id_, where)] if after is sheets else []
            sheets = after
        if len(left) == len(waiting):
            break
        waiting = left
    return sheets, told + found


def new_problems(before: Sheets, after: Sheets) -> list[Noted]:
    """What is wrong with a storyboard that was not before it was changed."""
    known = {(one.code, one.message) for one in before.problems()}
    new = [one for one in sorted(after.problems()) if (one.code, one.message) not in known]
    return [(one.where, one.message) for one in new if not one.message.startswith("there is no shot after the last")]


def _tried(
    sheets: Sheets, where: Where, told: list[Noted], step: Step, *, stays: str = "", check: bool = True
) -> Sheets:  # fmt: skip
    """The sheets after a step; as they were, and told why, where it cannot be made or would break the film."""
    try:
        after = step(sheets)
    except StoryboardError as error:
        told.append((error.where or where, f"{stays}: {refusal(error)}" if stays else refusal(error)))
        return sheets
    wrong = new_problems(sheets, after) if check and after is not sheets else []
    for place, message in wrong:
        why = "this names it" if message.startswith("there is no shot") else message
        told.append((place, f"{stays}: {why}" if stays else message))
    return sheets if wrong else after


def _where(sheets: Sheets, storyboard: Storyboard) -> dict[str, At]:
    """Where every shot is written that is written; several of a `foreach` stand at one place."""
    found: dict[str, At] = {}
    places: dict[str, dict[tuple[int, int], Place]] = {}
    for shot in storyboard.shots:
        shown = shot.where.file
        if shown not in places:
            places[shown] = places_of(sheets.document(shown))
        if place := places[shown].get((shot.where.line, shot.where.column)):
            *around, index = place
            found[shot.id] = shown, tuple(around), int(index)
    return found


def _made(sheets: Sheets, storyboard: Storyboard) -> set[str]:
    """The shots that are made of data."""
    values = {shown: sheets.document(shown).value for shown in {shot.where.file for shot in storyboard.shots}}
    at = _where(sheets, storyboard)
    return {id_ for id_, (shown, around, index) in at.items() if "foreach" in value_at(values[shown], (*around, index))}


def _alone(sheets: Sheets, storyboard: Storyboard, id_: str) -> At:
    """Where a shot is written as one of its own; `Refused` for one that is made of data."""
    at = _where(sheets, storyboard).get(id_)
    if at is None or id_ in _made(sheets, storyboard):
        raise made_of_data(storyboard.shot(id_))
    return at


def _added(sheets: Sheets, aim: Aim, laid: Laid) -> Sheets:
    """With a further use of a shot, behind the last of its list."""
    storyboard = sheets.load()
    origin = laid.clip.shot.id
    shown, around, index = _alone(sheets, storyboard, origin)
    entries = value_at(sheets.document(shown).value, around)
    own, stand, counted = entries[index], aim.stand, laid.counted
    unit = unit_of(laid.clip, laid.output)
    entry = {"id": aim.shot, "footage": {"shot": aim.of}, **{name: own[name] for name in COPIED if name in own}}
    if stand.begin:
        entry["in"] = time_text(stand.begin * unit, laid.clip.shot.start, counted)
    entry["length"] = time_text(stand.frames / laid.output.rate, laid.clip.shot.length, counted)
    if stand.speed != 1:
        entry["speed"] = pace_value(stand.speed, own.get("speed", ""))
    if stand.reverse:
        entry["reverse"] = True
    if stand.still is not None:
        times = time_text(stand.still * unit, None, counted), time_text(stand.hold / laid.output.rate, None, counted)
        entry["freeze"] = dict(zip(("at", "for"), times, strict=True))
    return sheets.put(shown, rewrite(shown, sheets.read(shown), [Put((*around, len(entries)), entry)]))


def _ordered(sheets: Sheets, order: Sequence[str], places: Mapping[str, Where], told: list[Noted]) -> Sheets:
    """With the shots in an order: scenes as wholes where that does it, else single shots into other scenes."""
    storyboard = sheets.load()
    if order == [shot.id for shot in storyboard.shots if shot.id in places]:
        return sheets
    at = _where(sheets, storyboard)
    lists = list(dict.fromkeys(at[shot.id][:2] for shot in storyboard.shots if shot.id in at))
    here = [id_ for id_ in order if id_ in at]
    runs = [key for key, _ in groupby(here, key=lambda id_: at[id_][:2])]
    first = places[here[0]] if here else Where(sheets.project.shown, 1, 1)
    if len(runs) == len(set(runs)):
        there = [key for key in lists if key in runs]
        if runs != there:
            sheets = _tried(sheets, first, told, partial(_scenes, runs=runs, there=there))
    else:
        rank = {key: index for index, key in enumerate(lists)}
        kept = _rising([rank[at[id_][:2]] for id_ in here])
        for place, id_ in enumerate(here):
            if place not in kept:
                beside = _nearest(kept, place)
                near = next((one for one in beside if at[here[one]][0] == at[id_][0]), beside[0])
                step = partial(_moved, id_=id_, near=here[near], behind=near < place)
                after = _tried(sheets, places[id_], told, step)
                kept |= {place} if after is not sheets else set()
                sheets = after
    return _tried(sheets, first, told, partial(_sorted, order=order))


def _scenes(sheets: Sheets, runs: Sequence[tuple[str, Place]], there: Sequence[tuple[str, Place]]) -> Sheets:
    """With whole scenes in another order."""
    moved = [(old, new) for old, new in zip(there, runs, strict=True) if old != new]
    shown = moved[0][0][0]
    if any(file != shown or place[:1] != ("scenes",) for pair in moved for file, place in pair):
        raise Refused("these scenes stand in several files", hint="put them into order in an editor")
    wanted = {int(old[1][1]): int(new[1][1]) for old, new in moved}
    order = [wanted.get(index, index) for index in range(len(sheets.document(shown).value["scenes"]))]
    return sheets.put(shown, reorder(shown, sheets.read(shown), ("scenes",), order))


def _rising(ranks: Sequence[int]) -> set[int]:
    """The places of the most ranks that never fall, one after the other."""
    ends: list[int] = []
    at: list[int] = []
    came: list[int] = []
    for place, rank in enumerate(ranks):
        length = bisect_right(ends, rank)
        ends[length : length + 1] = [rank]
        at[length : length + 1] = [place]
        came.append(at[length - 1] if length else -1)
    kept, place = set[int](), at[-1] if at else -1
    while place >= 0:
        kept.add(place)
        place = came[place]
    return kept


def _nearest(kept: set[int], place: int) -> list[int]:
    """The place before one, and the place behind it, of those that are kept."""
    before, after = [one for one in kept if one < place], [one for one in kept if one > place]
    return [*sorted(before)[-1:], *sorted(after)[:1]]


def _moved(sheets: Sheets, id_: str, near: str, *, behind: bool) -> Sheets:
    """With a shot in the list of another one, behind it or before it, where it still asks its model for the same."""
    storyboard = sheets.load()
    shown, around, index = _alone(sheets, storyboard, id_)
    other, into, at = _where(sheets, storyboard)[near]
    if (other, into) == (shown, around):
        return sheets
    if shown != other:
        raise Refused(f"`{id_}` would stand in another file", hint="move it there in an editor")
    after = sheets.put(shown, move(shown, sheets.read(shown), (*around, index), into, at + behind))
    before, now = storyboard.shot(id_), after.load().shot(id_)
    if (before.order, before.card, before.lut) != (now.order, now.card, now.lut):
        message = f"`{id_}` would be another shot in the scene of `{near}`, whose defaults are others"
        raise Refused(message, hint="move it there in an editor, and look at what `plan` says")
    return after


def _sorted(sheets: Sheets, order: Sequence[str]) -> Sheets:
    """With the entries of every list in an order; what is not in that stays behind what it follows."""
    rank = {id_: place for place, id_ in enumerate(order)}
    lists: dict[tuple[str, Place], dict[int, int]] = {}
    for id_, (shown, around, index) in _where(sheets, sheets.load()).items():
        known = lists.setdefault((shown, around), {})
        if id_ in rank:
            known[index] = min(known.get(index, rank[id_]), rank[id_])
    for (shown, around), known in lists.items():
        groups: list[tuple[int, list[int]]] = [(-1, [])]
        for index in range(max(known, default=-1) + 1):
            if index in known:
                groups.append((known[index], [index]))
            else:
                groups[-1][1].append(index)
        wanted = [index for _, group in sorted(groups) for index in group]
        if any(one > other for one, other in pairwise(wanted)):
            count = len(value_at(sheets.document(shown).value, around))
            wanted += range(len(wanted), count)
            sheets = sheets.put(shown, reorder(shown, sheets.read(shown), around, wanted))
    return sheets


def _hidden(sheets: Sheets, ids: Sequence[str]) -> Sheets:
    """Without some shots: their lines are comments now. A scene goes with its last shot."""
    storyboard = sheets.load()
    at, made = _where(sheets, storyboard), _made(sheets, storyboard)
    files: dict[str, dict[Place, list[int]]] = {}
    for id_ in ids:
        if id_ not in at or id_ in made:
            raise made_of_data(storyboard.shot(id_))
        shown, around, index = at[id_]
        files.setdefault(shown, {}).setdefault(around, []).append(index)
    for shown, lists in files.items():
        value, data = sheets.document(shown).value, sheets.read(shown)
        whole = {around for around, found in lists.items() if len(found) == len(value_at(value, around))}
        whole = {around for around in whole if len(around) > 1}
        paths = [(*around, index) for around, found in lists.items() if around not in whole for index in found]
        paths += [around[:2] for around in whole]
        try:
            sheets = sheets.put(shown, hide(shown, data, sorted(paths, key=str)))
        except Refused:
            sheets = sheets.put(shown, rewrite(shown, data, [Remove(path) for path in paths]))
    return sheets


def _listed(sheets: Sheets, aims: Aims, told: list[Noted]) -> Sheets:
    """With a variant's own list of its shots as the cut has them."""
    storyboard, variant, shown = sheets.load(), sheets.project.which.variant, sheets.project.shown
    told += [
        (aim.where, f"`{aim.of}` stands here once more: a variant has the film's shots") for aim in aims.shots if aim.of
    ]
    order = [aim.shot for aim in aims.shots if not aim.of]
    if order == [shot.id for shot in storyboard.shots if shot.id in order] and not aims.gone:
        return sheets
    place: Place = ("variants", variant, "order")
    block = value_at(sheets.document(shown).value, place[:2])
    listed, first = block.get("order"), aims.shots[0].where if aims.shots else Where(shown, 1, 1)

    def relist(now: Sheets) -> Sheets:
        data = now.read(shown)
        if not isinstance(listed, list) or not set(order) <= set(listed):
            return now.put(shown, rewrite(shown, data, [Put(place, order)]))
        gone = [Remove((*place, index)) for index, id_ in enumerate(listed) if id_ not in order]
        data = rewrite(shown, data, gone) if gone else data
        left = [id_ for id_ in listed if id_ in order]
        return now.put(shown, reorder(shown, data, place, [left.index(id_) for id_ in order]))

    return _tried(sheets, first, told, relist)
