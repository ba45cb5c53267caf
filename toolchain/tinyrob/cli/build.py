"""``tinyrob build``: firmware for a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tinyrob.cli._common import emit_json, json_option, stdout, tell_rewritten

if TYPE_CHECKING:
    from rich.console import Console

    from tinyrob.build.several import Library
    from tinyrob.project.manifest import Manifest


@click.command()
@click.argument("models", metavar="[MODEL]...", nargs=-1)
@click.option("--target", required=True, metavar="T", help="A board (`tinyrob boards`), or stm32.")
@click.option(
    "--runtime",
    type=click.Choice(["native", "tflm"]),
    default="native",
    show_default=True,
    help="What computes the network: generated C, or TFLite-Micro from --tflm-dir.",
)
@click.option(
    "--app",
    type=click.Choice(
        ["validate", "bench", "mlperf", "listen", "microphone", "look", "camera", "none"]
    ),
    default="validate",
    show_default=True,
    help="validate: answers the framed protocol; bench: one inference and its cost; "
    "mlperf: answers the MLPerf Tiny runner; listen: hears samples and tells decisions; "
    "microphone: the same of the board's own microphone; "
    "look: takes a camera's frames and tells what it sees; "
    "camera: the same of the board's own camera; "
    "none: the model as a library, with an example.",
)
@click.option(
    "--name",
    "names",
    metavar="N",
    multiple=True,
    help="What begins the network's symbols and files in C (default: the model's name). For "
    "several networks: once, and it is the library's; or once for each, in their order.",
)
@click.option(
    "--optimize",
    type=click.Choice(["size", "balanced", "speed", "ram"]),
    default="balanced",
    show_default=True,
    help="When weights of few levels are packed in 2 or 4 bits: size: wherever it saves flash; "
    "balanced: if that is at most 15 % slower; speed: if it is not slower. And which kernels may "
    "take more RAM and flash to be faster: none; those that fit the RAM needed anyway; all. ram: "
    "as balanced, and layers of large images run in bands of rows where that takes less RAM.",
)
@click.option(
    "--slim/--no-slim",
    default=True,
    show_default=True,
    help="Leave out channels that are one number for every input. The output bits are the same.",
)
@click.option(
    "--without",
    metavar="PASS",
    multiple=True,
    help="Leave out this pass of rewriting (repeatable). The output bits are the same: for finding "
    "out what one costs or saves.",
)
@click.option(
    "--check",
    type=click.Choice(["boot", "watch"]),
    default="boot",
    show_default=True,
    help="When the device compares its flash with what was built: at boot and when it is asked; "
    "watch: with each inference a layer's weights as well.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build"),
    show_default=True,
    help="The build folder. An earlier build in it is replaced.",
)
@click.option(
    "--tflm-dir",
    type=click.Path(path_type=Path),
    help="A source tree of TFLite-Micro for --runtime tflm (default: TFLM_DIR).",
)
@click.option(
    "--arena-bytes",
    type=click.IntRange(min=1),
    help="The arena of --runtime tflm (default: what the network needs, measured).",
)
@click.option(
    "--baud",
    type=click.IntRange(min=1200),
    help="The console's speed (default: the board file's).",
)
@click.option(
    "--toolchain",
    type=click.Choice(["gcc", "clang"]),
    help="What compiles it: a GCC of the system's, or the clang in the wheel ziglang "
    "(default: GCC where it is installed for the board, else clang).",
)
@click.option(
    "--features",
    "fronts",
    metavar="[NAME=]FILE",
    multiple=True,
    help="For a model that does not carry them: a TOML file with the table [features] that it was "
    "trained with. A table [listen] says how the app listen decides, [camera] how the app look "
    "makes pictures of frames, the key classes what the outputs are called. Of several networks, "
    "NAME is one's in C.",
)
@click.option(
    "--weights",
    type=click.Choice(["flash", "ram"]),
    default="flash",
    show_default=True,
    help="Where the network's constants are as it runs. ram: copied there at the start; faster "
    "where the flash has to be waited for.",
)
@click.option(
    "--stream",
    type=click.IntRange(min=0),
    metavar="AXIS",
    help="Take step after step along this axis of the input (0: its first, without the batch), and "
    "keep what layers have computed of earlier ones: NAME_push. The outputs are those of the "
    "whole window.",
)
@click.option(
    "--driver",
    type=click.Path(path_type=Path),
    metavar="FILE.c",
    help="For --app microphone and camera: what reads a sensor that is wired to the board "
    "(`tinyrob boards BOARD --driver microphone` prints one to begin with).",
)
@json_option
def command(
    models: tuple[str, ...],
    target: str,
    runtime: str,
    app: str,
    names: tuple[str, ...],
    optimize: Literal["size", "balanced", "speed", "ram"],
    slim: bool,
    without: tuple[str, ...],
    check: str,
    out: Path,
    tflm_dir: Path | None,
    arena_bytes: int | None,
    baud: int | None,
    toolchain: str | None,
    fronts: tuple[str, ...],
    weights: str,
    stream: int | None,
    driver: Path | None,
    as_json: bool,
) -> None:
    """Generate and compile firmware that runs MODEL, or with --app none a library of several.

    MODEL is a zoo name, a training run's folder, an int8 .tflite, or a QKeras .h5/.keras
    (default: the zoo's default model).
    """
    from tinyrob.boards.read import find_board
    from tinyrob.listen.tables import read_front
    from tinyrob.pipeline import load
    from tinyrob.tflm.measure import Options
    from tinyrob.timing.kept import try_to_estimate

    if runtime != "tflm" and (tflm_dir or arena_bytes):
        raise click.UsageError("--tflm-dir and --arena-bytes are for --runtime tflm")
    if len(models) > 1:
        if (
            app != "none"
            or runtime != "native"
            or any(option is not None for option in (baud, stream, driver))
        ):
            raise click.UsageError(
                "several networks are built as a library: --app none, --runtime native, no --baud, "
                "no --driver, no --stream (build each stream first, and name its folder)"
            )
        files = _by_name(fronts)
        _several(models, target, out, names, optimize, slim, without, toolchain, files, as_json)
        return
    if len(fronts) > 1:
        raise click.UsageError("one network has one --features")
    if len(names) > 1:
        raise click.UsageError("one network has one --name")
    front = read_front(Path(fronts[0]) if fronts else None)
    network = load(models[0] if models else None)
    tell_rewritten(network.rewritten)
    build = network.build(
        target,
        out,
        app=app,
        runtime=runtime,
        optimize=optimize,
        tflm=Options(tflm_dir, arena_bytes),
        baud=baud,
        slim=slim,
        without=without,
        check=check,
        toolchain=toolchain,
        name=names[0] if names else None,
        features=front.features,
        decisions=front.decisions,
        scaling=front.scaling,
        classes=front.classes,
        stream=stream,
        weights=weights,
        driver=driver,
    )
    manifest = build.manifest
    cycles, lacking = try_to_estimate(build)
    if as_json:
        estimated = None if cycles is None else cycles.to_dict()
        emit_json(
            {
                **manifest.to_dict(),
                "estimate": estimated,
                "elf": str(out / manifest.elf),
                "out": str(out),
            }
        )
        return

    how = f"{manifest.app}, {manifest.isa}, {manifest.toolchain}"
    console = _sizes(manifest, f"{manifest.model} on {manifest.board} ({how})")
    console.print(f"{manifest.macs:,} MACs in {manifest.tensors} layers")
    if cycles is not None:
        console.print(cycles.sentence, soft_wrap=True)
    elif app == "validate":
        console.print(f"no estimate of cycles: {lacking}", soft_wrap=True)
    if manifest.stream is not None:
        told = manifest.stream
        console.print(
            f"a stream along axis {told.axis}: {told.steps} of the window's {told.window} steps a "
            f"push, {told.macs:,} MACs for a whole window",
            soft_wrap=True,
        )
        for layer, what in told.apart.items():
            console.print(
                f"computed for the whole window with every push, from {layer} on: {what}",
                soft_wrap=True, markup=False,
            )  # fmt: skip
    for one in manifest.bands:
        first, last = (name.split(";")[0] for name in (one.first, one.last))
        console.print(
            f"in bands of rows: {one.layers} layers from {first} to {last}, in {one.calls} calls; "
            f"the arena takes {manifest.ram.arena:,} bytes in place of {one.whole_bytes:,}",
            soft_wrap=True, markup=False,
        )  # fmt: skip
    if manifest.optimize == "ram" and not manifest.bands:
        console.print("in bands of rows: none, the arena would be no smaller", soft_wrap=True)
    if manifest.macs_removed:
        share = 100 * manifest.macs_removed / manifest.macs
        console.print(
            f"slimmed: {manifest.macs_removed:,} of them ({share:.1f} %) are of channels that are "
            "one number for every input, and left out",
            soft_wrap=True,
        )
    console.print(str(out / manifest.elf), soft_wrap=True)
    if find_board(manifest.board).flashing is not None and app != "none":
        console.print(f"next: tinyrob flash {out}", soft_wrap=True)


def _by_name(fronts: tuple[str, ...]) -> dict[str, Path]:
    """The file of each network that one is given for."""
    pairs = [told.partition("=") for told in fronts]
    if any(not equals for _, equals, _ in pairs) or len({pair[0] for pair in pairs}) < len(pairs):
        raise click.UsageError(
            "of several networks, each has its own --features NAME=FILE, NAME being what its "
            "symbols in C begin with"
        )
    return {name: Path(file) for name, _, file in pairs}


def _several(
    models: tuple[str, ...],
    target: str,
    out: Path,
    names: tuple[str, ...],
    optimize: Literal["size", "balanced", "speed", "ram"],
    slim: bool,
    without: tuple[str, ...],
    toolchain: str | None,
    fronts: dict[str, Path],
    as_json: bool,
) -> None:
    from tinyrob.build.several import library

    found = library(
        models,
        target,
        out,
        names=names,
        optimize=optimize,
        slim=slim,
        toolchain=toolchain,
        without=without,
        fronts=fronts,
    )
    if as_json:
        emit_json({**found.to_dict(), "elf": str(out / found.elf), "out": str(out)})
        return
    console = _sizes(found, f"{found.name} on {found.board} ({len(found.networks)} networks)")
    for name, manifest in found.networks.items():
        console.print(
            f"{name}: {manifest.model}, {manifest.macs:,} MACs, arena {manifest.ram.arena:,}",
            soft_wrap=True,
        )
    console.print(str(out / "library"), soft_wrap=True)
    first = next(iter(found.networks))
    console.print(f"next: tinyrob validate {out / first}, and so on", soft_wrap=True)


def _sizes(built: Manifest | Library, title: str) -> Console:
    from rich.table import Table

    table = Table(title=title)
    table.add_column("")
    table.add_column("bytes", justify="right")
    table.add_column("of which")
    flash, ram = built.flash, built.ram
    table.add_row(
        "flash",
        f"{built.flash_bytes:,}",
        f"code {flash.code:,}, weights {flash.weights:,}, other {flash.other:,}",
    )
    table.add_row(
        "RAM",
        f"{built.ram_bytes:,}",
        f"arena {ram.arena:,}, static {ram.static:,}, stack {ram.stack:,}",
    )
    console = stdout()
    console.print(table)
    console.print(f"stack: {built.stack_source}", soft_wrap=True)
    return console
