"""``tinyrob quantize``: a trained float model as an int8 .tflite."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import MADE_FILE, data_dir_option, emit_json, json_option
from tinyrob.files.screen import say


@click.command()
@click.argument("model")
@click.option(
    "--data",
    "dataset",
    required=True,
    metavar="D",
    help="What it was trained on: a dataset's name, or a recipe's file.",
)
@data_dir_option
@click.option("-o", "--output", type=MADE_FILE, required=True, help="The .tflite to write.")
@click.option(
    "--input",
    "given",
    type=(float, float),
    metavar="LOW HIGH",
    help="What the bytes 0 and 255 are to the model (default: 0 255 where it begins with a "
    "Rescaling or Normalization, else -1 0.9921875).",
)
@click.option("--vectors", type=click.IntRange(min=1), help="Try so many test inputs (all).")
@json_option
def command(
    model: str,
    dataset: str,
    data_dir: Path | None,
    output: Path,
    given: tuple[float, float] | None,
    vectors: int | None,
    as_json: bool,
) -> None:
    """Quantize a float Keras MODEL (.h5, .keras, net.py:build) after training, to int8.

    By TFLite's converter, with ranges measured on training inputs. Accuracy on the test split
    before and after is told; after, by TFLite Micro. Every other verb takes the .tflite. To train
    on with quantization, name the model in a recipe: topology = { keras = "FILE" }.
    """
    from tinyrob import data

    if given is not None and not given[0] < given[1]:
        raise click.UsageError("--input is LOW HIGH, the lower number first")
    loaded = data.load(dataset, data_dir)
    from tinyrob.training.quantize import quantize

    done = quantize(model, loaded, output, given, vectors)
    if as_json:
        emit_json(done.to_dict())
        return
    say(f"{done.tflite}: {done.bytes:,} bytes, {', '.join(done.operators)}")
    say(
        f"{done.inputs:,} test inputs: float {100 * done.float_accuracy:.2f} %, int8 "
        f"{100 * done.int8_accuracy:.2f} %; {100 * done.same_class:.2f} % get the same class"
    )
