"""``--stream AXIS``: a network that takes steps of its input, not a whole window."""

from __future__ import annotations

import dataclasses

from tinyrob.deployable import Deployable
from tinyrob.errors import BuildError, UnsupportedModel
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.network.to_network import to_network
from tinyrob.passes.stream import streamed
from tinyrob.project.streaming import Streaming


def as_stream(model: Deployable, axis: int) -> Deployable:
    """``model`` as a stream along ``axis`` of its input's shape without the batch.

    Its outputs, push by push, are those of ``model`` for the window that ends there. Raises
    UnsupportedModel with every obstacle, BuildError where it is a stream already.
    """
    if model.stream is not None:
        raise BuildError(
            f"{model.name} takes a stream along axis {model.stream.axis} already",
            "build it without --stream",
        )
    if model.about.anomaly is not None:
        raise BuildError(
            f"{model.name} detects anomalies, and its score is of a whole window",
            "build it without --stream",
        )
    try:
        made = streamed(model.graph, axis)
    except UnsupportedModel as error:
        raise UnsupportedModel(
            f"{model.name} cannot take a stream: {error.message}", error.hint, error.obstacles
        ) from None
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    macs = sum(layer.spec.macs for layer in to_network(model.graph).layers)
    stream = Streaming(
        axis, shape, made.steps, made.outputs, macs, {one.layer: one.what for one in made.apart}
    )
    return dataclasses.replace(
        model,
        graph=made.graph,
        tflite=write_tflite(made.graph),
        frozen=None,
        about=dataclasses.replace(model.about, features=model.features),
        stream=stream,
        window=model.tflite,
    )
