"""``tinyrob export-tflite``: the network as a .tflite."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import MADE_FILE, emit_json, json_option, tell_rewritten
from tinyrob.files.screen import say


@click.command()
@click.argument("model", required=False)
@click.option(
    "-o",
    "--output",
    type=MADE_FILE,
    required=True,
    help="The .tflite to write.",
)
@json_option
def command(model: str | None, output: Path, as_json: bool) -> None:
    """Write MODEL as an int8 .tflite.

    MODEL is a zoo name, a training run's folder, an int8 .tflite, or a QKeras .h5/.keras
    (default: the zoo's default model).
    """
    from tinyrob.pipeline import load

    network = load(model)
    tell_rewritten(network.rewritten)
    network.export_tflite(output)
    operators = sorted({op.kind for op in network.graph.ops})
    size = len(network.tflite)
    if as_json:
        emit_json(
            {
                "tflite": str(output),
                "bytes": size,
                "exact": network.exact,
                "operators": operators,
                "rewritten": list(network.rewritten),
            }
        )
        return
    say(f"{output}: {size:,} bytes, {', '.join(operators)}")
    if network.frozen is not None:
        say(f"exact: {'yes' if network.exact else 'no: it has kernels of more than 6 bits'}")
