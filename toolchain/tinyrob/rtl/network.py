"""The network as a graph of streams: which module stands where, and what joins them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tinyrob.errors import UnsupportedModel
from tinyrob.files import resources
from tinyrob.files.escape import c_identifier
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Node
from tinyrob.frozen.shapes import Shape, output_shapes
from tinyrob.hls.fixed import bits_of_range, type_of_grid
from tinyrob.rtl.bit_serial import Serial, serial
from tinyrob.rtl.bit_serial_graph import digit_of, word_bits
from tinyrob.rtl.folded import LEAVE_DEPTH, Folded, clamped, folded
from tinyrob.rtl.folding import Fold, row_plan, work_of
from tinyrob.rtl.logic import trace
from tinyrob.rtl.pieces import Piece, queue, resized, window
from tinyrob.rtl.pipeline import Piped, pipelined
from tinyrob.rtl.queues import depths

# Verilog files of our own, in templates/rtl, that every project gets.
LIBRARY = ("tr_stream", "tr_serial", "tr_folded")


@dataclass(frozen=True, eq=False)
class Element:
    """A node: its stream is ``name``, ``bits`` a beat, ``beats`` an image.

    A beat holds ``bits / value_bits`` values, in the order of the shape, the first in the lowest
    bits: a whole position where the layer is unrolled or bit-serial. ``sources`` are the elements
    read, in order, each through the pieces of its ``chains``; ``tail`` stands behind ``logic``.
    """

    name: str
    node: Node
    shape: Shape
    bits: int
    beats: int
    value_bits: int
    signed: bool
    sources: tuple[str, ...]
    chains: tuple[tuple[Piece, ...], ...] = ()
    logic: Piped | Serial | Folded | None = None
    tail: tuple[Piece, ...] = ()
    readers: list[tuple[str, int]] = field(default_factory=list)

    @property
    def lanes(self) -> int:
        """Values in a beat."""
        return self.bits // self.value_bits

    @property
    def fold(self) -> Fold | None:
        """How its logic is folded; None where it is not."""
        return self.logic.fold if isinstance(self.logic, Folded) else None

    @property
    def logic_bits(self) -> int:
        """Of what comes out of ``logic``."""
        return self.logic.gives * self.value_bits if isinstance(self.logic, Folded) else self.bits


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

    @property
    def open(self) -> bool:
        """Whether nothing of it is da4ml's."""
        return not any(isinstance(element.logic, Piped) for element in self.elements)


def streams(
    model: FrozenModel, interval: int | None = None, folds: Mapping[str, Fold] | None = None
) -> Streams:
    """``model`` as streams.

    ``interval``: cycles an image may take. A layer that can, computes its sums one to four bits
    a cycle; the others, and all without it, take a position a cycle. Layers in ``folds`` (by name)
    are folded.
    Raises UnsupportedModel for what does not stream, ToolMissing.
    """
    shapes = output_shapes(model)
    nodes = {node.name: node for node in model.nodes}
    names = {node.name: f"s{i}_{c_identifier(node.name)}" for i, node in enumerate(model.nodes)}
    elements: dict[str, Element] = {}
    for node in model.nodes:
        around = _Around(nodes, names, elements, shapes, interval or 0, folds, node is model.output)
        elements[node.name] = _element(node, around)
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


@dataclass(frozen=True)
class _Around:
    """Where a node stands; ``elements`` are those before it."""

    nodes: Mapping[str, Node]
    names: Mapping[str, str]
    elements: Mapping[str, Element]
    shapes: Mapping[str, Shape]
    interval: int
    folds: Mapping[str, Fold] | None
    last: bool

    def sources(self, node: Node) -> list[Element]:
        """The elements that ``node`` reads."""
        return [self.elements[name] for name in node.inputs]


class _Front(NamedTuple):
    """What stands before a node's logic.

    Values a beat that it takes of each source (None: a position of it), pieces, values it gives.
    """

    takes: int | None
    pieces: tuple[Piece, ...]
    gives: int


def _element(node: Node, around: _Around) -> Element:
    shape, sources = around.shapes[node.name], around.sources(node)
    name, bits = around.names[node.name], bits_of_range(node.grid.lo, node.grid.hi)
    fold = (around.folds or {}).get(node.name)
    logic: Piped | Serial | Folded | None
    if fold is not None:
        logic = _folded(f"{name}_logic", node, sources, shape, fold)
        takes, front, lanes = _Front(logic.takes, (), logic.gives)
    else:
        takes, front, lanes = FRONTS[type(node)](node, around)
        logic = _unfolded(f"{name}_logic", node, around)
    queues = _queues(node, logic, around)
    chains = tuple(
        (
            *queue(source.bits, depth),
            *resized(source.lanes, takes or source.shape[-1], source.value_bits),
            *front,
        )
        for source, depth in zip(sources, queues, strict=True)
    )
    given = shape[-1] if around.last else lanes
    return Element(
        name=name,
        node=node,
        shape=shape,
        bits=given * bits,
        beats=math.prod(shape) // given,
        value_bits=bits,
        signed=node.grid.lo < 0,
        sources=tuple(source.name for source in sources),
        chains=chains,
        logic=logic,
        tail=resized(lanes, given, bits),
    )


