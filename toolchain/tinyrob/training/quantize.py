"""Quantization after training: a float Keras model as an int8 .tflite, by TFLite's converter.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset, to_int8
from tinyrob.errors import ModelFormatError, TrainingError
from tinyrob.files.limits import Damaged
from tinyrob.files.whole import write_atomically
from tinyrob.ir.graph import Graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.models.own.float_model import float_model
from tinyrob.models.own.origin import read_source
from tinyrob.models.own.source import Source
from tinyrob.models.own.turn import LEAST

tf = _tf.tensorflow()
REPRESENTATIVE = 300
"""Training inputs that the converter measures ranges on."""
_BATCH = 250


@dataclass(frozen=True)
class Quantized:
    """Where the .tflite is, and the shares of ``inputs`` test inputs that the float model and the
    .tflite (TFLite Micro) get right; ``same_class``: on which they agree."""

    tflite: Path
    bytes: int
    inputs: int
    float_accuracy: float
    int8_accuracy: float
    same_class: float
    operators: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "tflite": str(self.tflite),
            "bytes": self.bytes,
            "accuracy": {"float": self.float_accuracy, "int8": self.int8_accuracy},
            "same_class": self.same_class,
            "inputs": self.inputs,
            "operators": list(self.operators),
        }


def quantize(
    model: str,
    dataset: Dataset,
    output: Path,
    given: tuple[float, float] | None = None,
    most: int | None = None,
) -> Quantized:
    """Quantizes the Keras model in a file (or ``net.py:build``), with ranges measured on training
    inputs, and writes ``output``, whole or not at all.

    ``given`` is what the bytes 0 and 255 of the data are to the model (None: 0 and 255 where it
    begins with a rescaling, else -1 and 127 / 128); ``most`` test inputs are tried (None: all).
    Raises ModelFormatError, UnsupportedModel with all that stands in the way, TrainingError where
    model and data do not go together, ToolMissing.
    """
    source, _ = read_source(model, Path())
    low, high = given or _range(source)
    try:
        network = float_model(source)
    except Damaged as error:
        raise ModelFormatError(f"{model}: {error}", "save the model anew") from None
    _check(model, network, source, dataset)

    def real(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        x = low + pixels.reshape(-1, *source.shape).astype(np.float64) * ((high - low) / 255.0)
        return x.astype(np.float32)

    tflite = _converted(network, source, real, dataset)
    graph = read_tflite(tflite, output.stem)
    x, y = dataset.x_test[:most], dataset.y_test[:most]
    before = np.concatenate([_classes(network(real(x[i : i + _BATCH]), training=False))
                             for i in range(0, len(x), _BATCH)])  # fmt: skip
    after = _classes(_outputs(tflite, graph, to_int8(x)))
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, tflite)
    return Quantized(
        output,
        len(tflite),
        len(x),
        float((before == y).mean()),
        float((after == y).mean()),
        float((before == after).mean()),
        tuple(sorted({op.kind for op in graph.ops})),
    )


def _range(source: Source) -> tuple[float, float]:
    first = source.layers[0].name
    behind = {layer.kind for layer in source.layers if first in layer.inputs}
    return (0.0, 255.0) if behind & {"Rescaling", "Normalization"} else LEAST


def _check(model: str, network: Any, source: Source, dataset: Dataset) -> None:
    if [n for n in source.shape if n > 1] != [n for n in dataset.shape if n > 1]:
        raise TrainingError(
            f"{model} reads inputs of {source.shape}, and {dataset.name} has {dataset.shape}",
            "name the data that it was trained on",
        )
    outputs = int(network.output_shape[-1])
    expected = len(dataset.classes)
    if len(network.output_shape) != 2 or outputs not in (expected, *([1] if expected == 2 else [])):
        raise TrainingError(
            f"{model} gives {network.output_shape[1:]}, and {dataset.name} has {expected} classes",
            "name the data that it was trained on",
        )


def _converted(network: Any, source: Source, real: Any, dataset: Dataset) -> bytes:
    """The .tflite: int8 throughout, one input at a time, byte - 128 at the border."""
    chosen = np.linspace(0, len(dataset.x_train) - 1, REPRESENTATIVE).astype(int)
    samples = dataset.x_train[np.unique(chosen)].copy()
    # The lowest and highest byte, in one value each: the input's grid is to hold all of them.
    samples[0].reshape(-1)[0], samples[0].reshape(-1)[-1] = 0, 255

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples:
            yield [real(sample[None])]

    whole = tf.function(lambda x: network(x, training=False))
    one = whole.get_concrete_function(tf.TensorSpec((1, *source.shape), tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([one], network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    try:
        with _tf.native_stderr_closed():
            return bytes(converter.convert())
    except Exception as error:  # the converter raises what it likes
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise ModelFormatError(
            f"TFLite's converter cannot quantize it: {lines[0][:200] if lines else error!r}",
            "an operator without an int8 form is in it: `tinyrob inspect` names layers",
        ) from None


def _outputs(tflite: bytes, graph: Graph, inputs: NDArray[np.int8]) -> NDArray[Any]:
    from tinyrob.run.tflm import TflmRunner

    shape = graph.tensors[graph.inputs[0]].sample_shape
    with TflmRunner(tflite, graph) as runner:
        return np.asarray(runner.run(inputs.reshape(-1, *shape)).outputs)


def _classes(outputs: Any) -> NDArray[np.int64]:
    """The class of each output; of one sigmoid, whether it is above its half."""
    values = np.asarray(outputs)
    values = values.reshape(len(values), -1)
    if values.shape[1] == 1:  # int8 0 is about a half, as the converter puts sigmoids on a grid
        half = 0.5 if values.dtype.kind == "f" else 0
        return (values[:, 0] > half).astype(np.int64)
    return np.asarray(values.argmax(1), np.int64)
