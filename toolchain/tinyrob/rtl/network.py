"""The network as a graph of streams: which module stands where, and what joins them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tinyrob.errors import UnsupportedModel
from tinyrob.files import resources
from tinyrob.files.escape import c_identifier
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Node
from tinyrob.frozen.shapes import Shape, output_shapes
from tinyrob.hls.fixed import type_of_grid
from tinyrob.ir.geometry import padding_before
from tinyrob.rtl.bit_serial import Serial, serial
from tinyrob.rtl.bit_serial_graph import slots_of
from tinyrob.rtl.logic import trace
from tinyrob.rtl.pipeline import Piped, pipelined

# Verilog files of our own, in templates/rtl, that every project gets.
LIBRARY = ("tr_stream", "tr_serial")


@dataclass(frozen=True)
class Window:
    """Parameters of ``tr_window``."""

    bits: int
    height: int
    width: int
    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0
    kh: int = 1
    kw: int = 1
    sh: int = 1
    sw: int = 1
    dh: int = 1
    dw: int = 1


@dataclass(frozen=True, eq=False)
class Element:
    """A node: its stream is ``name``, ``bits`` a beat, ``beats`` an image.

    ``sources`` are the elements read, in order; ``queues`` the depth of the FIFO before each
    (0: none). ``window`` or ``collect`` (beats that become one) stand before ``logic``.
    """

    name: str
    node: Node
    shape: Shape
    bits: int
    beats: int
    value_bits: int
    signed: bool
    sources: tuple[str, ...]
    queues: tuple[int, ...] = ()
    window: Window | None = None
    collect: int = 1
    logic: Piped | Serial | None = None
    readers: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Streams:
    """The elements in order, the first one the input, the last one the logits."""

    name: str
    model_name: str
    elements: tuple[Element, ...]

    @property
    def by_name(self) -> Mapping[str, Element]:
        """Elements by stream."""
        return {element.name: element for element in self.elements}


def streams(model: FrozenModel, interval: int | None = None) -> Streams:
    """``model`` as streams.

    ``interval``: cycles an image may take. A layer that can, computes its sums bit by bit; the
    others, and all without it, take a position a cycle.
    Raises UnsupportedModel for what does not stream, ToolMissing.
    """
    shapes = output_shapes(model)
    nodes = {node.name: node for node in model.nodes}
    names = {node.name: f"s{i}_{c_identifier(node.name)}" for i, node in enumerate(model.nodes)}
    elements: dict[str, Element] = {}
    for node in model.nodes:
        sources = [nodes[name] for name in node.inputs]
        inputs = [shapes[name] for name in node.inputs]
        elements[node.name] = _element(
            node, sources, inputs, shapes[node.name], names, elements, interval or 0
        )
    for element in elements.values():
        for port, name in enumerate(element.node.inputs):
            elements[name].readers.append((element.name, port))
    return Streams(_top_name(model.name), model.name, tuple(elements.values()))


def _top_name(model: str) -> str:
    """The top module's name: never that of a module or file of the library."""
    name = f"tr_{c_identifier(model)}"
    taken = set(LIBRARY)
    for file in LIBRARY:
        text = (resources.templates() / "rtl" / f"{file}.v").read_text(encoding="utf-8")
        taken.update(re.findall(r"^module (\w+)", text, re.MULTILINE))
    return f"{name}_net" if name in taken else name


def _element(
    node: Node,
    sources: list[Node],
    inputs: list[Shape],
    shape: Shape,
    names: Mapping[str, str],
    elements: Mapping[str, Element],
    interval: int,
) -> Element:
    kind = type_of_grid(node.name, node.grid)
    source_bits = [type_of_grid(s.name, s.grid).bits for s in sources]
    beats_in = [elements[name].beats for name in node.inputs]
    around = _Around(sources, inputs, shape, source_bits, beats_in)
    front = FRONTS[type(node)](node, around)
    flat = len(shape) == 1
    beats = 1 if flat else math.prod(shape[:-1])
    module = f"{names[node.name]}_logic"
    logic: Piped | Serial | None
    if (
        isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense)
        and beats * slots_of(node, sources[0]) <= interval
    ):
        # A dense layer's whole input waits in its collector: copying that would double it.
        hold = not isinstance(node, fr.Dense)
        logic = serial(module, node, sources[0], inputs[0][-1], hold)
    else:
        logic = _parallel(module, node, sources, inputs, source_bits)
    return Element(
        name=names[node.name],
        node=node,
        shape=shape,
        bits=shape[-1] * kind.bits,
        beats=beats,
        value_bits=kind.bits,
        signed=kind.signed,
        sources=tuple(names[name] for name in node.inputs),
        queues=front.queues,
        window=front.window,
        collect=front.collect,
        logic=logic,
    )


