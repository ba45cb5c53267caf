"""``tinyrob export-tflite``: the network as a .tflite."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import emit_json, json_option


@click.command()
@click.argument("model", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The .tflite to write.",
)
@json_option
def command(model: str | None, output: Path, as_json: bool) -> None:
    """Write MODEL as an int8 .tflite.

    MODEL is a zoo name, a training run's folder, an int8 .tflite, or a QKeras .h5/.keras
    (default: the zoo's default model).
    """
    from tinyrob.export import export_tflite
    from tinyrob.load import load_model

    deployable = load_model(model)
    export_tflite(deployable, output)
    exact = deployable.frozen is not None and deployable.frozen.exact
    operators = sorted({op.kind for op in deployable.graph.ops})
    size = len(deployable.tflite)
    if as_json:
        emit_json({"tflite": str(output), "bytes": size, "exact": exact, "operators": operators})
        return
    click.echo(f"{output}: {size:,} bytes, {', '.join(operators)}")
    if deployable.frozen is not None:
        click.echo(f"exact: {'yes' if exact else 'no: it has kernels of more than 6 bits'}")
