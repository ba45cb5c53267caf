"""``tinyrob look``: pictures in, what is seen out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tinyrob.cli._common import FILE, emit_json, json_option, serial_options
from tinyrob.files.screen import say


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--image",
    "images",
    required=True,
    multiple=True,
    type=FILE,
    help="A picture (PNG, JPEG); more of them one behind the other.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["rgb565", "rgb565_be", "rgb888", "yuv422", "gray8"]),
    default="rgb565",
    show_default=True,
    help="The camera's format that it is sent in.",
)
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
    help="Also compare every picture and output with the reference; exit 1 where one differs.",
)
@serial_options
@json_option
def command(
    folder: Path,
    images: tuple[Path, ...],
    form: str,
    runner: str,
    check: bool,
    port: str | None,
    baud: int | None,
    as_json: bool,
) -> None:
    """Send pictures, as a camera would, to the build folder DIR, made with --app look."""
    from tinyrob.listen import frames
    from tinyrob.project.build_folder import SerialOptions, open_build

    build = replace(open_build(folder), serial=SerialOptions(port, baud))
    found = frames.look(build, images, runner, form)
    if as_json:
        emit_json({"runner": runner, "format": form, "seen": [one.to_dict() for one in found]})
    else:
        for one in found:
            say(f"{one.file}  {one.label}  {one.logit}")
    if check:
        frames.check(build, images, form, found)
        count = f"{len(found):,} picture{'s' if len(found) > 1 else ''}"
        say(f"{count}: every one and its outputs equal the reference's", err=True)