def _parallel(
    module: str, node: Node, sources: list[Node], inputs: list[Shape], source_bits: list[int]
) -> Piped | None:
    traced = trace(node, sources, inputs)
    if traced is None:
        return None
    # An Add reads both operands side by side: on one step, so of one width here.
    if len(set(source_bits)) > 1:
        raise UnsupportedModel(
            f"layer {node.name!r} joins values of {' and '.join(map(str, source_bits))} bits",
            "give both operands the same quantizer, or export it as an HLS project",
        )
    kind = type_of_grid(node.name, node.grid)
    return pipelined(module, traced, traced.shape[0], source_bits[0], kind)


@dataclass(frozen=True)
class _Front:
    """What stands between a node's inputs and its logic: a window, a collector, or queues."""

    window: Window | None = None
    collect: int = 1
    queues: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class _Around:
    """Where a node stands: ``bits`` and ``beats`` are of its inputs' streams."""

    sources: list[Node]
    inputs: list[Shape]
    shape: Shape
    bits: list[int]
    beats: list[int]


def _direct(node: Node, around: _Around) -> _Front:
    return _Front(queues=(0,) * len(node.inputs))


def _windowed(node: Node, around: _Around) -> _Front:
    size, shape = around.inputs[0], around.shape
    return _Front(_window(node, around.sources[0], size, shape, around.bits[0]))


def _reshaped(node: Node, around: _Around) -> _Front:
    (size,), shape = around.inputs, around.shape
    if len(shape) == 1:
        return _Front(collect=around.beats[0])
    if shape[-1] != size[-1]:
        raise UnsupportedModel(
            f"layer {node.name!r} reshapes {size} to {shape}: a beat holds one position",
            "keep the last axis, flatten, or export it as an HLS project",
        )
    return _Front()


def _joined(node: Node, around: _Around) -> _Front:
    # As deep as the image: then no path can wait for another for ever.
    return _Front(queues=tuple(around.beats))


FRONTS: Mapping[type[Node], Callable[[Node, _Around], _Front]] = {
    fr.Input: _direct,
    fr.Conv2D: _windowed,
    fr.DepthwiseConv2D: _windowed,
    fr.Dense: _direct,
    fr.MaxPool2D: _windowed,
    fr.Add: _joined,
    fr.Concatenate: _joined,
    fr.Reshape: _reshaped,
    fr.ZeroPad2D: _windowed,
    fr.Clamp: _direct,
}
"""What stands before a node's logic, by kind."""


def _window(node: Node, source: Node, size: Shape, shape: Shape, bits: int) -> Window | None:
    if isinstance(node, fr.ZeroPad2D):
        (top, bottom), (left, right) = node.padding
        return Window(size[2] * bits, size[0], size[1], top, bottom, left, right)
    assert isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.MaxPool2D)
    pool = isinstance(node, fr.MaxPool2D)
    if isinstance(node, fr.MaxPool2D):
        (kh, kw), (dh, dw) = node.window, (1, 1)
    else:
        kh, kw = node.kernel.shape[:2]
        dh, dw = node.dilation
    sh, sw = node.strides
    top, bottom = _pads(size[0], kh, sh, dh, shape[0])
    left, right = _pads(size[1], kw, sw, dw, shape[1])
    if pool and source.grid.lo < 0 and top + bottom + left + right:
        raise UnsupportedModel(
            f"layer {node.name!r} pads a signed maximum, which would need values below zero",
            "pool behind a ReLU, or with padding='valid'",
        )
    if (kh, kw, sh, sw) == (1, 1, 1, 1):
        return None
    bits *= size[2]
    return Window(bits, size[0], size[1], top, bottom, left, right, kh, kw, sh, sw, dh, dw)


def _pads(size: int, window: int, stride: int, dilation: int, outputs: int) -> tuple[int, int]:
    before = padding_before(size, window, stride, dilation, outputs)
    needed = (outputs - 1) * stride + (window - 1) * dilation + 1
    return before, max(0, needed - size) - before
