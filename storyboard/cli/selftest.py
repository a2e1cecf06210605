"""`storyboard selftest`."""

from __future__ import annotations

from collections.abc import Callable

import click

from storyboard.cli.common import interactive, json_option


@click.command("selftest", short_help="Kill renders at random, here and now, and count what was lost.")
@click.option("--kills", type=click.IntRange(1, 100_000), default=100, show_default=True, help="How many, at least.")
@click.option("--seed", type=int, help="The same seed kills at the same moments, as far as a machine allows.")
@json_option
def command(kills: int, seed: int | None, as_json: bool) -> int:
    """Shoot small films at a fake paid gateway on this machine, kill the renders at random, and finish them.

    The gateway keeps a ledger and charges before it answers. Nothing leaves the machine, and nothing costs anything.
    It ends with 0 only when no clip was charged twice, none was lost, and no file is torn.
    """
    import secrets
    import tempfile
    from dataclasses import asdict
    from pathlib import Path

    from storyboard.cli.report import as_json as text_of
    from storyboard.testing.killing import rehearse_kills

    seed = secrets.randbelow(1_000_000) if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="storyboard-selftest-") as folder:
        tally = rehearse_kills(Path(folder), kills, seed, _progress(kills))
    if as_json:
        click.echo(text_of({**asdict(tally), "seed": seed, "ok": tally.clean}))
    else:
        found = f"{tally.double_charges} double charges, {tally.lost_takes} lost takes, {tally.torn_files} torn files"
        done = f"{tally.kills:,} kills, {tally.shots:,} shots, {tally.charges:,} charges"
        click.echo(f"{done}: {found}, {tally.unfinished} unfinished films (seed {seed}, {tally.seconds:.0f} s)")
    return 0 if tally.clean else 1


def _progress(wanted: int) -> Callable[[int], None]:
    """A line for people that tells the kills so far."""

    def tell(kills: int) -> None:
        click.echo(
            f"\r{min(kills, wanted):,} of {wanted:,} kills{'' if kills < wanted else chr(10)}", err=True, nl=False
        )

    return tell if interactive() else lambda _: None
