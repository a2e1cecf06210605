"""What a shot asks of its model: its words with those of its look and its characters, its frames, all that is sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from storyboard.spec.fields import Desk, Fields, file_at, fill_at
from storyboard.spec.model import Beat, Block, Frame, FrameOf, Motion, Order, Routing, StillFile
from storyboard.spec.phrases import suggest
from storyboard.spec.places import Path
from storyboard.timing import Duration, Rate

DEFAULT_MODEL = "klingai/kling-v3.0-i2v"
FIELDS = ("prompt", "first", "last", "references", "multi_shot", "motion", "voices", "elements", "seed", "options")
"""Fields that only a generated shot has a use for."""
SHARED = ("references", "voices", "elements")
"""Fields that a shot's characters add to."""

MAX_OPTIONS = 20_000
"""Characters of all the model's own options together, as JSON."""
MAX_OPTION_DEPTH = 6
LARGEST_EXACT = 2**53 - 1
"""The largest whole number that every reader of JSON reads exactly."""


@dataclass(frozen=True, slots=True)
class Film:
    """What a shot needs to know of the film around it."""

    rate: Rate
    characters: Mapping[str, Fields]
    looks: Mapping[str, Fields]
    shot_ids: Mapping[str, int]
    """Every shot, and its place in the film: how many stand before it."""
    index: int
    """This shot's own."""
    firsts: Mapping[str, Any]
    """Each shot's `first` as written."""
    cards: Collection[str] = ()
    """Shots that are drawn, and have no take."""
    reuses: Mapping[str, str] = field(default_factory=dict)
    """Shots that use another's take again, and whose."""


def build_order(fields: Fields, routing: Fields, film: Film, seconds: Fraction, own: Collection[str]) -> Order:
    """The order of these fields. `routing` has the gateway's options, `own` names the fields that are no defaults."""
    beats = _beats(fields, film)
    order = Order(
        model="" if "model" in fields.spoilt else str(fields.get("model", DEFAULT_MODEL)),
        prompt=_prompt(fields, film, fields.text("prompt")) if not fields.written("multi_shot") else "",
        negative=_negative(fields, film),
        seconds=seconds,
        mode=str(fields.get("mode", "")),
        audio=bool(fields.get("audio", False)),
        first=_frame(fields, film, "first"),
        last=_frame(fields, film, "last"),
        references=tuple(StillFile(file) for file in _files(fields, film)),
        seed=fields.get("seed"),
        beats=beats,
        motion=_motion(fields),
        voices=tuple(value for value, _ in _gather(fields, film, "voices")),
        elements=tuple(value for value, _ in _gather(fields, film, "elements")),
        options=_options(fields),
        routing=_routing(routing),
    )
    _check_characters(fields, film)
    if "prompt" in own and fields.written("multi_shot"):
        fields.problem(
            "prompt",
            "two-prompts",
            "`multi_shot` says what happens, and then `prompt` is not read",
            "move its words into the prompts of `multi_shot`, or remove `multi_shot`",
        )
    elif not order.prompt and not any(fields.written(name) for name in ("prompt", "multi_shot", "motion")):
        fields.problem(
            "prompt",
            "no-prompt",
            f"shot `{fields.get('id')}` says nothing about what happens",
            "add `prompt:`, or make it a `card` or `footage`",
        )
    return order


def beats_last(fields: Fields, rate: Rate) -> Fraction | None:
    """Seconds that the shots inside a multi-shot clip last together; None without any, or when one's is not known."""
    lengths = [duration.seconds(rate) for duration, _ in _lengths(fields) if duration]
    return sum(lengths, Fraction(0)) if lengths and len(lengths) == len(fields.items("multi_shot")) else None


