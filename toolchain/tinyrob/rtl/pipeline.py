"""An adder graph as Verilog: registers every few adders, one handshake for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinyrob.hls.fixed import FixedType
from tinyrob.rtl.logic import STAGE_DEPTH


@dataclass(frozen=True)
class Piped:
    """A module of streams: ``stages`` registers deep, a beat a cycle; ``luts`` is an estimate."""

    name: str
    verilog: str
    stages: int
    adders: int
    luts: int
    cycles: int = 1


def pipelined(name: str, logic: Any, inputs: int, source_bits: int, kind: FixedType) -> Piped:
    """``logic`` (from ``logic.trace``) as the module ``name``.

    ``inputs`` values of ``source_bits`` bits in, as many of ``kind`` out as ``logic`` has. The
    graph's own outputs may be narrower, where a value's range is: they are widened here.
    """
    from da4ml.codegen.rtl.verilog import comb_logic_gen
    from da4ml.trace.pipeline import to_pipeline
    from da4ml.types import minimal_kif

    pipe = to_pipeline(logic, STAGE_DEPTH, retiming=False, verbose=False)
    stages = pipe.solutions
    widths = [sum(sum(minimal_kif(q)) for q in stage.inp_qint) for stage in stages]
    widths.append(sum(sum(minimal_kif(q)) for q in stages[-1].out_qint))
    in_bits = inputs * source_bits
    if widths[0] != in_bits:
        raise AssertionError(f"{name}: da4ml reads {widths[0]} bits, not {in_bits}")
    count = len(stages)
    last = count - 1
    body = [
        f"module {name} (",
        "    input wire clk, input wire rst,",
        f"    input wire in_valid, output wire in_ready, input wire [{in_bits - 1}:0] in_data,",
        f"    output wire out_valid, input wire out_ready,"
        f" output wire [{logic.shape[1] * kind.bits - 1}:0] out_data",
        ");",
        f"    reg [{count}:0] valid;",
        f"    wire move = !valid[{count}] || out_ready;",
        "    assign in_ready = move && !rst;",
        f"    assign out_valid = valid[{count}];",
    ]
    moves = ["            r0 <= in_data;"]
    for i in range(count + 1):
        body.append(f"    reg [{widths[i] - 1}:0] r{i};")
    for i in range(count):
        body.append(f"    wire [{widths[i + 1] - 1}:0] w{i};")
        body.append(f"    {name}_{i} stage{i} (.model_inp(r{i}), .model_out(w{i}));")
        moves.append(f"            r{i + 1} <= w{i};")
    body += [
        "    always @(posedge clk)",
        f"        if (rst) valid <= {count + 1}'b0;",
        "        else if (move) begin",
        f"            valid <= {{valid[{count - 1}:0], in_valid}};",
        *moves,
        "        end",
        *_widened(stages[last].out_qint, kind, f"r{count}", minimal_kif),
        "endmodule",
        "",
    ]
    modules = [comb_logic_gen(stage, f"{name}_{i}") for i, stage in enumerate(stages)]
    return Piped(
        name,
        "\n".join(body) + "\n" + "\n".join(modules),
        count + 1,
        sum(1 for op in logic.ops if op.opcode in (0, 1)),
        round(logic.cost),
    )


def _widened(intervals: Any, kind: FixedType, source: str, minimal_kif: Any) -> list[str]:
    """Each output at its place in ``out_data``, with its sign and its zeros written out."""
    lines, at = [], 0
    for i, interval in enumerate(intervals):
        signed, integer, fraction = (int(n) for n in minimal_kif(interval))
        bits = signed + integer + fraction
        target = f"out_data[{i * kind.bits} +: {kind.bits}]"
        if bits <= 0:
            lines.append(f"    assign {target} = {kind.bits}'b0;")
            continue
        value = f"{source}[{at} +: {bits}]"
        at += bits
        zeros = -kind.log2_step - fraction
        above = kind.bits - bits - zeros
        sign = f"{source}[{at - 1}]" if signed else "1'b0"
        parts = [f"{{{above}{{{sign}}}}}"] if above else []
        parts.append(value)
        if zeros:
            parts.append(f"{zeros}'b0")
        lines.append(f"    assign {target} = {{{', '.join(parts)}}};")
    return lines
