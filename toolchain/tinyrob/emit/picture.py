"""Functions that make a network's input of a camera's frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinyrob.emit import ctext
from tinyrob.emit.c import NAME, firmware_files
from tinyrob.emit.render import render
from tinyrob.features.camera import BYTES, DEFAULT, Fit, Resize, Scaling, takes_pixels
from tinyrob.files.plan import BuildPlan
from tinyrob.ir.graph import Graph

_MOST = 4095
"""Pixels of a side: what firmware's sums hold."""
_TAKEN: Mapping[Fit, str] = {
    "crop": "the middle with its proportions",
    "pad": "all of it, with black around",
    "stretch": "all of it, out of proportion",
}
_RESIZED: Mapping[Resize, str] = {
    "box": "the mean of a box",
    "bilinear": "between the four nearest",
}


def is_picture(graph: Graph) -> bool:
    """Whether the only input is a picture whose int8 values are pixel - 128."""
    if len(graph.inputs) != 1:
        return False
    tensor = graph.tensors[graph.inputs[0]]
    grid, shape = tensor.quantization, tensor.sample_shape
    if grid is None or not takes_pixels(shape, tensor.dtype, grid.scale, grid.zero_point):
        return False
    return max(shape) <= _MOST


def emit_look(
    graph: Graph, classes: Sequence[str], name: str = NAME, camera: bool = False
) -> BuildPlan:
    """apps/tr_look.h: what the app ``look`` is told. ``classes`` names every output; ``camera``:
    frames are the board's own camera's."""
    names = [ctext.comment(one) for one in classes]
    header = render(
        "project/tr_look.h.j2",
        model=graph.name, name=name, classes=names, formats=dict(BYTES), camera=camera,
    )  # fmt: skip
    return BuildPlan({"apps/tr_look.h": header})


def emit_picture(
    size: tuple[int, int, int], model: str, name: str = NAME, how: Scaling = DEFAULT
) -> BuildPlan:
    """model/NAME_picture.h and .c, and what they are made of. ``size`` is (height, width,
    channels); ``model`` is told to readers. The same arguments give the same bytes."""
    made = {
        f"model/{name}_picture.{end}": render(
            f"model/picture.{end}.j2",
            model=ctext.comment(model), name=name, macro=name.upper(), height=size[0],
            width=size[1], channels=size[2], how=how, taken=_TAKEN[how.fit],
            resized=_RESIZED[how.resize], formats=dict(BYTES),
        )
        for end in ("h", "c")
    }  # fmt: skip
    return BuildPlan(made) | firmware_files(("tr_picture.c",), ("tr_picture.h",), "frontend")
