"""What holds the house together: floors, what is loaded when, sizes, and modules that stand alone."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import storyboard

PACKAGE = Path(storyboard.__file__).parent
FLOORS = {
    "errors": 0, "timing": 0, "progress": 0, "secret": 0, "steps": 0,
    "spec": 1, "planner": 2, "store": 3, "stills": 3, "settings": 3, "running": 3,
    "gateway": 4, "assembler": 4,
    "lockfile": 5, "production": 5, "examine": 5, "inputs": 5, "consent": 5, "receive": 5, "order": 5, "shoot": 5,
    "buy": 5, "render": 5, "edit": 5, "rushes": 5, "resolve": 5, "spending": 5, "sharing": 5,
    "naming": 5, "targets": 5, "collecting": 5, "verifying": 5, "rebuilding": 5, "mending": 5,
    "revisions": 5, "differences": 5, "reasons": 5, "frames": 5, "family": 5,
    "foresight": 5, "purse": 5, "casting": 5, "retakes": 5, "takelist": 5, "proposing": 5, "sheet": 5, "beginning": 5,
    "provenance": 5,
}  # fmt: skip
FACES = 6
"""`cli`, and every face that comes later."""

OUTSIDE = {
    "subprocess",
    "socket",
    "httpx",
    "av",
    "PIL",
    "sqlite3",
    "multiprocessing",
    "asyncio",
    "shutil",
    "tempfile",
    "urllib",
}
"""What floors 0 to 2 have no use for."""
HEAVY = {
    "av",
    "c2pa",
    "cryptography",
    "httpx",
    "PIL",
    "moviepy",
    "jinja2",
    "jsonschema",
    "numpy",
    "imageio_ffmpeg",
    "starlette",
    "rich",
}
"""What `--help` does not wait for."""

MAX_LINES, MAX_FUNCTION, MAX_PARAMETERS = 300, 50, 6


def modules() -> list[str]:
    """Every module by name, without `storyboard.`."""
    names = (path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".") for path in PACKAGE.rglob("*.py"))
    return sorted(name.removesuffix(".__init__") for name in names if name not in ("__init__", "__main__"))


def path_of(module: str) -> Path:
    """A module's file."""
    path = PACKAGE / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def tree(module: str) -> ast.Module:
    """A module's source."""
    return ast.parse(path_of(module).read_text("utf-8"))


def imports(module: str) -> Iterator[str]:
    """Every module that one names in an import, wherever it stands in it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "storyboard")


def own(name: str) -> str:
    """The first part of a module's name below the package; empty for what is not ours."""
    parts = name.split(".")
    return parts[1] if parts[0] == "storyboard" and len(parts) > 1 else ""


def floor(name: str) -> int:
    """The floor of the first part of a name."""
    return FLOORS.get(name, FACES)


MODULES = modules()


@pytest.mark.parametrize("module", MODULES)
def test_floors(module: str) -> None:
    here = module.split(".", maxsplit=1)[0]
    for name in imports(module):
        there = own(name)
        if there in ("", here, "__version__"):
            continue
        assert floor(there) < floor(here) or (floor(there) == floor(here) and beside(here, there)), f"imports {name}"


def beside(here: str, there: str) -> bool:
    """Whether two of one floor may know each other: modules may, but not the gateway and the assembler."""
    return {here, there} != {"gateway", "assembler"}


def test_one_floor_has_no_circle() -> None:
    graph = {
        one: {own(name) for module in MODULES if module.split(".")[0] == one for name in imports(module)}
        for one in FLOORS
    }

    def reach(one: str) -> set[str]:
        found: set[str] = set()
        waiting = [other for other in graph[one] if other != one]
        while waiting:
            other = waiting.pop()
            if other not in found and other in graph:
                found.add(other)
                waiting += graph[other] - {other}
        return found

    assert [one for one in FLOORS if one in reach(one)] == []


def test_floors_know_every_part() -> None:
    assert set(FLOORS) <= {module.split(".")[0] for module in MODULES}


@pytest.mark.parametrize("module", [module for module in MODULES if floor(module.split(".")[0]) <= 2])
def test_low_floors_touch_nothing(module: str) -> None:
    assert {name.split(".")[0] for name in imports(module) if name != "urllib.parse"} & OUTSIDE == set()
    calls = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    assert "open" not in [name.id for name in calls if isinstance(name, ast.Name)]


@pytest.mark.parametrize("module", MODULES)
def test_only_a_face_prints_and_exits(module: str) -> None:
    if floor(module.split(".", maxsplit=1)[0]) == FACES:
        return
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("print", "sys.exit", "exit", "quit", "click.echo"), node.lineno
        assert not (isinstance(node, ast.Raise) and node.exc and "SystemExit" in ast.unparse(node.exc)), node.lineno


@pytest.mark.parametrize("module", MODULES)
def test_sizes(module: str) -> None:
    lines = path_of(module).read_text("utf-8").count("\n")
    assert lines <= MAX_LINES, f"{lines} lines"
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            every = node.args
            names = [one.arg for one in (*every.posonlyargs, *every.args, *every.kwonlyargs)]
            count = len([name for name in names if name not in ("self", "cls")])
            assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"
            assert is_command(node) or count <= MAX_PARAMETERS, f"{node.name} has {count} parameters"


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function's parameters are the options of a command."""
    return any("click." in ast.unparse(one) or "command(" in ast.unparse(one) for one in node.decorator_list)


def needs(module: str) -> set[str]:
    """The modules that must be there before a module is: those it imports as it begins."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree(module).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix("storyboard.") in MODULES else node.module for name in inner]
        found |= {name.removeprefix("storyboard.") for name in names if name.startswith("storyboard.")}
        waiting += (inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt | ast.ExceptHandler))
    return found


def test_each_module_stands_alone() -> None:
    """Whichever is loaded first, none has to be there before itself."""
    order = TopologicalSorter({module: needs(module) for module in MODULES}).static_order()
    for module in order:
        importlib.import_module(f"storyboard.{module}")


def loaded_by(name: str) -> set[str]:
    """The top modules that an import brings into a fresh process."""
    code = f"import json, sys; import {name}; print(json.dumps(sorted({{one.split('.')[0] for one in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", ["storyboard", "storyboard.cli.main"])
def test_what_help_waits_for(name: str) -> None:
    assert loaded_by(name) & HEAVY == set()


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(tree(module))
