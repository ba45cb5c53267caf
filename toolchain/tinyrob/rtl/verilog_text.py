"""Lines of Verilog that folded layers share: a module's head, instances, memories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def word(values: Sequence[int] | NDArray[np.int64], bits: int) -> int:
    """Values of ``bits`` bits in one word, the first in the lowest bits."""
    mask, found = (1 << bits) - 1, 0
    for i, value in enumerate(values):
        found |= (int(value) & mask) << (i * bits)
    return found


def packed(values: Sequence[int], bits: int) -> str:
    """Values of ``bits`` bits as one constant, the first in the lowest bits."""
    return f"{len(values) * bits}'h{word(values, bits):x}"


def memory(name: str, words: Sequence[int], bits: int, registers: int) -> Iterator[str]:
    """A ROM that is read from its start to its end again and again, a word for every ``fetch``."""
    count = len(words)
    width = max(1, (count - 1).bit_length())
    read = "word" if registers == 1 else "read"
    yield f"module {name} ("
    yield "    input wire clk, input wire rst, input wire fetch,"
    yield f"    output reg [{bits - 1}:0] word"
    yield ");"
    yield f"    reg [{bits - 1}:0] memory [0:{count - 1}];"
    yield f"    reg [{width - 1}:0] at;"
    if registers == 2:
        yield f"    reg [{bits - 1}:0] read;"
        yield "    always @(posedge clk) word <= read;"
    yield "    always @(posedge clk) begin"
    yield f"        if (fetch) {read} <= memory[at];"
    yield f"        if (rst) at <= {width}'d0;"
    yield f"        else if (fetch && at == {width}'d{count - 1}) at <= {width}'d0;"
    yield f"        else if (fetch) at <= at + {width}'d1;"
    yield "    end"
    yield "    initial begin"
    for i, value in enumerate(words):
        yield f"        memory[{i}] = {bits}'h{value:x};"
    yield "    end"
    yield "endmodule"
    yield ""


def header(name: str, taken: int, given: int) -> list[str]:
    """Of a module of streams: ``taken`` bits a beat in, ``given`` out."""
    return [
        f"module {name} (",
        "    input wire clk, input wire rst,",
        f"    input wire in_valid, output wire in_ready, input wire [{taken - 1}:0] in_data,",
        f"    output wire out_valid, input wire out_ready, output wire [{given - 1}:0] out_data",
        ");",
    ]


def instance(
    module: str, label: str, parameters: Mapping[str, int | str], ports: Sequence[str]
) -> list[str]:
    """``ports`` are ``port`` or ``port=expression``; clock and reset where the module has them."""
    given = ", ".join(f".{name}({value})" for name, value in parameters.items())
    clocks = [".clk(clk)", ".rst(rst)"]
    wired = [f".{p.partition('=')[0]}({p.partition('=')[2] or p})" for p in ports]
    return [f"    {module} #({given}) {label} (", f"        {', '.join(clocks + wired)}", "    );"]
