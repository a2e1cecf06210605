"""`storyboard models`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import data, json_option

WIDE = 110
"""Columns of a terminal that has room for what a model is best for."""
WHOLE = 132
"""Columns of a terminal that has room for whole ids."""
PAGE = 100
"""Columns that a text is wrapped to at most."""

if TYPE_CHECKING:
    from storyboard.planner.catalogue import Model


@click.command("models", short_help="What each video model can do, and its price.")
@click.argument("id", required=False, shell_complete=completing.models)
@json_option
def command(id: str | None, as_json: bool) -> None:  # noqa: A002 - the word of the interface
    """List the video models, those of one provider, or show everything about one of them."""
    from storyboard.cli import report
    from storyboard.errors import Usage
    from storyboard.planner.catalogue import catalogue
    from storyboard.spec.phrases import suggest

    table = catalogue()
    models = [model for model in table.models.values() if id in (None, model.id, model.name, model.provider)]
    if not models:
        raise Usage(f"there is no model `{id}`", hint=suggest(str(id), [*table.models, *_names(table.models)]))
    if as_json:
        click.echo(report.as_json({"dated": table.dated, "models": [_plain(model) for model in models]}))
    elif id and id != models[0].provider:
        _show(models[0], table.dated)
    else:
        _list(models, table.dated)


def _names(ids: Any) -> list[str]:
    return [str(one).split("/", 1)[1] for one in ids]


def _list(models: list[Model], dated: str) -> None:
    from rich.text import Text

    from storyboard.cli.tables import new_table

    console = data()
    wide = console.width >= WIDE
    columns = ("model", "begins with", "seconds", "sound", "$ a second")
    table = new_table(*columns, *(["best for"] if wide else []))
    provider = ""
    for one in models:
        if one.provider != provider and console.width < WHOLE:
            if provider:
                table.add_row()
            table.add_row(Text(f"{one.provider}/", "bold cyan"))
        elif provider not in ("", one.provider):
            table.add_row()
        provider = one.provider
        sound = {"none": "no", "option": "asked", "always": "always"}[one.audio]
        name = one.id if console.width >= WHOLE else one.name
        row = [name, _beginnings(one), _lengths(one), sound, _dearest(one)]
        table.add_row(*row, *([one.best_for] if wide else []))
    console.print(table)
    click.echo(err=True)
    if console.width < WHOLE:
        click.echo(f"Written with its provider, as in `model: {models[0].id}`.", err=True)
    click.echo("`storyboard models MODEL` shows what one is best for, and all that it takes.", err=True)
    click.echo(f"Facts and prices as of {dated}; the gateway is asked for prices before anything is bought.", err=True)


def _beginnings(model: Model) -> str:
    """`words+pair+refs`: what a clip of it can begin with."""
    if model.kind == "motion":
        return "still+video"
    ways = []
    if model.kind == "t2v" or model.words_alone:
        ways.append("words")
    if model.first:
        ways.append("pair" if model.last else "still")
    if model.references:
        ways.append("refs")
    return "+".join(ways)


def _lengths(model: Model) -> str:
    """`3–15`, `4, 6, 8`."""
    seconds = model.seconds
    if seconds[-1] - seconds[0] == len(seconds) - 1 and len(seconds) > 2:
        return f"{seconds[0]}–{seconds[-1]}"
    return ", ".join(str(one) for one in seconds)


def _dearest(model: Model) -> str:
    """`0.168–0.392`: from the cheapest to the dearest second."""
    from storyboard.planner.price import finely, seconds_of

    found = seconds_of(model)
    return "–".join(dict.fromkeys(map(finely, found))) if found else "?"


def _show(model: Model, dated: str) -> None:
    from textwrap import wrap

    width = min(data().width, PAGE)
    click.echo(f"{model.id}  (as of {dated})")
    for name, value in (*_facts(model), *_options(model), *_prices(model)):
        first, *more = wrap(value, width - 21) or [""]
        click.echo(f"  {name:<18} {first}")
        for line in more:
            click.echo(f"  {'':<18} {line}")


def _facts(model: Model) -> Iterator[tuple[str, str]]:
    from storyboard.planner.asked import either

    yield "best for", model.best_for
    yield "or take", model.instead
    yield "begins with", _beginning(model)
    yield "last frame", _last(model)
    if model.references:
        only = f", in {either(model.reference_modes)} only" if model.reference_modes else ""
        only += f", in clips of {either(map(str, model.reference_seconds))} seconds" if model.reference_seconds else ""
        yield "references", f"up to {model.references}, without frames{only}"
    yield "seconds", _seconds(model)
    default = model.default_mode
    yield "modes", ", ".join(f"{mode}{_size(model, mode, default)}" for mode in model.modes)
    yield "shape", ", ".join(model.aspects) or "follows the still"
    yield "sound", _sound(model)
    if model.beats:
        yield "multi-shot", f"up to {model.beats} shots in one clip (`multi_shot:`)"
    if model.voices:
        yield "voices", f"up to {model.voices}, with sound and without elements (`voices:`)"
    if model.elements:
        yield "elements", f"up to {model.elements} (`elements:`)"
    yield "seed", "honoured" if model.seed else "not honoured"
    yield "prompt", _texts(model)
    if model.stills != "any":
        how = "as addresses only: `stills.host` says where" if model.stills == "address" else "inside the request only"
        yield "stills travel", how
    if not model.start:
        yield "route", "held open only: `--allow-held-open`"
    if not model.zero_data_retention:
        yield "data retention", "no provider of it is known to keep nothing"
    yield "ignores", ", ".join(model.ignored)


def _size(model: Model, mode: str, default: str) -> str:
    height = model.modes[mode]
    words = ([] if height == mode else [height]) + (["default"] if mode == default else [])
    return f" ({', '.join(words)})" if words else ""


def _beginning(model: Model) -> str:
    from storyboard.planner.asked import either

    ways = {"t2v": "words", "r2v": "references", "i2v": "a still", "motion": "a still, and a video that moves it"}
    words = [ways[model.kind]]
    if model.references and model.kind != "r2v":
        words.append("references")
    return either([*words, "words alone"] if model.words_alone else words)


def _last(model: Model) -> str:
    if not model.last:
        return "no" if model.kind in ("t2v", "r2v", "motion") else "no: it would be ignored, and charged all the same"
    if model.last_modes:
        return " or ".join(model.last_modes) + " only"
    return "together with a first one" if model.needs_first else "yes"


def _seconds(model: Model) -> str:
    from storyboard.planner.asked import spans

    if model.kind != "motion":
        return spans(model.seconds)
    most = ", to ".join(f"{seconds} with `orientation: {name}`" for name, seconds in model.motion.items())
    return f"as long as the video: {model.seconds[0]} to {most}"


def _sound(model: Model) -> str:
    if model.kind == "motion":
        return "that of the video, unless `motion: {sound: false}`"
    only = f", in mode {' or '.join(model.audio_modes)} only" if model.audio_modes else ""
    return {"none": "none", "always": "always", "option": f"on request (`audio: true`){only}"}[model.audio]


def _texts(model: Model) -> str:
    limit = "no limit is known" if model.prompt_limit is None else f"at most {model.prompt_limit:,} characters"
    if not model.negative:
        return f"{limit}; no negative prompt"
    return f"{limit}; a negative one" + (f" of {model.negative_limit:,}" if model.negative_limit else "")


def _options(model: Model) -> Iterator[tuple[str, str]]:
    from storyboard.planner.catalogue import catalogue
    from storyboard.planner.options import describe

    known = catalogue().options[model.namespace]
    for number, name in enumerate(model.options):
        text = f"{name}: {known[name].about} ({describe(known[name])})"
        yield "" if number else "options", text


def _prices(model: Model) -> Iterator[tuple[str, str]]:
    from storyboard.planner.price import finely, second_of

    for price in model.prices:
        sound = {None: "", True: " with sound", False: " silent"}[price.audio]
        name = f"{price.mode or 'any mode'}{' with voices' if price.voices else sound}"
        if price.per_second is not None:
            yield name, f"${price.per_second} per second"
            continue
        for mode in model.modes:
            if price.mode in (None, mode) and (span := second_of(price, model, mode)):
                tokens = f"${price.per_million} per million tokens"
                yield price.mode or mode, f"${finely(span[0])} to ${finely(span[1])} per second ({tokens})"
    if not model.prices:
        yield "price", "not known here: the gateway is asked, or `--max-shot-cost` says the most that it may be"


def _plain(model: Model) -> dict[str, Any]:
    from dataclasses import asdict

    from storyboard.planner.catalogue import catalogue

    known = catalogue().options[model.namespace]
    row = asdict(model)
    row["default_mode"], row["namespace"] = model.default_mode, model.namespace
    row["still_ratio"] = None if model.still_ratio is None else str(model.still_ratio)
    row["prices"] = [
        {name: str(one) if isinstance(one, Decimal) else one for name, one in price.items() if one is not None}
        for price in row["prices"]
    ]
    row["options"] = {
        name: {key: one for key, one in asdict(known[name]).items() if one not in (None, "", ())}
        for name in model.options
    }
    return row
