"""The whole story: examine, plan, shoot, assemble, and write down what was made."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.assemble import Film, Job, assemble
from storyboard.assembler.picture import DRAFT, ENCODER
from storyboard.assembler.segments import Extras
from storyboard.assembler.timeline import build_timeline
from storyboard.errors import Refused, Usage
from storyboard.examine import checked, source_of
from storyboard.planner.plan import Plan, plan
from storyboard.planner.take import Facts, Gateway, Take
from storyboard.production import Production, open_production
from storyboard.progress import Said, Watch
from storyboard.settings import Settings
from storyboard.shoot import shoot
from storyboard.spec.model import Output, Storyboard
from storyboard.store.project import Project
from storyboard.store.sums import read_sums, write_sums

NOT_YET = "this version does not buy clips yet: the journal that keeps an order from being charged twice is not there"


@dataclass(frozen=True, slots=True)
class Options:
    """What a render was asked for."""

    gateway: Gateway | None = None
    """None: whatever the settings amount to."""
    draft: bool = False
    shots: tuple[str, ...] = ()
    """Only these are shot; empty for all."""
    outputs: tuple[str, ...] = ()
    """Only these are made; empty for all."""
    allow_unknown_model: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render did."""

    outcome: Literal["rendered", "unchanged", "incomplete"]
    films: tuple[Film, ...]
    plan: Plan
    takes: Mapping[str, Take]
    spent: Decimal


def render(project: Project, settings: Settings, options: Options, watch: Watch) -> Rendered:
    """Make the films of a storyboard, and everything that they lack."""
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model)
    outputs = _chosen(storyboard, options)
    with open_production(
        project, settings, choose_gateway(settings, options.gateway, draft=options.draft)
    ) as production:
        wanted = plan(storyboard, production, production.gateway)
        takes = {one.shot.id: one.take for one in wanted.shots if one.take}
        todo = _only(wanted, options.shots)
        if todo.missing:
            takes = {**takes, **_shoot(production, storyboard, todo, watch)}
        new = {takes[one.shot.id] for one in todo.missing if one.shot.id in takes}  # equal requests were one order
        spent = sum((take.cost for take in new), Decimal(0))
        if any(one.shot.id not in takes for one in wanted.missing):
            return Rendered("incomplete", (), wanted, takes, spent)
        jobs = list(_jobs(production, storyboard, outputs, takes, options))
        films = tuple(assemble(job, production.cache, watch) for job in jobs)
        if not options.draft:
            _record(production, storyboard, films)
    outcome: Literal["rendered", "unchanged"] = "rendered" if any(film.written for film in films) else "unchanged"
    return Rendered(outcome, films, wanted, takes, spent)


def make_plan(project: Project, settings: Settings, options: Options) -> tuple[Storyboard, Plan]:
    """The storyboard, and what a render would do. Nothing is sent."""
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model)
    gateway = choose_gateway(settings, options.gateway, draft=options.draft)
    with open_production(project, settings, gateway) as production:
        return storyboard, plan(storyboard, production, gateway)


def choose_gateway(settings: Settings, asked: Gateway | None, *, draft: bool = False) -> Gateway:
    """The gateway that takes come from: what was asked for, else the remote one where a credential opens it."""
    if draft:
        if asked == "remote":
            raise Usage("a draft is drawn locally: it has no use for `--gateway remote`")
        return "local"
    if asked:
        return asked
    if settings.gateway_url and settings.credential is None:
        hint = "set AI_GATEWAY_API_KEY, or draw the free animatic with `--gateway local`"
        raise Usage("a gateway is configured, and there is no credential for it", hint=hint)
    return "remote" if settings.credential else "local"


def _chosen(storyboard: Storyboard, options: Options) -> tuple[Output, ...]:
    names = [output.name for output in storyboard.outputs]
    for name in options.outputs:
        if name not in names:
            raise Usage(f"there is no output `{name}`", hint=f"there is {', '.join(names)}")
    for id_ in options.shots:
        if all(shot.id != id_ for shot in storyboard.shots):
            raise Usage(f"there is no shot `{id_}`", hint=f"`storyboard status {storyboard.file}` lists them")
    return tuple(output for output in storyboard.outputs if not options.outputs or output.name in options.outputs)


def _only(wanted: Plan, shots: tuple[str, ...]) -> Plan:
    if not shots:
        return wanted
    return Plan(tuple(one for one in wanted.shots if one.shot.id in shots or one.state != "missing"), wanted.gateway)


def _shoot(production: Production, storyboard: Storyboard, todo: Plan, watch: Watch) -> Mapping[str, Take]:
    if production.gateway == "remote":
        raise Refused(NOT_YET, hint="`--gateway local` draws the free animatic")
    hint = f"real footage will need AI_GATEWAY_API_KEY; `storyboard plan {shlex.quote(production.project.shown)} "
    watch(Said("This film is an animatic: moving stills, drawn here, free.", f"{hint}--gateway remote` has its price"))

    async def work() -> Mapping[str, Take]:
        from storyboard.gateway.embedded import embedded_gateway

        async with embedded_gateway() as client:
            return await shoot(production, client, storyboard, todo, watch)

    return asyncio.run(work())


def _jobs(
    production: Production, storyboard: Storyboard, outputs: tuple[Output, ...], takes: Mapping[str, Take],
    options: Options,
) -> Iterator[Job]:  # fmt: skip
    """How to make each output. What is the same for all of them is looked at once."""
    clips: dict[str, tuple[Facts, str]] = {}
    for shot in storyboard.shots:
        if shot.footage:
            digest = production.digest(shot.footage)
            clips[shot.id] = media.probe(production.locate(digest)), digest
        elif take := takes.get(shot.id):
            clips[shot.id] = take.facts, take.sha256
    cards = {shot.card.image for shot in storyboard.shots if shot.card and shot.card.image}
    images = {image: production.card_picture(image) for image in sorted(cards)}
    sounds = {sound.file: production.digest(sound.file) for sound in storyboard.mix.sounds}
    extras = Extras(images, _slates(storyboard, takes) if options.draft else {}, options.draft)
    for output in outputs:
        sources = {shot.id: source_of(shot, output, storyboard.rate, clips.get(shot.id)) for shot in storyboard.shots}
        target = production.project.target(output.file)
        yield Job(
            storyboard=storyboard,
            output=output,
            timeline=build_timeline(storyboard, output, sources),
            target=target.with_suffix(".draft.mp4") if options.draft else target,
            extras=extras,
            sounds=sounds,
            locate=production.locate,
            encoder=DRAFT if options.draft else ENCODER,
        )


def _slates(storyboard: Storyboard, takes: Mapping[str, Take]) -> dict[str, str]:
    """The slate line of every shot that is an animatic: its id, and the beginning of its prompt."""
    lines = {}
    for shot in storyboard.shots:
        take = takes.get(shot.id)
        if shot.order and take and take.gateway == "local":
            prompt = " ".join(shot.order.prompt.split())
            lines[shot.id] = f"{shot.id}  ·  {prompt[:90]}{'…' if len(prompt) > 90 else ''}"
    return lines


def _record(production: Production, storyboard: Storyboard, films: tuple[Film, ...]) -> None:
    """Write down the films that were made, beside those of outputs that were not asked for this time."""
    before, made = read_sums(production.project), {film.name: film.sha256 for film in films}
    digests = {output.file: made.get(output.name) or before.get(output.file) for output in storyboard.outputs}
    known = {file: digest for file, digest in digests.items() if digest}
    write_sums(production.project, known, ffmpeg.toolchain(production.cache))
