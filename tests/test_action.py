"""The GitHub Action, run as GitHub would: with bash, a `gh` that keeps comments in a file, and the fake gateway."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from storyboard.planner.lock import Lock, write_lock
from storyboard.testing import FakeGateway
from tests.conftest import ROOT
from tests.planner.world import sha, take
from tests.test_revisions import commit, git

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
KEY = "vck_canary_of_the_action"
SKIPPED = ("Install storyboard",)
"""It is installed here."""

FILM = """\
storyboard: 1
title: Film
outputs: {{film: {{size: 128x72}}}}
defaults: {{duration: 3s, model: klingai/kling-v3.0-t2v}}
shots:
  - {{id: a, prompt: {prompt}}}
  - {{id: end, card: {{text: End}}, duration: 1s}}
"""
GH = """\
import json, os, re, sys
if os.environ.get("GH_REFUSES"):
    sys.exit("HTTP 403: Resource not accessible by integration")
assert os.environ["GH_TOKEN"] == "token"
path = os.environ["GH_COMMENTS"]
comments = json.load(open(path, encoding="utf-8"))
args = sys.argv[1:]
assert args.pop(0) == "api"
place = next(one for one in args if one.startswith("repos/"))
if "--jq" in args:
    assert place == "repos/somebody/film/issues/7/comments?per_page=100"
    mark = re.search(r'startswith\\("(.*)"\\)', args[args.index("--jq") + 1])[1]
    for one in comments:
        if one["type"] == "Bot" and one["body"].startswith(mark):
            print(one["id"])
else:
    file = args[args.index("-F") + 1].removeprefix("body=@")
    body = open(file, encoding="utf-8").read()
    if args[args.index("--method") + 1] == "PATCH":
        next(one for one in comments if place.endswith(f"/comments/{one['id']}"))["body"] = body
    else:
        comments.append({"id": 100 + len(comments), "type": "Bot", "body": body})
    json.dump(comments, open(path, "w", encoding="utf-8"))
"""


@dataclass
class Ran:
    """What a run of the action did."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """By the name of each step: success, failure or skipped."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    said: str = ""
    kept: dict[str, list[str]] = field(default_factory=dict)
    """The paths of each artifact."""
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether any step has failed."""
        return "failure" in self.outcomes.values()


@dataclass
class Runner:
    """A machine that runs the action, once or several times, in a checkout."""

    folder: Path
    """The checkout."""
    temp: Path
    environment: dict[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    event: str = "pull_request"
    base: str = ""

    def run(self) -> Ran:
        """Run every step whose condition holds."""
        ran = Ran()
        self.temp.mkdir(parents=True, exist_ok=True)
        for step in STEPS:
            name = step["name"]
            holds = self.value(step.get("if", "success()"), ran)
            always = re.search(r"always\(\)|cancelled\(\)", str(step.get("if", "")))
            if name in SKIPPED or not holds or (ran.failed and not always):
                ran.outcomes[name] = "skipped"
            elif "uses" in step:
                self.use(step, ran)
            else:
                self.script(step, ran)
            if "id" in step:
                ran.outputs.setdefault(step["id"], {})["__outcome"] = ran.outcomes[name]
        return ran

    def script(self, step: Mapping[str, Any], ran: Ran) -> None:
        """A step with a script of its own."""
        assert "${{" not in step["run"], "what is filled in there could be anybody's text"
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        files["GITHUB_OUTPUT"].write_text("")
        own = {name: self.filled(text, ran) for name, text in step.get("env", {}).items()}
        places = {"RUNNER_TEMP": str(self.temp), **{name: str(path) for name, path in files.items()}}
        environment = {**self.environment, **places, **own}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        ran.said += done.stdout + done.stderr
        ran.outcomes[step["name"]] = "failure" if done.returncode else "success"
        ran.codes[step["name"]] = done.returncode
        if "id" in step:
            ran.outputs[step["id"]] = outputs(files["GITHUB_OUTPUT"].read_text("utf-8"))

    def use(self, step: Mapping[str, Any], ran: Ran) -> None:
        """A step that is another action."""
        ran.outcomes[step["name"]] = "success"
        if "upload-artifact" in step["uses"]:
            paths = self.filled(step["with"]["path"], ran).split("\n")
            ran.kept[step["name"]] = [path for path in paths if path and (self.folder / path).exists()]
            ran.outputs[step.get("id", "")] = {"artifact-url": "https://github.example/artifact"}

    def filled(self, text: str, ran: Ran) -> str:
        """A text with its expressions worked out."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(self.value(found[1], ran)), text)

    def value(self, expression: str, ran: Ran) -> Any:
        """An expression of a workflow, worked out."""
        tokens = re.findall(
            r"'[^']*'|&&|\|\||==|!=|!|[()]|[A-Za-z_][\w.-]*", expression.replace("${{", "").replace("}}", "")
        )
        words = {"&&": " and ", "||": " or ", "!": " not "}
        rest = ("==", "!=", "(", ")")
        code = (
            "".join(words.get(one) or (one if one in rest or one[0] == "'" else f"look({one!r})") for one in tokens)
            .replace("look('always')()", "True")
            .replace("look('success')()", "True")
            .replace("look('cancelled')()", "False")
        )
        return eval(code, {"look": lambda name: self.look(name, ran)}) or ""  # from our own file

    def look(self, name: str, ran: Ran) -> str:
        """What a name of a workflow's stands for."""
        kind, _, rest = name.partition(".")
        if kind == "inputs":
            default = ACTION["inputs"][rest].get("default", "")
            return self.inputs.get(rest, "token" if rest == "token" else default)
        if kind == "steps":
            step, part, output = rest.split(".") if rest.count(".") == 2 else (*rest.split("."), "")
            return ran.outputs.get(step, {}).get("__outcome" if part == "outcome" else output, "skipped" * (not output))
        if kind == "env":
            return self.environment.get(rest, "")
        known = {
            "github.event_name": self.event, "github.event.pull_request.base.sha": self.base, "github.job": "film",
            "github.event.pull_request.number": "7" if self.event.startswith("pull_request") else "",
            "github.repository": "somebody/film", "strategy.job-index": "0",
        }  # fmt: skip
        return known[name]