def _folded(name: str, node: Node, sources: list[Element], shape: Shape, fold: Fold) -> Folded:
    if isinstance(node, fr.Add | fr.Clamp):
        grids = [source.node.grid for source in sources]
        return clamped(name, node, grids, fold.pe, math.prod(shape) // fold.pe)
    assert isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense | fr.MaxPool2D)
    work = work_of(node, sources[0].shape, shape)
    return folded(name, node, sources[0].node.grid, work, fold)


def _unfolded(module: str, node: Node, around: _Around) -> Piped | Serial | None:
    sources, shape = around.sources(node), around.shapes[node.name]
    origins = [source.node for source in sources]
    if isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense):
        work = work_of(node, sources[0].shape, shape)
        digit = digit_of(word_bits(node, origins[0]), work, around.interval)
        if digit is not None:
            # A dense layer's whole input waits in its collector: copying that would double it.
            hold = not isinstance(node, fr.Dense)
            return serial(module, node, origins[0], sources[0].shape[-1], hold, digit)
    traced = trace(node, origins, [source.shape for source in sources])
    if traced is None:
        return None
    # An Add reads both operands side by side: on one step, so of one width here.
    widths = {source.value_bits for source in sources}
    if len(widths) > 1:
        raise UnsupportedModel(
            f"layer {node.name!r} joins values of {' and '.join(map(str, sorted(widths)))} bits",
            "give both operands the same quantizer, or export it as an HLS project",
        )
    kind = type_of_grid(node.name, node.grid)
    return pipelined(module, traced, traced.shape[0], widths.pop(), kind)


def _queues(node: Node, logic: Piped | Serial | Folded | None, around: _Around) -> tuple[int, ...]:
    """Beats that wait before each operand."""
    if isinstance(logic, Serial) and logic.digit > 1:
        # What comes in bursts waits here, and does not hold up the layer before: a row of it.
        return tuple(min(e.beats, max([16, *e.shape[-2:-1]])) for e in around.sources(node))
    if len(node.inputs) < 2:
        return (0,) * len(node.inputs)
    beats = [source.beats for source in around.sources(node)]
    if around.folds is None:
        # As deep as the image: then no path can wait for another for ever.
        return tuple(beats)
    held = {name: _held(element, around) for name, element in around.elements.items()}
    return depths(node, around.nodes, held, beats)


def _held(element: Element, around: _Around) -> float:
    """The part of an image that a layer can hold."""
    node = element.node
    if not node.inputs:
        return 0.0
    rows = 0.0
    if isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense | fr.MaxPool2D):
        axis = work_of(node, around.shapes[node.inputs[0]], element.shape).rows
        rows = (row_plan(axis).rows + 1) / axis.size
    pipeline = (element.logic.stages if element.logic else 0) + LEAVE_DEPTH + 4
    return rows + pipeline / element.beats


def _whole(node: Node, around: _Around) -> _Front:
    return _Front(None, (), around.shapes[node.name][-1])


def _windowed(node: Node, around: _Around) -> _Front:
    (source,) = around.sources(node)
    shape = around.shapes[node.name]
    piece = window(node, source.node.grid, source.shape, shape, source.value_bits)
    return _Front(None, piece, shape[-1])


def _reshaped(node: Node, around: _Around) -> _Front:
    (source,) = around.sources(node)
    last = around.shapes[node.name][-1]
    # The order of values stays: only where beats end may change.
    lanes = last if around.folds is None else math.gcd(source.lanes, last)
    return _Front(lanes, (), lanes)


FRONTS: Mapping[type[Node], Callable[[Node, _Around], _Front]] = {
    fr.Input: _whole,
    fr.Conv2D: _windowed,
    fr.DepthwiseConv2D: _windowed,
    fr.Dense: _whole,
    fr.MaxPool2D: _windowed,
    fr.Add: _whole,
    fr.Concatenate: _whole,
    fr.Reshape: _reshaped,
    fr.ZeroPad2D: _windowed,
    fr.Clamp: _whole,
}
"""What stands before a node's logic where it is not folded, by kind."""
