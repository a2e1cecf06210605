"""The whole story: examine, plan, shoot, assemble, and write down what was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from storyboard.assembler import ffmpeg
from storyboard.assembler.assemble import Film, assemble
from storyboard.assembler.room import cutting_room
from storyboard.consent import Terms, agree
from storyboard.edit import Edit, jobs
from storyboard.errors import Usage
from storyboard.examine import checked
from storyboard.foresight import Options, choose_gateway, make_plan, needs_gateway, together
from storyboard.lockfile import lock_of
from storyboard.planner.casts import unseen
from storyboard.planner.part import shots_in
from storyboard.planner.plan import Plan, plan
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.progress import Event, Said, Watch
from storyboard.provenance.issue import Beside, issue, signer_of
from storyboard.provenance.record import Making
from storyboard.rushes import cutting
from storyboard.settings import Settings
from storyboard.sharing import Named, named_in, pull_missing, warn
from storyboard.spec.model import Output, Storyboard
from storyboard.store.project import Project
from storyboard.store.slates import Slates
from storyboard.store.sums import read_sums, write_sums


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render did."""

    outcome: Literal["rendered", "unchanged", "incomplete"]
    films: tuple[Film, ...]
    plan: Plan
    takes: Mapping[str, Take]
    missing: tuple[str, ...]
    """Shots that have no take yet."""
    spent: Decimal
    """US dollars: what was billed in this run, and where nobody told, the most that it can have been."""
    beside: tuple[Beside, ...] = ()
    """What says of each film how it was made; none of drafts."""


def render(project: Project, settings: Settings, options: Options, watch: Watch) -> Rendered:
    """Make the films of a storyboard, and everything that they lack."""
    cache = project.cache(settings.home)
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model, cache=cache, watch=watch)
    outputs = _chosen(storyboard, options)
    gateway = choose_gateway(settings, options.gateway, draft=bool(options.draft), bought=bool(lock_of(project).shots))
    circled = options.draft == "circled"
    signer = None if options.draft else signer_of(storyboard, settings, cache)
    with open_production(project, settings, gateway, circled_first=circled) as production:
        production.tidy()
        wanted = _planned(production, storyboard, options, watch)
        takes = wanted.usable
        spent = Decimal(0)
        edit = Edit(storyboard, outputs, bool(options.draft))
        with cutting_room(production.cache) as room:
            try:
                with cutting(production, edit, wanted, takes, room, watch) as watching:
                    if needs_gateway(production, wanted, options.terms):
                        wanted, spent = _made(production, storyboard, wanted, options, watching, takes)
            finally:
                if gateway == "remote" and not options.terms.locked:
                    production.relock(_bought(wanted, takes))
            production.sweep()
            if gateway == "remote":
                warn(project, settings, production.lock, watch)
            if missing := tuple(shot.id for shot in storyboard.every if shot.order and shot.id not in takes):
                return Rendered("incomplete", (), wanted, takes, missing, spent)
            cuts = list(jobs(production, edit, takes))
            films = tuple(assemble(job, room, watch) for job in cuts)
        beside: tuple[Beside, ...] = ()
        if not options.draft:
            tools = ffmpeg.toolchain(production.cache)
            _record(production, storyboard, films, tools)
            making = Making(
                production, takes, {one.request.slate: one.request for one in wanted.shots if one.request}, tools
            )
            beside = tuple(issue(making, job, film, signer, watch) for job, film in zip(cuts, films, strict=True))
    outcome: Literal["rendered", "unchanged"] = "rendered" if any(film.written for film in films) else "unchanged"
    return Rendered(outcome, films, wanted, takes, (), spent, beside)


def render_all(
    films: Sequence[Project], settings: Settings, options: Options, watch: Watch
) -> Iterator[tuple[Project, Rendered]]:  # fmt: skip
    """Render several films of one storyboard, one after the other. What they need is agreed to once, together; what
    several of them ask for is bought once."""
    terms = options.terms
    if len(films) > 1 and not options.draft and not terms.locked:
        terms = _agreed(films, settings, options)
    told: set[Said] = set()

    def once(event: Event) -> None:
        if event not in told:
            watch(event)
        if isinstance(event, Said):
            told.add(event)

    for project in films:
        done = render(project, settings, replace(options, terms=terms), once)
        yield project, done
        if terms.budget is not None:
            terms = replace(terms, budget=max(terms.budget - done.spent, Decimal(0)))


