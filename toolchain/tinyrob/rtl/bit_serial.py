"""A layer as a module that computes in digits: its Verilog, its cycles, its LUTs."""

from __future__ import annotations

from dataclasses import dataclass

from tinyrob.frozen.model import Node
from tinyrob.hls.fixed import Compute, type_of_grid
from tinyrob.rtl.bit_serial_graph import serial_graph, slots_of
from tinyrob.rtl.bit_serial_verilog import verilog


@dataclass(frozen=True)
class Serial:
    """A module of streams that takes ``cycles`` a beat; ``luts`` is an estimate.

    ``stages``: cycles from a beat's first bit to its result. ``digit``: bits of a sum a cycle.
    """

    name: str
    verilog: str
    cycles: int
    stages: int
    adders: int
    luts: int
    digit: int


def serial(name: str, node: Compute, source: Node, channels: int, hold: bool, digit: int) -> Serial:
    """One position of ``node`` as the module ``name``, ``digit`` bits of each sum a cycle.

    With ``hold`` a beat is copied, so that the next window forms meanwhile. Raises ToolMissing,
    UnsupportedModel.
    """
    graph = serial_graph(node, source, channels)
    taken, given = type_of_grid(source.name, source.grid), type_of_grid(node.name, node.grid)
    text, stages = verilog(name, graph, taken, given, hold, digit)
    outputs, adders = len(graph.outputs), len(graph.sums) + len(graph.outputs)
    # Two a bit of an adder, half a bit to choose an input's, and the clamp.
    luts = 2 * digit * adders + graph.inputs * taken.bits // 2 + outputs * (given.bits + 4)
    return Serial(name, text, slots_of(graph.bits, digit), stages, adders, luts, digit)
