"""The documents say what is so. Their commands are run by `.ci/run`, in a fresh copy with an empty home."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from docs import make_reference
from storyboard.spec.load import load
from storyboard.spec.transitions import TRANSITIONS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted((ROOT / "docs").rglob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *PAGES]


def section(heading: str) -> str:
    """What stands under a heading of the README."""
    return README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_the_quick_start_has_two_blocks_each_complete_by_itself() -> None:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", section("Quick start"), re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["bash", "bash"]
    for _, text in blocks:
        assert text.startswith("python3 -m venv .venv\n")
        assert "pip install" in text
    assert "storyboard render examples/first-light/film.yaml" in blocks[0][1]
    assert "pytest" in blocks[1][1]


def test_ci_runs_the_blocks_as_they_are_written() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert 'split("\\n## Quick start\\n", 1)' in script
    assert "block 1" in script
    assert "block 2" in script


def test_the_storyboard_in_the_readme_has_no_problems() -> None:
    text = re.search(r"^```yaml\n(.*?)^```$", section("A storyboard"), re.MULTILINE | re.DOTALL)
    assert text
    storyboard, problems = load("film.yaml", text[1].encode(), lambda name: b"")
    assert problems == []
    assert storyboard is not None
    assert [shot.id for shot in storyboard.shots] == ["ridge", "pass", "end"]


def test_the_number_of_transitions_is_so() -> None:
    assert f"`fade` (through a colour), and {len(TRANSITIONS) - 3} wipes" in README
    assert f"captions, {len(TRANSITIONS)} transitions" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def anchors(document: Path) -> set[str]:
    """What the headings of a page can be linked by, on the site and on a forge."""
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {make_reference.anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text):
        if not target.startswith("https://"):
            page = document.parent / target if target else document
            assert page.exists(), target
            assert not anchor or anchor in anchors(page), f"{target}#{anchor}"
    for name in re.findall(r"`((?:docs|examples|storyboard|tests|schemas|benchmarks|\.ci)/[\w./-]+)`", text):
        assert (ROOT / name).exists() or "/build/" in name, name


def test_every_page_is_in_the_contents_of_the_site() -> None:
    listed = {ROOT / "docs" / "index.md"}
    for page in PAGES:
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            names = [line for line in tree.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{name}.md").resolve() for name in names}
    assert listed == set(PAGES)


def test_every_exit_code_has_its_section() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    assert set(re.findall(r"^## Code (\d+):", text, re.MULTILINE)) == {str(code) for code in make_reference.EXIT_CODES}
    readme = dict(re.findall(r"(?:Exit codes: |· )(\d+) ([\w ]+)", README.replace("\n", " ")))
    assert {int(code) for code in readme} == set(make_reference.EXIT_CODES)


def test_the_map_of_the_house_names_every_module() -> None:
    text = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    for folder in ("spec", "planner", "assembler", "gateway"):
        for module in (ROOT / "storyboard" / folder).glob("*.py"):
            if module.stem != "__init__":
                assert f"`{module.stem}`" in text, module


def test_the_starter_is_valid_yaml_with_a_schema_line() -> None:
    text = (ROOT / "storyboard" / "starter" / "film.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=.storyboard.schema.json\n")
    assert yaml.safe_load(text)["budget"] == 5.0


def test_an_independent_reader_of_the_schema_agrees_about_the_examples() -> None:
    examples = [film for film in (ROOT / "examples").glob("*/*.yaml") if film.parent.name != "build"]
    assert len(examples) >= 14
    films = [str(film) for film in (*examples, ROOT / "storyboard/starter/film.yaml")]
    schema = str(ROOT / "schemas" / "storyboard.schema.json")
    check = [sys.executable, "-m", "check_jsonschema", "--schemafile", schema]
    assert subprocess.run([*check, *films], capture_output=True, check=False).returncode == 0
    wrong = str(ROOT / "tests" / "problems" / "unknown-field.yaml")
    assert subprocess.run([*check, wrong], capture_output=True, check=False).returncode == 1
