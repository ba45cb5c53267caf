"""A folded layer as Verilog: parts of ``tr_folded.v`` with this layer's numbers, and its memories.

The weights lie in block RAM in the order in which they are read, ``pe x simd`` of them a word. A
total leaves as ``((total << lift) + bias[channel]) >> shift[channel]``, clamped: the steps of the
channels differ in ``shift`` alone, and half an output step is in the bias, so that dropping bits
rounds to the nearest (there are no ties: DESIGN section 1 of the frozen model).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import UnsupportedModel
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import Grid
from tinyrob.hls.fixed import bits_of_range
from tinyrob.rtl.folding import (
    Fold,
    Foldable,
    Products,
    Weighted,
    Work,
    row_plan,
    weight_bits,
)
from tinyrob.rtl.verilog_text import header, instance, memory, packed, word

Int64 = NDArray[np.int64]
# Results that may be under way or wait in a folded layer (``Work.waiting``): as a rule.
LEAVE_DEPTH = 16


@dataclass(frozen=True)
class Folded:
    """A module of streams; ``cycles`` a beat, ``image`` cycles an image; ``luts`` an estimate.

    ``takes`` and ``gives`` are channels a beat.
    """

    name: str
    verilog: str
    takes: int
    gives: int
    cycles: int
    image: int
    stages: int
    adders: int
    luts: int
    fold: Fold | None = None


@dataclass(frozen=True, eq=False)
class Finish:
    """How totals become outputs; arrays hold one number an output channel, units of a total's
    lowest bit, ``total_bits`` wide without the bias and ``bits`` with it."""

    lift: int
    bias: Int64
    shift: Int64
    total_bits: int
    bits: int


def finish_of(node: Weighted, source: Grid, *, less_negative: bool = False) -> Finish:
    """From sums of products of raw integers to ``node``'s grid, exactly.

    ``less_negative``: each product by -1 came as one too little (``~x`` for ``-x``).
    """
    kernel = node.kernel.astype(np.int64)
    if isinstance(node, fr.DepthwiseConv2D):
        kernel = kernel.reshape(*kernel.shape[:2], -1)
    columns = kernel.reshape(-1, kernel.shape[-1])
    half_step = source.log2_step + node.log2_kernel.astype(np.int64) - 1
    right = node.grid.log2_step - half_step - 1
    bias = node.bias.astype(np.int64) + np.where(right > 0, 1 << np.maximum(right, 0), 0)
    lift = int(max(0, (-right).max(initial=0)))
    scaled = bias << (lift - 1) if lift else bias >> 1
    positive, negative = np.maximum(columns, 0).sum(axis=0), np.minimum(columns, 0).sum(axis=0)
    low = positive * source.lo + negative * source.hi
    high = positive * source.hi + negative * source.lo
    if less_negative:
        count = (columns < 0).sum(axis=0)
        low, high, scaled = low - count, high - count, scaled + (count << lift)
    total_bits = bits_of_range(min(-1, int(low.min())), max(0, int(high.max())))
    least = min(int(((low << lift) + scaled).min()), node.grid.lo, -1)
    most = max(int(((high << lift) + scaled).max()), node.grid.hi)
    bits = max(bits_of_range(least, most), total_bits + lift + 1)
    return Finish(lift, scaled, right + lift, total_bits, bits)


def folded(name: str, node: Foldable, source: Grid, work: Work, fold: Fold) -> Folded:
    """``node`` as the module ``name``."""
    bits = bits_of_range(source.lo, source.hi)
    signed = int(source.lo < 0)
    out_bits = bits_of_range(node.grid.lo, node.grid.hi)
    lanes, groups, words = work.lanes(fold), work.groups(fold), work.words(fold)
    lines = [
        "/* verilator lint_off DECLFILENAME */",
        *header(name, lanes * bits, fold.pe * out_bits),
        "    wire room, begins, fetch, valid, first, last, outside;",
        f"    wire [{lanes * bits - 1}:0] word;",
        *instance(
            "tr_lines",
            "lines",
            _lines(work, lanes * bits, work.channels // lanes, groups),
            [
                *("in_valid", "in_ready", "in_data", "room", "begins", "fetch"),
                *("valid", "first", "last", "outside", "word"),
            ],
        ),
    ]
    memories = ""
    if isinstance(node, fr.MaxPool2D):
        lines += [
            "    wire put;",
            f"    wire [{fold.pe * bits - 1}:0] values;",
            "    wire unused = fetch;",
            *instance(
                "tr_largest",
                "maxima",
                {"PE": fold.pe, "BITS": bits, "SIGNED": signed},
                ["valid", "first", "last", "outside", "word", "done=put", "largest=values"],
            ),
        ]
        stages, adders = 6, fold.pe
    else:
        body, memories = _weighted(name, node, source, work, fold)
        lines += body
        stages = 11 + (fold.simd - 1).bit_length()
        adders = fold.pe * fold.simd
    lines += instance(
        "tr_leave",
        "leave",
        {"BITS": fold.pe * out_bits, "DEPTH": work.waiting(fold)},
        ["room", "begins", "put", "data=values", "out_valid", "out_ready", "out_data"],
    )
    text = "\n".join([*lines, "endmodule", "", memories])
    return Folded(
        name, text, lanes, fold.pe, words, work.cycles(fold), stages, adders, 0, fold
    )  # fmt: skip


def _lines(work: Work, bits: int, words: int, groups: int) -> Mapping[str, int | str]:
    rows, cols, plan = work.rows, work.cols, row_plan(work.rows)
    width = plan.rows.bit_length()
    return {
        "BITS": bits, "WORDS": words, "HEIGHT": rows.size, "WIDTH": cols.size,
        "TOP": rows.before, "LEFT": cols.before, "KH": rows.window, "KW": cols.window,
        "SH": rows.stride, "SW": cols.stride, "DH": rows.dilation, "DW": cols.dilation,
        "OUT_H": rows.out, "OUT_W": cols.out, "GROUPS": groups, "OWN": int(work.own),
        "BORDER": int(rows.over or cols.over), "ROWS": plan.rows, "NB": width,
        "NEED": packed(plan.need, width), "RELEASE": packed(plan.release, width),
    }  # fmt: skip


def _weighted(
    name: str, node: Weighted, source: Grid, work: Work, fold: Fold
) -> tuple[list[str], str]:
    """The sums, and the memories that they read."""
    pe, simd, kind = fold.pe, fold.simd, fold.products
    bits, taken = weight_bits(node), bits_of_range(source.lo, source.hi)
    finish = finish_of(node, source, less_negative=kind is Products.TERNARY)
    out_bits = bits_of_range(node.grid.lo, node.grid.hi)
    fewest = int(finish.shift.min())
    beyond = finish.shift - fewest
    shift_bits = max(1, int(beyond.max()).bit_length())
    total, wide = finish.total_bits, finish.bits
    lines = [
        f"    wire [{pe * simd * bits - 1}:0] weights;",
        f"    {name}_weights weight (.clk(clk), .rst(rst), .fetch(fetch), .word(weights));",
        "    wire ending, done, put;",
        f"    wire [{pe * total - 1}:0] totals;",
        *instance(
            "tr_sums",
            "sums",
            {
                "PE": pe, "LANES": simd, "CHANNELS": pe // work.many if work.own else 1,
                "MANY": work.many, "XB": taken, "XSIGNED": int(source.lo < 0), "WB": bits,
                "KIND": int(kind), "AB": total,
            },
            ["valid", "first", "last", "word", "weights", "ending", "done", "totals"],
        ),
        "    wire unused = outside;",
        f"    wire [{pe * (wide + shift_bits) - 1}:0] channels;",
        f"    {name}_channels channel (.clk(clk), .rst(rst), .fetch(ending), .word(channels));",
        f"    wire [{pe * out_bits - 1}:0] values;",
        *instance(
            "tr_finish",
            "finish",
            {
                "PE": pe, "AB": total, "LIFT": finish.lift, "TB": wide, "SB": shift_bits,
                "FEWEST": fewest, "BITS": out_bits, "LOW": node.grid.lo, "HIGH": node.grid.hi,
            },
            [
                "done", "totals", f"biases=channels[{pe * wide - 1}:0]",
                f"shifts=channels[{pe * (wide + shift_bits) - 1}:{pe * wide}]",
                "valid=put", "values",
            ],
        ),
    ]  # fmt: skip
    groups = work.groups(fold)
    both = [
        word(finish.bias[g * pe : (g + 1) * pe], wide)
        | word(beyond[g * pe : (g + 1) * pe], shift_bits) << (pe * wide)
        for g in range(groups)
    ]
    memories = [
        *memory(
            f"{name}_weights", list(_weight_words(node, work, fold, bits)), pe * simd * bits, 2
        ),
        *memory(f"{name}_channels", both, pe * (wide + shift_bits), 1),
    ]
    return lines, "\n".join(memories)


def _weight_words(node: Weighted, work: Work, fold: Fold, bits: int) -> Iterator[int]:
    """Group by group, row by row of the window, word by word."""
    height, width = work.rows.window, work.cols.window
    kernel = node.kernel.astype(np.int64).reshape(height, width, -1, work.outputs)
    # (groups, KH, KW, words of a position, pe, simd)
    shaped = kernel.reshape(height, width, -1, fold.simd, work.groups(fold), fold.pe)
    for row in shaped.transpose(4, 0, 1, 2, 5, 3).reshape(-1, fold.pe * fold.simd):
        yield word(row, bits)


def clamped(
    name: str, node: fr.Add | fr.Clamp, sources: Sequence[Grid], lanes: int, positions: int
) -> Folded:
    """An Add or a Clamp as the module ``name``, ``lanes`` values a cycle.

    Raises UnsupportedModel where operands and result are not on one step.
    """
    steps = sorted({grid.log2_step for grid in (*sources, node.grid)})
    if len(steps) > 1:
        raise UnsupportedModel(
            f"layer {node.name!r} joins values on steps {' and '.join(f'2^{s}' for s in steps)}",
            "give operands and result the same step, or --form unrolled",
        )
    bits = [bits_of_range(grid.lo, grid.hi) for grid in sources]
    signs = [int(grid.lo < 0) for grid in sources]
    one = len(sources) == 1
    out_bits = bits_of_range(node.grid.lo, node.grid.hi)
    total = bits_of_range(
        min(-1, node.grid.lo, sum(grid.lo for grid in sources)),
        max(node.grid.hi, sum(grid.hi for grid in sources)),
    )
    widest = max(total, *(b + 1 for b in bits))
    text = [
        *header(name, lanes * sum(bits), lanes * out_bits),
        *instance(
            "tr_clamp",
            "clamp",
            {
                "LANES": lanes, "ONE": int(one), "BITS0": bits[0], "BITS1": bits[-1],
                "SIGNED0": signs[0], "SIGNED1": signs[-1], "BITS": out_bits,
                "LOW": node.grid.lo, "HIGH": node.grid.hi, "TB": widest,
            },
            ["in_valid", "in_ready", "in_data", "out_valid", "out_ready", "out_data"],
        ),
        "endmodule",
        "",
    ]  # fmt: skip
    return Folded(name, "\n".join(text), lanes, lanes, 1, positions, 2, lanes, 22 * lanes + 10)
