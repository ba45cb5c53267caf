"""``tinyrob listen``: sound in, decisions out."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import FILE, emit_json, json_option
from tinyrob.files.screen import say

_BAR = 12  # characters of a posterior of 1


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--wav", required=True, type=FILE, help="A recording: WAV, mono, 16 bits.")
@click.option(
    "--on",
    "runner",
    default="host",
    show_default=True,
    metavar="R",
    help="host: the app compiled for this machine; qemu: the firmware; reference: NumPy.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Also compare every feature frame, output and decision with the reference; exit 1 where "
    "one differs.",
)
@json_option
def command(folder: Path, wav: Path, runner: str, check: bool, as_json: bool) -> None:
    """Play a recording to the build folder DIR, made with --app listen, and tell what it hears.

    A line a second shows the posteriors of all classes.
    """
    from tinyrob.listen import ask
    from tinyrob.listen.heard import Detection, State
    from tinyrob.project.manifest import open_build

    def live(state: State, found: tuple[Detection, ...]) -> None:
        bars = "  ".join(
            f"{name} {'#' * round(_BAR * p):<{_BAR}}"
            for name, p in zip(classes, state.posteriors, strict=True)
        )
        say(f"{state.t:8.1f} s  {bars}", err=True)
        for one in found:
            say(f"{one.t:10.3f}  {one.label}  {one.score:.2f}")

    build = open_build(folder)
    classes = build.manifest.called
    heard = ask.listen(build, wav, runner, None if as_json else live)
    if as_json:
        emit_json(heard.to_dict())
    elif runner == "reference":
        for one in heard.detections:
            say(f"{one.t:10.3f}  {one.label}  {one.score:.2f}")
    if check:
        ask.check(build, wav, heard)
        say(f"{len(heard.states):,} seconds: every feature, output and decision equals the "
            "reference's", err=True)  # fmt: skip
