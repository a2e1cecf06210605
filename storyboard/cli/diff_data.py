"""A difference as JSON for programs, and as Markdown for a pull request, in which no text of an author's is markup."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.cli.changes import lines_of, told
from storyboard.cli.diff import SIGNS, name_of, price_of, sums, what_became
from storyboard.cli.report import as_json, printable
from storyboard.cli.tables import money
from storyboard.revisions import Revision

if TYPE_CHECKING:
    from storyboard.differences import Difference, Version
    from storyboard.planner.compare import Change, ShotChange
    from storyboard.store.project import Project

MAX_MARKDOWN = 60_000
"""Signs that a comment on a pull request has room for, with something to spare."""
FENCE = 3


def diff_json(found: Difference) -> str:
    """The difference as one JSON object."""
    return as_json({
        "before": _version(found.before),
        "after": _version(found.after),
        "film": [_change(one) for one in found.comparison.film],
        "shots": [_shot(found, one) for one in found.comparison.shots],
        "cost": {
            "before": money(found.before.estimate), "after": money(found.after.estimate), "change": money(found.cost),
        },
        "bought": [{"take": one.sha256, "slate": one.slate, "cost": money(one.cost)} for one in found.bought],
    })  # fmt: skip


def _version(one: Version) -> dict[str, Any]:
    return {
        "name": one.tree.name, "commit": one.tree.commit if isinstance(one.tree, Revision) else None,
        "exists": one.storyboard is not None, "frames": one.frames, "seconds": _seconds(one.seconds),
        "orders": len(one.to_buy),
    }  # fmt: skip


def _seconds(seconds: Fraction | None) -> float | None:
    return None if seconds is None else round(float(seconds), 6)


def _shot(found: Difference, one: ShotChange) -> dict[str, Any]:
    buys = bool(price_of(found, one))
    return {
        "id": one.id, "kind": one.kind, "was": one.was or None, "renamed": one.renamed, "moved": one.moved,
        "before": one.before, "after": one.after,
        "recast": {"before": one.recast[0] or None, "after": one.recast[1] or None} if one.recast else None,
        "fields": [_change(change) for change in one.fields], "buys": buys,
        "estimate": money(found.costs[one.id]) if buys else None,
    }  # fmt: skip


def _change(one: Change) -> dict[str, Any]:
    return {"field": one.field, "old": one.old, "new": one.new}


def diff_markdown(project: Project, found: Difference) -> str:
    """The difference as Markdown. It begins with a mark by which an earlier comment is found and replaced."""
    lines = [
        f"<!-- storyboard: {_bare(project.relative(project.file))} -->",
        f"### {code(project.relative(project.file))}: {code(name_of(found.before))} → {code(name_of(found.after))}",
        "",
        *(f"- {line}" for line in sums(found)),
    ]
    if not found.comparison:
        return "\n".join([*lines, "", "Nothing differs that a film is made of."])
    if found.comparison.shots:
        lines += ["", "| | shot | what | buys |", "| --- | --- | --- | ---: |"]
        lines += [_row(found, one) for one in found.comparison.shots]
    size = sum(len(line) + 1 for line in lines)
    for block in _blocks(found):
        size += len(block) + 1
        if size > MAX_MARKDOWN:
            lines += ["", "More has changed than a comment has room for: `storyboard diff` shows it all."]
            break
        lines.append(block)
    return "\n".join(_fitting(lines))


def _fitting(lines: list[str]) -> Iterator[str]:
    """As many lines as there is room for: a film of thousands of shots may have a table that is too long by itself."""
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > MAX_MARKDOWN + 1_000:
            yield "\nThe rest is left out: `storyboard diff` shows it all."
            return
        yield line


def _row(found: Difference, one: ShotChange) -> str:
    price, what = price_of(found, one), what_became(found, one)
    changed = one.fields if one.kind == "kept" else ()
    named = ", ".join(dict.fromkeys(change.field.partition(".")[0] for change in changed))
    what = ", ".join(part for part in (what, code(named) if named else "") if part)
    return f"| {SIGNS[one.kind][0]} | {code(one.id)} | {what} | {price.replace('$', '&#36;')} |"


def _blocks(found: Difference) -> Iterator[str]:
    """The fields of the film, and those of each shot, each as a patch that folds away."""
    named = [("the film", found.comparison.film), *((one.id, told(one)) for one in found.comparison.shots)]
    for name, changes in named:
        if changes:
            lines = [f"{sign} {line}" for change in changes for sign, line in lines_of(change)]
            fence = "`" * max(FENCE, *(_longest_run(line) + 1 for line in lines))
            patch = "\n".join([f"{fence}diff", *lines, fence])
            yield f"\n<details><summary>{_bare(name)}</summary>\n\n{patch}\n</details>"


def code(text: str) -> str:
    """A text as inline code, in which nothing of it is markup: no link, no mention, no column of a table."""
    plain = printable(text).replace("|", "¦")
    fence = "`" * (_longest_run(plain) + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"


def _longest_run(text: str) -> int:
    longest = run = 0
    for sign in text:
        run = run + 1 if sign == "`" else 0
        longest = max(longest, run)
    return longest


def _bare(text: str) -> str:
    """A name where no code can stand, as in a comment: what could be markup becomes an underscore."""
    return "".join(sign if sign.isalnum() or sign in " ./_" or sign == "-" else "_" for sign in text).replace(
        "--", "__"
    )