def _prompt(fields: Fields, film: Film, text: str) -> str:
    """A text with the prompts of the shot's characters and look behind it."""
    parts = [text]
    parts += [film.characters[name].text("prompt") for name, _ in fields.items("characters") if name in film.characters]
    if look := film.looks.get(str(fields.get("look"))):
        parts.append(look.text("prompt"))
    joined = ""
    for part in filter(None, parts):
        joined += ("" if not joined else " " if joined[-1] in ".!?…:;," else ", ") + part
    fields.desk.spend(fields.at("prompt"), len(joined) // 10)
    return joined


def _check_characters(fields: Fields, film: Film) -> None:
    for name, path in fields.items("characters"):
        if name not in film.characters and fields.desk.is_block("characters"):
            hint = suggest(str(name), film.characters) or "define it under `characters:`"
            fields.desk.problem(path, "character", f"there is no character `{name}`", hint)
    check_look(fields, film)


def check_look(fields: Fields, film: Film) -> None:
    """Whether the look that is named is one."""
    name = fields.get("look")
    if name is not None and name not in film.looks and fields.desk.is_block("looks"):
        hint = suggest(str(name), film.looks) or "define it under `looks:`"
        fields.problem("look", "look", f"there is no look `{name}`", hint)


def _negative(fields: Fields, film: Film) -> str:
    look = film.looks.get(str(fields.get("look")))
    return ", ".join(part for part in (fields.text("negative"), look.text("negative") if look else "") if part)


def _lengths(fields: Fields) -> Iterator[tuple[Duration | None, Fields]]:
    """Each shot inside the clip, with its length."""
    for value, path in fields.items("multi_shot"):
        beat = Fields.of(fields.desk, value, path, fields.words)
        yield beat.duration("duration"), beat


def _beats(fields: Fields, film: Film) -> tuple[Beat, ...]:
    """The shots inside a multi-shot clip; none when one of them is wrong, for then their sum says nothing."""
    beats, before = [], len(fields.desk.problems)
    for duration, beat in _lengths(fields):
        seconds = duration.seconds(film.rate) if duration else Fraction(0)
        if duration and not fields.desk.spoilt(beat.at("duration")) and (seconds.denominator != 1 or seconds < 1):
            message = f"a shot inside a clip lasts whole seconds, at least one, and not {duration.text}"
            beat.problem("duration", "beat", message, f"write `duration: {max(1, round(seconds))}s`")
        text = beat.text("prompt")
        if not text and not fields.desk.spoilt(beat.at("prompt")):
            message = "this shot inside the clip says nothing about what happens"
            beat.problem("prompt", "no-prompt", message, "describe it, as in `prompt: The fox climbs`")
        beats.append(Beat(_prompt(fields, film, text), int(seconds)))
    return tuple(beats) if len(fields.desk.problems) == before else ()


def _motion(fields: Fields) -> Motion | None:
    motion = fields.block("motion")
    video = motion.file("video") if "motion" in fields.values else ""
    return Motion(video, motion.get("orientation"), bool(motion.get("sound", True))) if video else None


def _gather(fields: Fields, film: Film, name: str) -> list[tuple[Any, Path]]:
    """The entries of a field, and those of the characters behind them, each once. An empty list in the shot ends it."""
    if fields.get(name) == [] or name in fields.spoilt:
        return []
    entries = fields.items(name)
    fields.desk.spend(fields.at(name), 10 * len(entries))
    for character, _ in fields.items("characters"):
        entries += film.characters[character].items(name) if character in film.characters else []
    found: dict[Any, Path] = {}
    for value, path in entries:
        if not fields.desk.spoilt(path):
            found.setdefault(value, path)
    return list(found.items())


def _files(fields: Fields, film: Film) -> list[str]:
    named = [file_at(fields.desk, value, path, fields.words) for value, path in _gather(fields, film, "references")]
    return list(dict.fromkeys(filter(None, named)))


def _options(fields: Fields) -> tuple[tuple[str, Any], ...]:
    before, size = len(fields.desk.problems), len(json.dumps(fields.get("options", {}), ensure_ascii=False))
    if size > MAX_OPTIONS:
        message = f"`options` has {size:,} characters; together they may have {MAX_OPTIONS:,}"
        fields.problem("options", "options", message, "give large inputs to the model as files, in the fields for them")
        return ()
    fields.desk.spend(fields.at("options"), size // 5)
    options = _plain(fields.desk, fields.get("options", {}), fields.at("options"), fields.words)
    if len(fields.desk.problems) > before or not isinstance(options, Block):
        return ()
    return options.fields


def _plain(desk: Desk, value: Any, path: Path, words: Mapping[str, Any], depth: int = 0) -> Any:
    """An option's value as it is kept: whole numbers as such, lists as tuples, texts with their templates filled in."""
    if depth > MAX_OPTION_DEPTH:
        desk.problem(path, "options", f"options are nested more than {MAX_OPTION_DEPTH} deep", "write them flatter")
        return None
    if isinstance(value, dict):
        inner = {name: _plain(desk, one, (*path, name), words, depth + 1) for name, one in value.items()}
        return Block(tuple(sorted(inner.items())))
    if isinstance(value, list):
        return tuple(_plain(desk, one, (*path, index), words, depth + 1) for index, one in enumerate(value))
    if isinstance(value, str):
        return fill_at(desk, value, path, words)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        message = f"`{value}` is too large for a number: it would arrive as another one"
        desk.problem(path, "options", message, f'put it in quotes, if the provider takes a text: "{value}"')
    return value


def _routing(fields: Fields) -> Routing:
    def listed(name: str) -> tuple[str, ...]:
        return tuple(str(value) for value, _ in fields.items(name))

    return Routing(
        only=listed("only"),
        order=listed("order"),
        zero_data_retention=bool(fields.get("zero_data_retention", False)),
        disallow_prompt_training=bool(fields.get("disallow_prompt_training", False)),
        user=str(fields.get("user", "")),
        tags=listed("tags"),
    )


def _frame(fields: Fields, film: Film, name: str) -> Frame | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        file = fields.file(name)
        return StillFile(file) if file else None
    shot, frame = str(value["shot"]), value["frame"]
    if shot not in film.shot_ids:
        fields.problem(name, "shot", f"there is no shot `{shot}`", suggest(shot, film.shot_ids))
    elif name == "first" and frame != "last":
        fields.problem(
            name, "continuity", "a shot begins on another's last frame", f"write {{shot: {shot}, frame: last}}"
        )
    elif name == "first" and film.shot_ids[shot] >= film.index:
        fields.problem(
            name,
            "continuity",
            f"shot `{shot}` does not stand before this one",
            "a shot goes on from one that stands before it",
        )
    elif fault := _no_take(film, shot, frame):
        fields.problem(name, "continuity", *fault)
    elif name == "first":
        return FrameOf(shot)
    elif frame != "first":
        fields.problem(
            name, "continuity", "a shot ends on another's first frame", f"write {{shot: {shot}, frame: first}}"
        )
    elif not isinstance(film.firsts.get(shot), str):
        fields.problem(
            name,
            "continuity",
            f"the first frame of `{shot}` is not a still",
            "it must be an image file to be known before it is shot",
        )
    else:
        return StillFile(film.firsts[shot])
    return None


def _no_take(film: Film, shot: str, frame: str) -> tuple[str, str] | None:
    """Why a shot has no frame of its own to go on from, and what to write; None when it has."""
    if shot in film.cards:
        message = f"shot `{shot}` is a card: it is drawn, and has no take to go on from"
        return message, "name a shot that is generated, or an image file"
    if whose := film.reuses.get(shot):
        return f"shot `{shot}` uses the take of `{whose}` again", f"write {{shot: {whose}, frame: {frame}}}"
    return None
