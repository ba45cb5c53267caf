"""``tinyrob listen``: sound in, decisions out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tinyrob.cli._common import FILE, emit_json, json_option, serial_options
from tinyrob.files.screen import say

_BAR = 12  # characters of a posterior of 1


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--wav", type=FILE, help="A recording: WAV, mono, 16 bits, of the features' rate.")
@click.option(
    "--convert",
    is_flag=True,
    help="Take a recording of any rate, channels and form (WAV, FLAC, Ogg), as training does.",
)
@click.option(
    "--microphone", is_flag=True, help="Hear this machine's microphone instead, until Ctrl-C."
)
@click.option("--seconds", type=click.FloatRange(0.1), help="So long, with --microphone.")
@click.option(
    "--on",
    "runner",
    default="host",
    show_default=True,
    metavar="R",
    help="host: the app compiled for this machine; qemu: the firmware; serial: the board that runs "
    "it; reference: NumPy.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Also compare every feature frame, output and decision with the reference; exit 1 where "
    "one differs.",
)
@serial_options
@json_option
def command(
    folder: Path,
    wav: Path | None,
    convert: bool,
    microphone: bool,
    seconds: float | None,
    runner: str,
    check: bool,
    port: str | None,
    baud: int | None,
    as_json: bool,
) -> None:
    """Play a recording to the build folder DIR, made with --app listen, and tell what it hears.

    A board that was built with --app microphone hears its own: --on serial, and no recording. A
    line a second shows the posteriors of all classes.
    """
    from tinyrob.listen import ask
    from tinyrob.listen.heard import Detection, State
    from tinyrob.project.build_folder import SerialOptions, open_build

    build = open_build(folder)
    own = build.manifest.app == ask.OWN
    if not own and (wav is None) != microphone:
        raise click.UsageError("name a recording (--wav F) or --microphone: one of them")
    if check and wav is None:
        raise click.UsageError("--check compares what a recording gives: --wav F")
    if convert and wav is None:
        raise click.UsageError("--convert goes with --wav")
    if seconds is not None and wav is not None:
        raise click.UsageError("--seconds goes with --microphone")

    def live(state: State, found: tuple[Detection, ...]) -> None:
        bars = "  ".join(
            f"{name} {'#' * round(_BAR * p):<{_BAR}}"
            for name, p in zip(classes, state.posteriors, strict=True)
        )
        say(f"{state.t:8.1f} s  {bars}", err=True)
        for one in found:
            say(f"{one.t:10.3f}  {one.label}  {one.score:.2f}")

    classes = build.manifest.called
    build = replace(build, serial=SerialOptions(port, baud))
    heard = ask.listen(
        build,
        wav,
        runner,
        None if as_json else live,
        note=lambda text: say(f"note: {text}", err=True),
        microphone=microphone,
        seconds=seconds,
        convert=convert,
    )
    if as_json:
        emit_json(heard.to_dict())
    elif runner == "reference":
        for one in heard.detections:
            say(f"{one.t:10.3f}  {one.label}  {one.score:.2f}")
    if check and wav is not None:
        ask.check(build, wav, heard, convert)
        say(f"{len(heard.states):,} seconds: every feature, output and decision equals the "
            "reference's", err=True)  # fmt: skip
