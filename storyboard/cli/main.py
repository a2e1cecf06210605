"""The command, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys

import click

from storyboard import __version__
from storyboard.errors import StoryboardError

COMMANDS = (
    "init",
    "validate",
    "fmt",
    "plan",
    "render",
    "status",
    "why",
    "diff",
    "report",
    "studio",
    "strip",
    "takes",
    "retake",
    "pick",
    "accept",
    "import",
    "export",
    "import-cut",
    "resolve",
    "push",
    "pull",
    "verify",
    "gc",
    "models",
    "schema",
    "completion",
    "doctor",
    "gateway",
    "selftest",
)
"""Each is the function `command` of a module of its name: imported when it is asked for."""
RENAMED = {"import": "import_", "import-cut": "import_cut", "report": "reporting"}
"""Commands whose modules have other names: `report` is how errors are told."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = RENAMED.get(cmd_name, cmd_name)
        command: click.Command = importlib.import_module(f"storyboard.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from storyboard.spec.phrases import suggest

            raise click.UsageError(f"{error.message} {suggest(args[0], COMMANDS)}".strip(), ctx) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="storyboard")
def cli() -> None:
    """A build system for generated film.

    A storyboard is a YAML file in git. `storyboard render film.yaml` shoots what is missing and cuts the film.
    Exit codes: 0 done, 1 failed for good, 2 usage, 3 it would have to spend, 4 run it again, 5 a charge may exist.
    """


def main() -> None:
    """Run the command and leave with its exit code. To be asked to end (SIGTERM) is to be interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        code = run()
    except KeyboardInterrupt:  # once more, while the first was being told
        code = 130
    sys.exit(code)


def run(args: list[str] | None = None) -> int:
    """Run the command; what it says is said, and its exit code returned."""
    from storyboard.cli.report import error_json, error_text

    try:
        code = cli(args, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except StoryboardError as error:
        click.echo(error_text(error), err=True)
        if "--json" in (sys.argv[1:] if args is None else args):
            click.echo(error_json(error))
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped; what was made is kept, and the same command goes on", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("STORYBOARD_DEBUG"):
            raise
        text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        click.echo(f"error: {text}\n  hint: this is a mistake in storyboard; STORYBOARD_DEBUG=1 shows where", err=True)
        return 1
