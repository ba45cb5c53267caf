"""What the app ``listen`` is told: classes, thresholds, how outputs become posteriors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinyrob.emit import ctext
from tinyrob.emit.c import NAME, firmware_files
from tinyrob.emit.render import render
from tinyrob.features.decisions import Decisions, heard
from tinyrob.files.plan import BuildPlan
from tinyrob.ir import operators as kinds
from tinyrob.ir.fixedpoint import SoftmaxFactor, softmax_factor
from tinyrob.ir.graph import Graph
from tinyrob.project.streaming import Streaming


def posteriors_of(graph: Graph) -> SoftmaxFactor | None:
    """The softmax that makes a network's logits posteriors; None where its outputs are posteriors
    already."""
    output = graph.outputs[0]
    last = next((op for op in graph.ops if output in op.outputs), None)
    if last is not None and isinstance(last.attributes, kinds.Softmax | kinds.Logistic):
        return None
    grid = graph.tensors[output].quantization
    assert grid is not None, "an int8 network's output is quantized"
    return softmax_factor(grid.scale, 1.0)


def emit_listen(
    graph: Graph,
    classes: Sequence[str],
    how: Decisions,
    name: str = NAME,
    stream: Streaming | None = None,
    microphone: bool = False,
) -> BuildPlan:
    """apps/tr_listen.h, and the kernels that it asks for. ``classes`` names every output; ``name``
    begins the network's symbols; ``stream``: it takes frames as they come; ``microphone``:
    samples are the board's own microphone's."""
    grid = graph.tensors[graph.inputs[0]].quantization
    assert grid is not None, "an int8 network's input is quantized"
    listen: dict[str, Any] = {
        "classes": [ctext.comment(name) for name in classes],
        "heard": heard(tuple(classes), len(classes)),
        "how": how,
        "softmax": posteriors_of(graph),
        "microphone": microphone,
        "stream": stream is not None,
        "ahead": 0 if stream is None else -stream.window % stream.steps,
        "zero": grid.zero_point,
    }
    made = {"apps/tr_listen.h": render("project/tr_listen.h.j2", model=graph.name, listen=listen)}
    if name != NAME:
        made["apps/tr_model_frontend.h"] = render(
            "project/tr_model_frontend.h.j2", model=graph.name, name=name, macro=name.upper()
        )
    return (
        BuildPlan(made)
        | firmware_files(["portable/tr_softmax_s8.c"])
        | firmware_files(["tr_decide.c"], (), "frontend")
    )
