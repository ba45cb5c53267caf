"""A Keras model as one more surface: the float network that a .tflite was converted from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinyrob.attack.operators import quantization
from tinyrob.deployable import load_keras
from tinyrob.errors import ModelFormatError, TinyrobError, did_you_mean
from tinyrob.freeze.allowed import FLOAT_LAYERS
from tinyrob.ir.graph import Graph

Value = Any  # a tf.Tensor
INPUTS = ("artefact", "u8", "unit", "signed")


def surrogate_view(graph: Graph, path: Path, scaling: str) -> Callable[[Value], Value]:
    """The Keras model at ``path`` as a map from inputs of ``graph`` in int8 steps to its logits.

    ``scaling`` says what it takes: ``artefact``: real values as the artefact's input quantization
    has them; ``u8``: 0..255; ``unit``: 0..1; ``signed``: -1..1. A softmax at its end is left out:
    it saturates. Raises ModelFormatError where the file is no such model.
    """
    if scaling not in INPUTS:
        raise TinyrobError(
            f"unknown input scaling {scaling!r}",
            f"{did_you_mean(scaling, INPUTS)}known: {', '.join(INPUTS)}",
        )
    model = _logits_model(path)
    source, sink = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    if tuple(model.input_shape[1:]) != source.sample_shape:
        raise ModelFormatError(
            f"the surrogate takes {tuple(model.input_shape[1:])}, the network "
            f"{source.sample_shape}",
            "give the Keras model that the .tflite was converted from",
        )
    if model.output_shape[-1] != sink.elements:
        raise ModelFormatError(
            f"the surrogate has {model.output_shape[-1]} classes, the network {sink.elements}",
            "give the Keras model that the .tflite was converted from",
        )
    grid = quantization(source)
    scalings: dict[str, Callable[[Value], Value]] = {
        "artefact": lambda q: (q - grid.zero_point) * grid.scale,
        "u8": lambda q: q + 128.0,
        "unit": lambda q: (q + 128.0) / 255.0,
        "signed": lambda q: q / 128.0,
    }
    to_input = scalings[scaling]
    return lambda q: model(to_input(q), training=False)


def _logits_model(path: Path) -> Any:
    from tinyrob import tf

    if not path.is_file():
        raise ModelFormatError(f"there is no surrogate {path}", "check the path")
    model = load_keras(path, FLOAT_LAYERS)
    tf_keras = tf.keras()
    last = model.layers[-1]
    if isinstance(last, tf_keras.layers.Softmax):
        return tf_keras.Model(model.inputs, last.input)
    if getattr(last, "activation", None) is tf_keras.activations.softmax:
        last.activation = tf_keras.activations.linear
        return tf_keras.Model(model.inputs, last(last.input))
    return model
