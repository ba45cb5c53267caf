"""An adder graph in digits as Verilog: when each digit is where, and the delays that make it so.

Digit ``j`` of a value that is ready at ``start`` comes in cycle ``start + j`` after ``go``. An
adder's operands are brought to one start, the later one's; its sum starts a cycle after.
"""

from __future__ import annotations

from collections.abc import Iterator

from tinyrob.hls.fixed import FixedType
from tinyrob.rtl.bit_serial_graph import SerialGraph, slots_of


class _Timing:
    """Starts of the values, and which delays and masks their readers need."""

    def __init__(self, graph: SerialGraph, digit: int) -> None:
        self._digit = digit
        self.start = [0] * graph.inputs
        self.longest: dict[int, int] = {}
        self.masks: set[tuple[int, int]] = set()
        self._graph = graph
        self.sums = [self._sum(one.x, one.x_shift, one.y, one.y_shift) for one in graph.sums]
        there = [o for o in graph.outputs if o.value is not None]
        # The bias' digits are looked up two cycles after go at the earliest.
        self.last = max([2, *(self.start[o.value or 0] - o.shift // digit for o in there)])
        self.outputs = [
            f"{digit}'b0" if o.value is None else self._operand(o.value, o.shift, self.last)
            for o in graph.outputs
        ]

    def _sum(self, x: int, x_shift: int, y: int, y_shift: int) -> tuple[int, str, str]:
        at = max(self.start[x] - x_shift // self._digit, self.start[y] - y_shift // self._digit)
        self.start.append(at + 1)
        return at, self._operand(x, x_shift, at), self._operand(y, y_shift, at)

    def _operand(self, value: int, shift: int, at: int) -> str:
        """The expression whose digit j comes in cycle ``at + j``: of a value shifted by whole
        digits, and by a part of one, for which the digit before lends its highest bits."""
        whole, part = divmod(shift, self._digit)
        delay, kept = at - self.start[value] + whole, self._digit - part
        self.longest[value] = max(delay + (part > 0), self.longest.get(value, 0))
        high = self._masked(self._bits(value, delay, 0, kept), kept, at, whole)
        if not part:
            return high
        low = self._masked(self._bits(value, delay + 1, kept, part), part, at, whole + 1)
        return f"{{{high}, {low}}}"

    def _masked(self, text: str, bits: int, at: int, digits: int) -> str:
        """``text``, without those of the first ``digits`` cycles."""
        if not digits:
            return text
        self.masks.add((at, digits))
        passed = f"!low{at}_{digits}"
        return f"{text} && {passed}" if bits == 1 else f"{text} & {{{bits}{{{passed}}}}}"

    def _bits(self, value: int, delay: int, low: int, count: int) -> str:
        """``count`` bits from ``low`` on of the digit that ``value`` had ``delay`` cycles ago."""
        inputs = self._graph.inputs
        name, first = (f"d{value}", delay - 1) if delay else (f"a{value - inputs}", 0)
        if not delay and value < inputs:
            name, first = "bits", value
        if name[0] == "a" and count == self._digit:
            return name
        return name + _part(first * self._digit + low, count)

    def delays(self) -> Iterator[tuple[str, str, int]]:
        """Chains: their name, what they delay, by how much at most."""
        for value, cycles in sorted(self.longest.items()):
            if cycles:
                yield f"d{value}", self._bits(value, 0, 0, self._digit), cycles


def _part(low: int, count: int) -> str:
    """``count`` bits of a vector from ``low`` on."""
    return f"[{low}]" if count == 1 else f"[{low + count - 1}:{low}]"


def verilog(
    name: str, graph: SerialGraph, source: FixedType, kind: FixedType, hold: bool, digit: int
) -> tuple[str, int]:
    """The module's text, and the cycles from a beat's first digit to its result."""
    timing = _Timing(graph, digit)
    count, slots = len(graph.outputs), slots_of(graph.bits, digit)
    stages = timing.last + slots + 2
    room = _room(digit, stages, slots)
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
        f"    wire [{graph.inputs * digit - 1}:0] bits;",
        f"    tr_serial_in #(.COUNT({graph.inputs}), .DIGIT({digit}), .ROOM({room}),"
        f" .BITS({source.bits}), .SIGNED({int(source.signed)}), .SLOTS({slots}),"
        f" .HOLD({int(hold)})) source (.clk(clk), .rst(rst),",
        "        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),"
        " .taken(taken), .go(go), .bits(bits));",
        "",
        "    // first[n]: words whose digits started n cycles ago are at their lowest.",
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
    width = f"[{digit - 1}:0] " if digit > 1 else ""
    for i, (one, (at, x, y)) in enumerate(zip(graph.sums, timing.sums, strict=True)):
        lines.append(f"    wire {width}a{i};")
        adders.append(_adder(f"a{i}", digit, one.subtract, at, x, y))
    for chain, value, cycles in timing.delays():
        lines.append(f"    wire [{cycles * digit - 1}:0] {chain};")
        lines.append(
            f"    tr_serial_delay #({cycles}, {digit}) {chain}_chain (.clk(clk), .in({value}),"
            f" .taps({chain}));"
        )
    lines += [*adders, *_outputs(graph, timing, kind, digit, room), "endmodule", ""]
    return "\n".join(lines), stages


def _room(digit: int, stages: int, slots: int) -> int:
    """Words that may be on their way at once: as many as keep every slot busy. Two have room where
    they are collected, and that is all but enough for words bit by bit; others get a queue."""
    return 2 if digit == 1 else max(2, -(-(stages + 4) // slots))


def _adder(name: str, digit: int, subtract: bool, at: int, x: str, y: str) -> str:
    return (
        f"    tr_serial_add #({digit}, {int(subtract)}) {name}_add (.clk(clk), .first(first[{at}]),"
        f" .x({x}), .y({y}), .sum({name}));"
    )


def _outputs(
    graph: SerialGraph, timing: _Timing, kind: FixedType, digit: int, room: int
) -> Iterator[str]:
    slots, count, at = slots_of(graph.bits, digit), len(graph.outputs), timing.last
    width, word = slots.bit_length(), slots * digit
    yield ""
    yield "    // The biases, digit by digit, and the accumulators."
    yield f"    reg [{width - 1}:0] slot;"
    yield (f"    always @(posedge clk) slot <= first[{at - 2}] ? {width}'d0 : slot + 1'b1;")
    yield f"    reg [{count * digit - 1}:0] bias;"
    yield f"    wire [{count * digit - 1}:0] sums;"
    for o, (out, value) in enumerate(zip(graph.outputs, timing.outputs, strict=True)):
        bits = out.bias & ((1 << word) - 1)
        here = _part(o * digit, digit)
        looked = "[slot]" if digit == 1 else f"[slot*{digit} +: {digit}]"
        yield f"    wire [{word - 1}:0] bias{o} = {word}'h{bits:x};"
        yield f"    always @(posedge clk) bias{here} <= bias{o}{looked};"
        yield (
            f"    tr_serial_add #({digit}, {int(out.negative)}) out{o} (.clk(clk),"
            f" .first(first[{at}]), .x(bias{here}), .y({value}), .sum(sums{here}));"
        )
    given = count * kind.bits
    port, ends = "out", "taken"
    if room > 2:
        port, ends = "word", ""
        yield "    wire word_valid, word_ready;"
        yield f"    wire [{given - 1}:0] word_data;"
        yield f"    tr_fifo #(.BITS({given}), .DEPTH({room})) queue (.clk(clk), .rst(rst),"
        yield "        .in_valid(word_valid), .in_ready(word_ready), .in_data(word_data),"
        yield "        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));"
        yield "    assign taken = out_valid && out_ready && !rst;"
    yield (
        f"    tr_serial_out #(.COUNT({count}), .DIGIT({digit}), .SLOTS({slots}),"
        f" .DROP({graph.drop}), .BITS({kind.bits}), .SIGNED({int(kind.signed)}),"
        f" .SYMMETRIC({int(kind.saturate == 'AP_SAT_SYM')})) sink (.clk(clk), .rst(rst),"
    )
    yield (
        f"        .go(first[{at + 1}]), .bits(sums), .out_valid({port}_valid),"
        f" .out_ready({port}_ready), .out_data({port}_data), .taken({ends}));"
    )
