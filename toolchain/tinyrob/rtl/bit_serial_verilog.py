"""A bit-serial adder graph as Verilog: when each bit is where, and the delays that make it so.

Bit ``j`` of a value that is ready at ``start`` comes in cycle ``start + j`` after ``go``. An
adder's operands are brought to one start, the later one's; its sum starts a cycle after.
"""

from __future__ import annotations

from collections.abc import Iterator

from tinyrob.hls.fixed import FixedType
from tinyrob.rtl.bit_serial_graph import SerialGraph


class _Timing:
    """Starts of the values, and which delays and masks their readers need."""

    def __init__(self, graph: SerialGraph) -> None:
        self.start = [0] * graph.inputs
        self.longest: dict[int, int] = {}
        self.masks: set[tuple[int, int]] = set()
        self._graph = graph
        self.sums = [self._sum(one.x, one.x_shift, one.y, one.y_shift) for one in graph.sums]
        there = [o for o in graph.outputs if o.value is not None]
        # The bias' bits are looked up two cycles after go at the earliest.
        self.last = max([2, *(self.start[o.value or 0] - o.shift for o in there)])
        self.outputs = [
            "1'b0" if o.value is None else self._operand(o.value, o.shift, self.last)
            for o in graph.outputs
        ]

    def _sum(self, x: int, x_shift: int, y: int, y_shift: int) -> tuple[int, str, str]:
        at = max(self.start[x] - x_shift, self.start[y] - y_shift)
        self.start.append(at + 1)
        return at, self._operand(x, x_shift, at), self._operand(y, y_shift, at)

    def _operand(self, value: int, shift: int, at: int) -> str:
        """The expression whose bit of slot j comes in cycle ``at + j``."""
        delay = at - self.start[value] + shift
        self.longest[value] = max(delay, self.longest.get(value, 0))
        text = self.name(value) if delay == 0 else f"{self._delayed(value)}[{delay - 1}]"
        if shift:
            self.masks.add((at, shift))
            text = f"{text} && !low{at}_{shift}"
        return text

    def name(self, value: int) -> str:
        """Of a value's signal."""
        inputs = self._graph.inputs
        return f"bits[{value}]" if value < inputs else f"a{value - inputs}"

    def _delayed(self, value: int) -> str:
        return f"d{value}"

    def delays(self) -> Iterator[tuple[str, str, int]]:
        """Chains: their name, what they delay, by how much at most."""
        for value, cycles in sorted(self.longest.items()):
            if cycles:
                yield self._delayed(value), self.name(value), cycles


def verilog(
    name: str, graph: SerialGraph, source: FixedType, kind: FixedType, hold: bool
) -> tuple[str, int]:
    """The module's text, and the cycles from a beat's first bit to its result."""
    timing = _Timing(graph)
    count, slots = len(graph.outputs), graph.slots
    taps = max([timing.last + 1, *(at + shift for at, shift in timing.masks)])
    lines = [
        f"module {name} (",
        "    input wire clk, input wire rst,",
        "    input wire in_valid, output wire in_ready,"
        f" input wire [{graph.inputs * source.bits - 1}:0] in_data,",
        "    output wire out_valid, input wire out_ready,"
        f" output wire [{count * kind.bits - 1}:0] out_data",
        ");",
        "    wire taken, go;",
        f"    wire [{graph.inputs - 1}:0] bits;",
        f"    tr_serial_in #(.COUNT({graph.inputs}), .BITS({source.bits}),"
        f" .SIGNED({int(source.signed)}), .SLOTS({slots}), .HOLD({int(hold)})) source"
        " (.clk(clk), .rst(rst),",
        "        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),"
        " .taken(taken), .go(go), .bits(bits));",
        "",
        "    // first[n]: words whose bits started n cycles ago are at their lowest bit.",
        f"    wire [{taps}:0] first;",
        f"    reg [{taps - 1}:0] went;",
        "    assign first = {went, go};",
        f"    always @(posedge clk) went <= rst ? {taps}'b0 : first[{taps - 1}:0];",
    ]
    lines += [
        f"    wire low{at}_{shift} = |first[{at + shift - 1}:{at}];"
        for at, shift in sorted(timing.masks)
    ]
    adders = []
    for i, (one, (at, x, y)) in enumerate(zip(graph.sums, timing.sums, strict=True)):
        lines.append(f"    wire a{i};")
        adders.append(_adder(f"a{i}", one.subtract, at, x, y))
    for chain, value, cycles in timing.delays():
        lines.append(f"    wire [{cycles - 1}:0] {chain};")
        lines.append(
            f"    tr_serial_delay #({cycles}) {chain}_chain (.clk(clk), .in({value}),"
            f" .taps({chain}));"
        )
    lines += [*adders, *_outputs(graph, timing, kind), "endmodule", ""]
    return "\n".join(lines), timing.last + slots + 2


def _adder(name: str, subtract: bool, at: int, x: str, y: str) -> str:
    return (
        f"    tr_serial_add #({int(subtract)}) {name}_add (.clk(clk), .first(first[{at}]),"
        f" .x({x}), .y({y}), .sum({name}));"
    )


def _outputs(graph: SerialGraph, timing: _Timing, kind: FixedType) -> Iterator[str]:
    slots, count, at = graph.slots, len(graph.outputs), timing.last
    width = slots.bit_length()
    yield ""
    yield "    // The biases, bit by bit, and the accumulators."
    yield f"    reg [{width - 1}:0] slot;"
    yield (f"    always @(posedge clk) slot <= first[{at - 2}] ? {width}'d0 : slot + 1'b1;")
    yield f"    reg [{count - 1}:0] bias;"
    yield f"    wire [{count - 1}:0] sums;"
    for o, (out, value) in enumerate(zip(graph.outputs, timing.outputs, strict=True)):
        bits = out.bias & ((1 << slots) - 1)
        yield f"    wire [{slots - 1}:0] bias{o} = {slots}'h{bits:x};"
        yield f"    always @(posedge clk) bias[{o}] <= bias{o}[slot];"
        yield (
            f"    tr_serial_add #({int(out.negative)}) out{o} (.clk(clk), .first(first[{at}]),"
            f" .x(bias[{o}]), .y({value}), .sum(sums[{o}]));"
        )
    yield (
        f"    tr_serial_out #(.COUNT({count}), .SLOTS({slots}), .DROP({graph.drop}),"
        f" .BITS({kind.bits}), .SIGNED({int(kind.signed)}),"
        f" .SYMMETRIC({int(kind.saturate == 'AP_SAT_SYM')})) sink (.clk(clk), .rst(rst),"
    )
    yield (
        f"        .go(first[{at + 1}]), .bits(sums), .out_valid(out_valid),"
        " .out_ready(out_ready), .out_data(out_data), .taken(taken));"
    )
