"""The FIFOs that hls4ml gives a streaming network, layer by layer, and their depths.

hls4ml pads in a process of its own before a convolution (``zp2d_…``) and copies a stream that has
several readers (``clone_…``), so a layer may have more FIFOs than one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinyrob.frozen import model as fr
from tinyrob.hls.fifos import (
    Fifo,
    Process,
    copied,
    depths,
    first,
    gathered,
    padded,
    windowed,
)
from tinyrob.hls.network import HlsLayer

_NO_PADDING = ((0, 0), (0, 0))


def fifos_of(layers: Sequence[HlsLayer]) -> Mapping[str, tuple[Fifo, ...]]:
    """The FIFOs that each layer writes, its padding's and its copies' among them, by layer name.

    Deep enough for the network to run (see ``fifos``). Whole tensors, as hls4ml has them, where
    a layer reads in an order that is not modelled: flat tensors joined, or reshaped to images.
    """
    found, processes, owners = _processes(layers)
    if all(map(_modelled, layers)):
        chosen = depths(tuple(processes), tuple(found))
        found = [replace(fifo, depth=depth) for fifo, depth in zip(found, chosen, strict=True)]
    result: dict[str, tuple[Fifo, ...]] = {layer.name: () for layer in layers}
    for fifo, owner in zip(found, owners, strict=True):
        result[owner] = (*result[owner], fifo)
    return result


def _modelled(layer: HlsLayer) -> bool:
    node = layer.node
    if isinstance(node, fr.Reshape):
        return len(layer.shape) == 1
    return not (isinstance(node, fr.Concatenate) and len(layer.shape) == 1)


def _processes(layers: Sequence[HlsLayer]) -> tuple[list[Fifo], list[Process], list[str]]:
    """FIFOs of whole tensors, what runs between them, and the layer that each FIFO belongs to."""
    fifos: list[Fifo] = []
    owners: list[str] = []
    processes: list[Process] = []
    # The FIFOs, one a reader, in which a layer's output waits.
    waiting: dict[str, list[int]] = {}
    readers: dict[str, int] = {}
    for layer in layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1

    def fifo(owner: HlsLayer, writer: str, shape: Sequence[int], bits: int, index: int = 0) -> int:
        beats = math.prod(shape[:-1])
        row = shape[1] if len(shape) == 3 else 1
        fifos.append(Fifo(writer, index, shape[-1] * bits, row, beats, beats))
        owners.append(owner.name)
        return len(fifos) - 1

    def border(layer: HlsLayer, name: str, source: int) -> tuple[int, Sequence[int]]:
        height, width, channels = layer.input_shapes[0]
        (top, bottom), (left, right) = layer.padding
        shape = (height + top + bottom, width + left + right, channels)
        made = fifo(layer, name, shape, layer.input_bits)
        steps = padded((height, width), layer.padding)
        processes.append(Process(name, (source,), (made,), steps))
        return made, shape

    for layer in layers:
        inputs = [waiting[name].pop(0) for name in layer.inputs]
        if isinstance(layer.node, fr.Reshape):
            # In place: whoever reads it reads its input.
            made = inputs[0]
        else:
            steps = b""
            shape: Sequence[int] = layer.input_shapes[0] if layer.input_shapes else layer.shape
            if layer.padding != _NO_PADDING and not isinstance(layer.node, fr.ZeroPad2D):
                before = f"{layer.name}_border" if layer.before else f"zp2d_{layer.name}"
                source, shape = border(layer, before, inputs[0])
                inputs = [source]
            elif layer.padding != _NO_PADDING:
                steps = padded(shape, layer.padding)
            made = fifo(layer, layer.name, layer.shape, layer.result.bits)
            beats = fifos[inputs[0]].beats if inputs else 0
            processes.append(
                Process(layer.name, tuple(inputs), (made,), steps or _steps(layer, shape, beats))
            )
        count = readers.get(layer.name, 0)
        waiting[layer.name] = [made]
        if count > 1:
            shape, bits = layer.shape, layer.result.bits
            name = f"clone_{layer.name}"
            copies = [fifo(layer, name, shape, bits, index) for index in range(count)]
            processes.append(Process(name, (made,), tuple(copies), copied(fifos[made].beats)))
            waiting[layer.name] = copies
    return fifos, processes, owners


def _steps(layer: HlsLayer, shape: Sequence[int], beats: int) -> bytes:
    """Of a layer that reads ``beats`` beats of an image, or a padded one, of ``shape``."""
    node, kind = layer.node, layer.attributes["class_name"]
    if isinstance(node, fr.Input):
        return first(math.prod(layer.shape[:-1]))
    if isinstance(node, fr.Dense) or kind == "GlobalAveragePooling2D":
        return gathered(beats)
    for prefix in ("filt", "pool"):
        if f"{prefix}_height" in layer.attributes:
            given = layer.attributes
            window = (given[f"{prefix}_height"], given[f"{prefix}_width"])
            strides = (given["stride_height"], given["stride_width"])
            return windowed(shape, window, strides)
    return copied(beats)