def outputs(text: str) -> dict[str, str]:
    """The outputs of a step, from the file that it wrote."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, sign, end = re.match(r"([\w-]+)(=|<<)(.*)", line).groups()  # type: ignore[union-attr]
        found[name] = end if sign == "=" else "\n".join(iter(lambda: next(lines), end))
    return found


@pytest.fixture
def runner(tmp_path: Path, served: tuple[FakeGateway, str]) -> Runner:
    """A checkout of a pull request, without any history: a shot's prompt is another than at its base."""
    origin, folder, tools = tmp_path / "origin", tmp_path / "checkout", tmp_path / "tools"
    origin.mkdir()
    git(origin, "init", "--quiet")
    (origin / ".gitignore").write_text("build/\n.storyboard/\n")
    (origin / "film.yaml").write_text(FILM.format(prompt="A fox walks."))
    base = commit(origin)
    (origin / "film.yaml").write_text(FILM.format(prompt="A fox runs."))
    commit(origin)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{origin}", str(folder))
    tools.mkdir()
    (tools / "gh.py").write_text(GH)
    (tools / "gh").write_text(f'#!/bin/sh\nexec {sys.executable} {tools}/gh.py "$@"\n')
    for name in ("storyboard", "python"):
        module = "-m storyboard " if name == "storyboard" else ""
        (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module}"$@"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    (tmp_path / "comments.json").write_text(
        '[{"id": 1, "type": "User", "body": "<!-- storyboard: film.yaml -->\\nmine"}]'
    )
    environment = {
        **os.environ, **served[0].environment(served[1]), "STORYBOARD_POLL_SECONDS": "0.005", "AI_GATEWAY_API_KEY": KEY,
        "PATH": f"{tools}:{os.environ['PATH']}", "GH_COMMENTS": str(tmp_path / "comments.json"), "CI": "true",
    }  # fmt: skip
    del environment["STORYBOARD_HOME"]
    return Runner(folder, tmp_path / "runner", environment, base=base)


def comments(runner: Runner) -> list[str]:
    """The comments on the pull request."""
    found = json.loads(Path(runner.environment["GH_COMMENTS"]).read_text("utf-8"))
    return [one["body"] for one in found]


