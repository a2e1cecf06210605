"""What an editor does to a cut: pieces trimmed, moved and slowed down on a timeline whose clips close up behind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, pairwise

from storyboard.export.cut import Crossing, Cut, Media, Piece

Edit = Callable[[random.Random, Cut], Cut | None]
"""An edit at random; None where a cut has no place for it."""


def closed_up(cut: Cut, pieces: Sequence[Piece], crossings: Mapping[int, Crossing] | None = None) -> Cut:
    """A cut of these pieces, end to end."""
    start, laid = 0, []
    for piece in pieces:
        laid.append(replace(piece, start=start))
        start += piece.frames
    return replace(cut, pieces=tuple(laid), frames=start, crossings=cut.crossings if crossings is None else crossings)


def put(cut: Cut, index: int, *new: Piece) -> Cut:
    """The cut with other pieces in the place of one; only one keeps the transitions where they are."""
    return closed_up(cut, [*cut.pieces[:index], *new, *cut.pieces[index + 1 :]])


def whole(cut: Cut) -> list[int]:
    """Pieces that are all of their shot, and move."""
    shots = [piece.shot for piece in cut.pieces]
    return [
        index
        for index, piece in enumerate(cut.pieces)
        if shots.count(piece.shot) == 1 and piece.media and not piece.media.plate and piece.step
    ]


def room(cut: Cut, index: int) -> tuple[int, int]:
    """How many film frames lie in the media before a piece and behind it, beyond its transitions."""
    piece = cut.pieces[index]
    assert piece.media
    last = piece.place + (piece.frames - 1) * piece.step
    low, high = sorted((piece.place, last))
    before, after = low // abs(piece.step), (piece.media.frames - abs(piece.step) - high) // abs(piece.step)
    lead, tail = cut.handles(index)
    return (int(before) - lead, int(after) - tail) if piece.step > 0 else (int(after) - lead, int(before) - tail)


def spare(cut: Cut, index: int) -> int:
    """How many frames of a piece no transition needs."""
    before, after = cut.crossings.get(index), cut.crossings.get(index + 1)
    return cut.pieces[index].frames - (before.after if before else 0) - (after.before if after else 0) - 1


def trimmed(piece: Piece, head: int = 0, tail: int = 0) -> Piece:
    """So many frames less at both ends; more, where they are negative."""
    return replace(piece, place=piece.place + head * piece.step, frames=piece.frames - head - tail)


def trim_head(dice: random.Random, cut: Cut) -> Cut | None:
    """Take frames from a clip's beginning."""
    index, count = chosen(dice, cut, lambda at: spare(cut, at))
    return put(cut, index, trimmed(cut.pieces[index], head=count)) if count else None


def trim_tail(dice: random.Random, cut: Cut) -> Cut | None:
    """Take frames from a clip's end."""
    index, count = chosen(dice, cut, lambda at: spare(cut, at))
    return put(cut, index, trimmed(cut.pieces[index], tail=count)) if count else None


