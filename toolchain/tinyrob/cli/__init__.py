"""The command line: click only. Each verb is one file here, imported when it is used.

A verb's file defines ``command``, a click command that parses, calls one function and prints.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence

import click

from tinyrob.errors import TinyrobError, did_you_mean
from tinyrob.files.screen import say
from tinyrob.files.version import __version__

# Verb to (module, one line for `tinyrob --help`): so that help loads no verb's code.
VERBS: dict[str, tuple[str, str]] = {
    "new": ("new", "Make a recipe, a gate and a CI file for data of your own."),
    "train": ("train", "Train a recipe's network; resumable after a kill."),
    "search": ("search", "Search bits and Jacobian weights per layer; the Pareto front."),
    "models": ("models", "List the zoo's networks and their measured figures."),
    "data": ("data", "Fetch, list and show datasets."),
    "quantize": ("quantize", "Quantize a trained float model to int8, without training on."),
    "export-tflite": ("export_tflite", "Write a model as an int8 .tflite."),
    "export-hls": ("export_hls", "Write a model as an HLS project, proved by C simulation."),
    "export-rtl": ("export_rtl", "Write a model as Verilog, simulated and synthesized."),
    "inspect": ("inspect", "Show operators, costs, boards and every obstacle of a model."),
    "build": ("build", "Generate and compile firmware for a board."),
    "fit": ("fit", "Say on which boards a model fits, and about how long it takes there."),
    "run": ("run", "Run int8 inputs through one runner."),
    "listen": ("listen", "Play a recording to a build, and tell what it hears."),
    "det": ("det", "Measure false accepts an hour and false rejects; choose the threshold."),
    "look": ("look", "Send pictures to a build as a camera would, and tell what it sees."),
    "flash": ("flash", "Program a board with a build's firmware, and verify it."),
    "monitor": ("monitor", "Show a board's console, and send it what is typed."),
    "validate": ("validate", "Compare every runner with the reference, bit for bit."),
    "attack": ("attack", "Measure accuracy under attack, on what ships."),
    "certify": ("certify", "Prove for inputs that nothing within eps changes their class."),
    "report": ("report", "Make one HTML page of a run's figures."),
    "boards": ("boards", "List the boards that can be built for."),
    "doctor": ("doctor", "Say what is installed, what that enables, what to install."),
}


class LazyGroup(click.Group):
    """Loads a verb's module when that verb is called, and lists verbs without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = did_you_mean(args[0], VERBS)
            raise click.UsageError(f"{error.message} {near}".rstrip(), ctx) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"tinyrob.cli.{VERBS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tinyrob")
def group() -> None:
    """Tiny, adversarially robust, deeply quantized networks, from training to bit-exact firmware.

    Every verb takes --json: one object on stdout, everything else on stderr.
    """


def main(arguments: Sequence[str] | None = None, command: click.Command | None = None) -> None:
    """The ``tinyrob`` command, or another one that tells errors as it does. Exits 0 on success, 1
    on a user's mistake or a failed check."""
    _say_what_can_be_said()
    try:
        chosen, name = (group, "tinyrob") if command is None else (command, None)
        chosen.main(args=arguments, prog_name=name, standalone_mode=False)
    except TinyrobError as error:
        fail(error.message, error.hint)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("error: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of stdout left (`tinyrob boards | head -1`): not an error worth a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        fail("there is not enough memory", "close other programs; nothing was left half-made")
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        fail(f"{error.strerror or error}{where}", "check the path, its permissions and free space")


def _say_what_can_be_said() -> None:
    """Characters that a terminal's encoding (ASCII, Latin-1) has not become question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def fail(message: str, hint: str | None) -> None:
    """Prints an error as every verb prints it, and exits with 1."""
    say(f"error: {message}", err=True)
    if hint:
        say(f"hint: {hint}", err=True)
    sys.exit(1)
