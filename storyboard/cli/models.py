"""`storyboard models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import data, json_option

WIDE = 110
"""Columns of a terminal that has room for what a model is best for."""

if TYPE_CHECKING:
    from storyboard.planner.catalogue import Model


@click.command("models", short_help="What each video model can do, and its price.")
@click.argument("id", required=False)
@json_option
def command(id: str | None, as_json: bool) -> None:  # noqa: A002 - the word of the interface
    """List the video models, or show everything about one of them."""
    from storyboard.cli import report
    from storyboard.errors import Usage
    from storyboard.planner.catalogue import catalogue
    from storyboard.spec.phrases import suggest

    table = catalogue()
    models = [model for model in table.models.values() if id in (None, model.id, model.name)]
    if not models:
        raise Usage(f"there is no model `{id}`", hint=suggest(str(id), table.models))
    if as_json:
        click.echo(report.as_json({"dated": table.dated, "models": [_plain(model) for model in models]}))
    elif id:
        _show(models[0], table.dated)
    else:
        _list(models, table.dated)


def _list(models: list[Model], dated: str) -> None:
    from storyboard.cli.tables import new_table
    from storyboard.planner.capability import spans

    console = data()
    wide = console.width >= WIDE
    table = new_table("model", "from", "seconds", "modes", "sound", "$ per second", *(["best for"] if wide else []))
    for one in models:
        frames = "words" if one.kind == "t2v" else "first + last" if one.last else "first"
        sound = "yes" if one.audio == "option" else "no"
        row = [one.id if wide else one.name, frames, spans(one.seconds), " ".join(one.modes), sound, _prices(one)]
        table.add_row(*row, *([one.best_for] if wide else []))
    console.print(table)
    if not wide:
        click.echo("`storyboard models MODEL` says what one is best for.", err=True)
    click.echo(f"Facts and prices as of {dated}; the gateway is asked for prices before anything is bought.", err=True)


def _prices(model: Model) -> str:
    prices = sorted(price.per_second for price in model.prices)
    return "?" if not prices else f"{prices[0]}–{prices[-1]}" if prices[0] != prices[-1] else str(prices[0])


def _show(model: Model, dated: str) -> None:
    from storyboard.planner.capability import spans

    rows = [
        ("best for", model.best_for),
        ("begins with", {"i2v": "a still", "t2v": "words"}[model.kind]),
        (
            "last frame",
            "no" if not model.last else " or ".join(model.last_modes) + " only" if model.last_modes else "yes",
        ),
        ("seconds", spans(model.seconds)),
        ("modes", ", ".join(f"{mode} ({size})" for mode, size in model.modes.items())),
        ("shape", ", ".join(model.aspects) or "follows the still"),
        ("sound", "on request (`audio: true`)" if model.audio == "option" else "none"),
        ("prompt", f"at most {model.prompt_limit:,} characters"),
        ("ignores", ", ".join(model.ignored)),
    ]
    for price in model.prices:
        sound = "" if price.audio is None else " with sound" if price.audio else " silent"
        rows.append((f"{price.mode or 'any mode'}{sound}", f"${price.per_second} per second"))
    click.echo(f"{model.id}  (as of {dated})")
    for name, value in rows:
        click.echo(f"  {name:<18} {value}")


def _plain(model: Model) -> dict[str, Any]:
    from dataclasses import asdict

    row = asdict(model)
    row["prices"] = [{**price, "per_second": str(price["per_second"])} for price in row["prices"]]
    return row