def extend(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a clip begin earlier."""
    index, count = chosen(dice, cut, lambda at: room(cut, at)[0])
    return put(cut, index, trimmed(cut.pieces[index], head=-count)) if count else None


def slip(dice: random.Random, cut: Cut) -> Cut | None:
    """Show a later part of the take."""
    index, count = chosen(dice, cut, lambda at: room(cut, at)[1])
    return put(cut, index, trimmed(cut.pieces[index], head=count, tail=-count)) if count else None


def roll(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a cut between two clips lie earlier."""
    for index in dice.sample(range(len(cut.pieces) - 1), len(cut.pieces) - 1):
        if index not in whole(cut) or index + 1 not in whole(cut) or index + 1 in cut.crossings:
            continue
        count = min(spare(cut, index), room(cut, index + 1)[0], 7)
        if count > 0:
            one, other = trimmed(cut.pieces[index], tail=count), trimmed(cut.pieces[index + 1], head=-count)
            return closed_up(cut, [*cut.pieces[:index], one, other, *cut.pieces[index + 2 :]])
    return None


def chosen(dice: random.Random, cut: Cut, most: Callable[[int], int]) -> tuple[int, int]:
    """A piece, and how many frames of it; no frames where there is none."""
    found = [(index, min(most(index), 9)) for index in whole(cut) if most(index) > 0]
    index, count = dice.choice(found) if found else (0, 0)
    return index, dice.randint(1, count) if count else 0


def blocks(cut: Cut) -> list[tuple[list[Piece], Crossing | None]]:
    """The pieces of each shot, and the transition that they go out by."""
    found, at = [], 0
    for _, group in groupby(cut.pieces, key=lambda piece: piece.shot):
        pieces = list(group)
        at += len(pieces)
        found.append((pieces, cut.crossings.get(at) if at < len(cut.pieces) else None))
    return found


def joined(cut: Cut, found: Sequence[tuple[list[Piece], Crossing | None]]) -> Cut:
    """A cut of shots, each with its transition; the last one's goes."""
    crossings = {0: cut.crossings[0]} if 0 in cut.crossings else {}
    pieces: list[Piece] = []
    for group, crossing in found:
        pieces += group
        if crossing:
            crossings[len(pieces)] = crossing
    crossings.pop(len(pieces), None)
    if len(cut.pieces) in cut.crossings:
        crossings[len(pieces)] = cut.crossings[len(cut.pieces)]
    return closed_up(cut, pieces, crossings)


def reorder(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a shot, between cuts, stand elsewhere."""
    found = blocks(cut)
    free = [at for at, one in enumerate(found) if is_free(found, at)]
    if len(found) < 3 or not free:
        return None
    block = found.pop(dice.choice(free))
    gaps = [at for at in range(len(found) + 1) if not (at and found[at - 1][1])]
    found.insert(dice.choice(gaps), block)
    return joined(cut, found)


def is_free(found: Sequence[tuple[list[Piece], Crossing | None]], at: int) -> bool:
    """Whether a shot stands between cuts."""
    return not found[at][1] and not (at and found[at - 1][1])


def take_out(dice: random.Random, cut: Cut) -> Cut | None:
    """Take a shot out that stands between cuts."""
    found = blocks(cut)
    free = [at for at in range(len(found)) if is_free(found, at)]
    if len(found) < 2 or not free:
        return None
    del found[dice.choice(free)]
    return joined(cut, found)


def meetings(cut: Cut) -> Iterator[int]:
    """Where two shots meet that are a piece each."""
    for index, pair in enumerate(pairwise(cut.pieces), 1):
        if pair[0].shot != pair[1].shot and {index - 1, index} <= set(whole(cut)):
            yield index


def with_crossing(cut: Cut, index: int, crossing: Crossing | None) -> Cut:
    """The cut with another transition at a meeting."""
    others = {at: one for at, one in cut.crossings.items() if at != index}
    return replace(cut, crossings={**others, index: crossing} if crossing else others)


def add_transition(dice: random.Random, cut: Cut) -> Cut | None:
    """Let two shots dissolve that were cut."""
    for index in dice.sample(list(meetings(cut)), len(list(meetings(cut)))):
        most = min(room(cut, index - 1)[1], room(cut, index)[0], spare(cut, index - 1), spare(cut, index), 5)
        if index not in cut.crossings and most > 0:
            return with_crossing(cut, index, Crossing("dissolve", "dissolve", dice.randint(0, most), most))
    return None


def crossed(dice: random.Random, cut: Cut) -> int:
    """A meeting with a transition; 0 without any."""
    found = [index for index in meetings(cut) if index in cut.crossings]
    return dice.choice(found) if found else 0


def remove_transition(dice: random.Random, cut: Cut) -> Cut | None:
    """Cut where the film has a transition."""
    index = crossed(dice, cut)
    return with_crossing(cut, index, None) if index else None


def longer_transition(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a transition last longer at both ends, else shorter."""
    index = crossed(dice, cut)
    if not index:
        return None
    old = cut.crossings[index]
    most = min(room(cut, index - 1)[1], room(cut, index)[0], spare(cut, index - 1), spare(cut, index), 4)
    if most > 0:
        return with_crossing(cut, index, replace(old, before=old.before + most, after=old.after + most))
    if old.after > 1:
        return with_crossing(cut, index, replace(old, after=old.after - 1))
    return None


def other_transition(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a transition go through black, or a fade dissolve."""
    index = crossed(dice, cut)
    if not index:
        return None
    old = cut.crossings[index]
    new = ("dissolve", "dissolve", "") if old.kind == "dip" else ("dip", "fade", "#000000")
    return with_crossing(cut, index, Crossing(new[0], new[1], old.before, old.after, new[2]))  # type: ignore[arg-type]


def speed(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a clip run at twice its pace, or half of it, over the same stretch of its take."""
    free = [at for at in whole(cut) if at not in cut.crossings and at + 1 not in cut.crossings]
    free = [at for at in free if cut.pieces[at].frames > 3]
    if not free:
        return None
    index = dice.choice(free)
    piece, twice = cut.pieces[index], dice.random() < 0.5
    step = piece.step * (2 if twice else Fraction(1, 2))
    if not Fraction(1, 8) <= abs(step) * cut.rate / piece.media.rate <= 8:  # type: ignore[union-attr]
        return None
    frames = piece.frames // 2 if twice else piece.frames * 2 - 1
    place = piece.place + (step - piece.step if step < 0 and not twice else 0)
    if place + (frames - 1) * step < 0 or place < 0:
        return None
    return put(cut, index, replace(piece, step=step, frames=frames, place=place))


def reverse(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a clip run the other way over the same stretch of its take."""
    free = [at for at in whole(cut) if at not in cut.crossings and at + 1 not in cut.crossings]
    if not free:
        return None
    index = dice.choice(free)
    piece = cut.pieces[index]
    last = piece.place + (piece.frames - 1) * piece.step
    return put(cut, index, replace(piece, place=last, step=-piece.step))


def freeze(dice: random.Random, cut: Cut) -> Cut | None:
    """Let a clip stand still for a while in its middle."""
    free = [at for at in whole(cut) if cut.pieces[at].step > 0 and spare(cut, at) > 4 and cut.pieces[at].frames > 4]
    free = [at for at in free if at not in cut.crossings and at + 1 not in cut.crossings]
    if not free:
        return None
    index = dice.choice(free)
    piece, hold = cut.pieces[index], dice.randint(2, 12)
    half = piece.frames // 2
    head, rest = replace(piece, frames=half), trimmed(piece, head=half)
    still = replace(piece, place=rest.place, step=Fraction(0), frames=hold)
    found = blocks(cut)
    at = next(one for one, (pieces, _) in enumerate(found) if pieces[0].shot == piece.shot)
    found[at] = [head, still, rest], found[at][1]
    return joined(cut, found)


TWELVE: dict[str, Edit] = {
    "trim head": trim_head, "trim tail": trim_tail, "slip": slip, "roll": roll, "reorder": reorder,
    "transition added": add_transition, "transition removed": remove_transition,
    "transition longer": longer_transition, "transition of another kind": other_transition, "speed": speed,
    "reverse": reverse, "taken out": take_out,
}  # fmt: skip


def foreign(cut: Cut, index: int, name: str, frames: int) -> Cut:
    """Media of the editor's own before a piece."""
    piece = cut.pieces[index]
    media = Media(f"media/{name}", cut.rate, frames + 48, cut.width, cut.height, 0, "AX")
    mine = Piece("", "", "", media, 0, frames, Fraction(24), Fraction(1))
    return replace(put(cut, index, mine, piece), crossings={})