def _agreed(films: Sequence[Project], settings: Settings, options: Options) -> Terms:
    """The terms on which each of several films may be rendered, after all of them were agreed to together."""

    def planned(*, keep_stale: bool) -> Plan:
        asked = replace(options, terms=replace(options.terms, keep_stale=keep_stale))
        return together([(film, make_plan(film, settings, asked)[1]) for film in films])

    wanted = planned(keep_stale=options.terms.keep_stale)
    if not wanted.to_buy or settings.credential is None:
        return options.terms
    wanted, most = agree(wanted, options.terms, lambda: planned(keep_stale=True), wanted.left)
    keep = wanted.keep_stale or options.terms.keep_stale
    held_open = options.terms.allow_held_open or options.terms.asks
    return replace(
        options.terms, yes=False, ask=None, plan=None, budget=most, keep_stale=keep, allow_held_open=held_open
    )


def _made(
    production: Production, storyboard: Storyboard, wanted: Plan, options: Options, watch: Watch, takes: dict[str, Take]
) -> tuple[Plan, Decimal]:
    """What is missing, drawn or bought: the plan that was agreed to, and what it cost in US dollars."""
    from storyboard.buy import Wish, buy, draw  # HTTP and its event loop: only who orders something waits for them

    if production.gateway == "local":
        draw(production, storyboard, wanted, watch, takes)
        return wanted, Decimal(0)
    wish = Wish(options.terms, shots_in(storyboard, options.shots, options.part), options.shots)
    return buy(production, storyboard, wanted, wish, watch, takes)


def _planned(production: Production, storyboard: Storyboard, options: Options, watch: Watch) -> Plan:
    """What is still to be made, after what was paid for has been brought from where it is shared."""
    project, settings = production.project, production.settings
    if production.gateway == "remote":
        pull_missing(project, settings, named_in(unseen(production.lock, project.own), circled=True), watch)
    while True:
        wanted = plan(storyboard, production, production.gateway, keep_stale=options.terms.keep_stale)
        lost = [(one.shot.id, production.paid(one.shot.id, one.slate or "")) for one in wanted.shots if one.paid]
        named = [Named(shot, take) for shot, take in lost if take]
        if not named or not pull_missing(project, settings, named, watch):
            break
    slates = Slates(settings.home)
    for one in wanted.shots if production.gateway == "remote" else ():
        if one.request and one.state == "held":
            slates.remember(one.request.canonical())
    return wanted.only(shots_in(storyboard, options.shots, options.part), options.shots)


def _bought(wanted: Plan, takes: Mapping[str, Take]) -> dict[str, Take]:
    """The bought takes that shots have now; what is kept although it is stale is in the lock already."""
    stale = {one.shot.id for one in wanted.shots if one.state == "stale" and one.take == takes.get(one.shot.id)}
    return {id_: take for id_, take in takes.items() if take.gateway == "remote" and id_ not in stale}


def _chosen(storyboard: Storyboard, options: Options) -> tuple[Output, ...]:
    names = [output.name for output in storyboard.outputs]
    for name in options.outputs:
        if name not in names:
            raise Usage(f"there is no output `{name}`", hint=f"there is {', '.join(names)}")
    shots_in(storyboard, options.shots, options.part)
    return tuple(output for output in storyboard.outputs if not options.outputs or output.name in options.outputs)


def _record(production: Production, storyboard: Storyboard, films: tuple[Film, ...], tools: str) -> None:
    """Write down the films that were made, beside those that were not asked for this time: of other outputs and
    variants, and with other words."""
    project, files = production.project, {output.name: output.file for output in storyboard.outputs}
    ours = {*files.values(), *storyboard.family}
    before = {file: one for file, one in read_sums(project).items() if file in ours or project.which.words}
    made = {files[film.name]: film.sha256 for film in films}
    known, order = before | made, dict.fromkeys([*storyboard.family, *files.values(), *before])
    digests = {file: known[file] for file in order if file in known}
    write_sums(project, digests, tools)