def test_the_action_is_one() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        str(ROOT / "action.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_one_step_is_given_the_key() -> None:
    for step in STEPS:
        keys = step.get("env", {}).get("AI_GATEWAY_API_KEY")
        if step["name"] == "Render":
            assert keys == "${{ inputs.plan != '' && inputs.api-key || '' }}"
        elif "run" in step:
            assert (keys, step["env"]["VERCEL_OIDC_TOKEN"]) == ("", ""), step["name"]
        else:
            assert "api-key" not in json.dumps(step)


def test_a_pull_request_shows_what_it_changes_and_spends_nothing(
    runner: Runner, served: tuple[FakeGateway, str]
) -> None:  # fmt: skip
    calls = served[0].calls.copy()
    ran = runner.run()
    assert not ran.failed, ran.said
    theirs, ours = comments(runner)
    assert theirs.endswith("mine"), "what a person wrote stays"
    assert ours.startswith("<!-- storyboard: film.yaml -->\n### `film.yaml`: `")
    assert "- prompt: A fox walks.\n+ prompt: A fox runs." in ours
    assert "at most $0.50" in ours
    assert "(https://github.example/artifact)" in ours
    assert ran.outputs["plan"]["estimate"] == "0.50"
    assert ran.kept["Keep the report"] == [str(runner.temp / "storyboard-report")]
    names = {path.name for path in (runner.temp / "storyboard-report").iterdir()}
    assert names == {"comment.md", "diff.html", "plan.json", "film.plan"}
    assert ours.splitlines()[1] in (runner.temp / "GITHUB_STEP_SUMMARY").read_text("utf-8")
    assert served[0].calls == calls, "nobody was asked for anything"
    assert KEY not in ran.said
    (runner.folder / "film.yaml").write_text(FILM.format(prompt="A fox sleeps."))
    assert not runner.run().failed
    assert len(comments(runner)) == 2
    assert "A fox sleeps." in comments(runner)[1]


def test_a_fork_cannot_comment_and_is_told_all_the_same(runner: Runner) -> None:
    lock = write_lock(Lock().with_takes([("a", take(sha("slate")))]))
    (runner.folder / "film.lock").write_text(lock)
    runner.environment |= {"GH_REFUSES": "1", "STORYBOARD_REMOTE": str(runner.folder / "film.yaml")}
    ran = runner.run()
    assert not ran.failed, ran.said
    assert "::notice::no comment could be written" in ran.said
    assert "::notice::takes cannot be fetched here" in ran.said
    assert "A fox runs." in (runner.temp / "GITHUB_STEP_SUMMARY").read_text("utf-8")


def test_mistakes_stand_at_their_lines(runner: Runner) -> None:
    (runner.folder / "film.yaml").write_text("storyboard: 1\ntitel: x\nshots: [{id: a, card: {text: x}}]\n")
    ran = runner.run()
    assert ran.outcomes["Plan"] == "failure"
    assert "::error file=film.yaml,line=2,col=1,title=unknown-field::" in ran.said
    assert ran.outcomes["Comment"] == "skipped"


@pytest.mark.parametrize(
    ("event", "inputs", "said"),
    [
        ("pull_request_target", {}, "pull_request_target runs a stranger's text"),
        ("push", {"mode": "buy"}, "mode is plan, render or auto"),
        ("push", {"extras": "s3];x"}, "extras are names such as s3"),
    ],
)
def test_what_is_refused(runner: Runner, event: str, inputs: dict[str, str], said: str) -> None:
    runner.event, runner.inputs = event, inputs
    ran = runner.run()
    assert ran.codes == {"Begin": 2}
    assert f"::error::{said}" in ran.said


def test_a_merge_buys_what_was_approved_and_another_machine_nothing(
    runner: Runner, served: tuple[FakeGateway, str], tmp_path: Path
) -> None:  # fmt: skip
    gateway = served[0]
    assert not runner.run().failed
    (runner.folder / "film.plan").write_bytes((runner.temp / "storyboard-report" / "film.plan").read_bytes())
    runner.event, runner.inputs = "push", {"plan": "film.plan", "api-key": KEY}
    before = len(gateway.ledger.charges)
    ran = runner.run()
    assert ran.codes["See that takes can be shared before any is bought"] == 3
    assert len(gateway.ledger.charges) == before, "nothing is bought that could be lost"
    runner.environment |= {"STORYBOARD_REMOTE": str(tmp_path / "shared")}
    (tmp_path / "shared").mkdir()
    ran = runner.run()
    assert not ran.failed, ran.said
    assert len(gateway.ledger.charges) == before + 1
    assert ran.outputs["render"]["films"] == str(runner.folder / "build" / "film.mp4")
    assert len(list((tmp_path / "shared").rglob("*.mp4"))) == 1
    assert ran.outcomes["Keep what could not be shared"] == "skipped"
    assert KEY not in ran.said
    film = (runner.folder / "build" / "film.mp4").read_bytes()
    (runner.folder / "build" / "film.mp4").unlink()
    elsewhere = Runner(runner.folder, tmp_path / "elsewhere", dict(runner.environment), event="push")
    ran = elsewhere.run()
    assert not ran.failed, ran.said
    assert len(gateway.ledger.charges) == before + 1
    assert (runner.folder / "build" / "film.mp4").read_bytes() == film
    assert len(ran.kept["Keep the films"]) == 1


def test_takes_that_could_not_be_shared_are_kept(
    runner: Runner, served: tuple[FakeGateway, str], tmp_path: Path
) -> None:
    assert not runner.run().failed
    (runner.folder / "film.plan").write_bytes((runner.temp / "storyboard-report" / "film.plan").read_bytes())
    runner.event, runner.inputs = "push", {"plan": "film.plan", "api-key": KEY}
    (tmp_path / "shared").mkdir()
    runner.environment |= {"STORYBOARD_REMOTE": str(tmp_path / "shared")}
    tool = Path(runner.environment["PATH"].partition(":")[0]) / "storyboard"
    breaking = f'case "$1" in render) rm -r "{tmp_path}/shared"; touch "{tmp_path}/shared" ;; esac\n'
    tool.write_text(tool.read_text().replace("exec", breaking + "exec"))
    ran = runner.run()
    assert ran.outcomes["Render"] == "success", ran.said
    assert ran.outcomes["Share what was bought"] == "failure"
    home = runner.temp / "storyboard-home"
    assert ran.kept["Keep what could not be shared"] == [str(home / "takes"), "film.lock"]
    assert len(list((home / "takes").rglob("*.mp4"))) == 1
