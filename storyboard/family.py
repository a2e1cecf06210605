"""A storyboard's film and its variants: which of them is worked on, and what is wrong with any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from storyboard.errors import InvalidStoryboard, Problem
from storyboard.examine import examine
from storyboard.inputs import senses_of
from storyboard.planner.casts import casts
from storyboard.progress import Watch, unwatched
from storyboard.spec.load import Loaded, load_all
from storyboard.spec.variants import EVERY, FILM, Which, known
from storyboard.store.project import Project

NO_WORDS: Mapping[str, str] = {}


def films_of(project: Project, variants: Sequence[str], words: Mapping[str, str] = NO_WORDS) -> tuple[Project, ...]:
    """The project with each of some films to work on: the film itself for an empty name, and for none; every one for
    `all`. `Usage` for a variant or a word that the storyboard does not have.

    InvalidStoryboard when the film or a variant that is asked for has problems: nobody can tell whose takes it uses.
    """
    if not words and not any(variants):
        return (project,)
    found = _loaded(project, words)
    if found[""][0] is None:
        raise InvalidStoryboard(found[""][1])
    names = dict.fromkeys(found if EVERY in variants else variants or [""])
    return tuple(_film(project, found, Which(name, words)) for name in names)


def _loaded(project: Project, words: Mapping[str, str]) -> dict[str, Loaded]:
    data = project.read_storyboard()
    return load_all(project.shown, data, project.read, project.folder, Which("", words))


def _film(project: Project, found: Mapping[str, Loaded], which: Which) -> Project:
    if not which.variant:
        return replace(project, which=which)
    (film, problems), (variant, more) = found[""], known(found, which.variant)
    if film is None or variant is None or problems or more:
        raise InvalidStoryboard(told_of({"": problems, which.variant: more}))
    return replace(project, which=which, own=casts(film, variant))


def examine_all(
    project: Project, words: Mapping[str, str] = NO_WORDS, *, allow_unknown_model: bool = False,
    watch: Watch = unwatched,
) -> list[Problem]:  # fmt: skip
    """All that is wrong with the film, and with any of its variants, sorted by place; each problem once."""
    senses = senses_of(project)

    def look(variant: str, watch: Watch = unwatched) -> tuple[tuple[str, ...], list[Problem]]:
        one = replace(project, which=Which(variant, words))
        storyboard, problems = examine(one, allow_unknown_model=allow_unknown_model, watch=watch, senses=senses)
        return storyboard.variants if storyboard else (), problems

    variants, problems = look(FILM.variant, watch)
    return told_of({"": problems, **{name: look(name)[1] for name in variants}})


def told_of(found: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """The problems of a film, under an empty name, and of its variants, each once: what only variants have names them,
    unless it is in their own lines."""
    own = {problem: problem for problem in found[""]}
    names: dict[Problem, list[str]] = {}
    for variant, problems in found.items():
        for problem in problems:
            if problem not in own:
                names.setdefault(problem, []).append(variant)
    told = list(own)
    for problem, variants in names.items():
        shown = ", ".join(f"`{one}`" for one in variants[:3]) + (f" and {len(variants) - 3} more" * (len(variants) > 3))
        theirs = problem.path.startswith("variants.")
        which = f"{'variant' if len(variants) == 1 else 'variants'} {shown})"
        message, shots, names_ = problem.message.rpartition(" (shot")
        named = f"{message}{shots}{names_.removesuffix(')')} of {which}" if shots else f"{problem.message} ({which}"
        told.append(problem if theirs else replace(problem, message=named))
    return sorted(set(told))
