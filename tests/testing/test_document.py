from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from storyboard.testing import FakeGateway, Ledger
from storyboard.testing.faults import CUTS, LOOKS
from tests.conftest import ROOT, Run

TEXT = (ROOT / "docs" / "rehearsing.md").read_text("utf-8")


def test_the_snippet_runs_as_it_stands(tmp_path: Path, storyboard: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert storyboard("init", "my-film").code == 0
    snippet = re.search(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert snippet
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-c", snippet[1]],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("charged twice: 0\n"), done.stdout + done.stderr
    assert "exit code 0" in done.stdout, done.stderr
    assert Ledger(tmp_path / "rehearsal" / "gateway").total > 0
    assert (tmp_path / "rehearsal" / "my-film" / "film.lock").exists()
    assert not (tmp_path / "my-film" / "film.lock").exists()


def test_the_tables_name_every_field_and_every_kind() -> None:
    for name in {one.name for one in fields(FakeGateway)} - {"folder", "calls"}:
        assert f"`{name}`" in TEXT, name
    for kind in (*CUTS, "fail", "cancel", *LOOKS):
        assert f"`{kind}`" in TEXT, kind
