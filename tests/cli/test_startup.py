"""What a command does not wait for: libraries that it has no use for are not loaded, and takes are not read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.cli.main import run

FILM = """storyboard: 1
vars: {hero: a red fox}
outputs: {film: {size: 64x64}}
shots:
  - {id: a, card: {text: "{{ hero }}"}, duration: 1s}
  - {id: b, card: {text: B}, duration: 1s}
"""
WANTED = """storyboard: 1
vars: {hero: a red fox}
shots:
  - {id: a, model: klingai/kling-v3.0-t2v, prompt: "{{ hero }} climbs."}
"""

NETWORK = {
    "httpx",
    "httpcore",
    "anyio",
    "asyncio",
    "ssl",
    "urllib.request",
    "http.client",
    "starlette",
    "uvicorn",
    "fsspec",
}
DRAWING = {"moviepy", "numpy", "PIL"}
NEVER = (
    NETWORK
    | DRAWING
    | {"jsonschema", "jinja2", "pydantic", "storyboard.buy", "storyboard.shoot", "storyboard.gateway.client"}
)
STEPS = (
    (
        ["--version"],
        NEVER | {"yaml", "av", "imageio_ffmpeg", "rich", "sqlite3", "storyboard.spec", "storyboard.planner"},
    ),
    (["validate", "wanted.yaml"], NEVER | {"av", "imageio_ffmpeg", "rich", "sqlite3"}),
    (["plan", "wanted.yaml", "--json"], NEVER | {"av", "imageio_ffmpeg"}),
    (["status", "wanted.yaml", "--json"], NEVER | {"av", "imageio_ffmpeg"}),
    (["render", "film.yaml", "--json"], (NEVER - {"PIL"}) | {"storyboard.gateway.local.drawing"}),
)
"""Commands, and what each of them and those before it do not load."""

CHILD = """
import contextlib, io, json, sys
from storyboard.cli.main import run
loaded = []
for args in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        code = run(args)
    loaded.append([code, out.getvalue(), sorted(sys.modules)])
print(json.dumps(loaded))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film that is made, and one that is not."""
    monkeypatch.setenv("STORYBOARD_HOME", str(tmp_path / "home"))
    for name in ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN", "STORYBOARD_GATEWAY_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "film.yaml").write_text(FILM)
    (tmp_path / "wanted.yaml").write_text(WANTED)
    assert run(["render", str(tmp_path / "film.yaml")]) == 0
    return tmp_path


def test_commands_load_only_what_they_use(project: Path) -> None:
    steps = json.dumps([args for args, _ in STEPS])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, steps], capture_output=True, text=True, check=True, cwd=project
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert [code for code, _, _ in told] == [0] * len(STEPS)
    assert json.loads(told[-1][1])["outcome"] == "unchanged"
    for (args, unwanted), (_, _, modules) in zip(STEPS, told, strict=True):
        assert unwanted & set(modules) == set(), args
