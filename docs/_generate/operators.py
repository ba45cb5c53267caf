"""The operators: which a .tflite may hold, and which kernels compute them."""

from __future__ import annotations

import inspect

from _generate.markdown import prose, table
from tinyrob.ir import rules
from tinyrob.kernels.table import INSTRUCTION_SETS, KERNELS

_INTRO = """# Operators

## What a .tflite may hold

All activations in int8, or where the table says so all in int16, with int8 weights and biases of
int64 (16x8; CONV_2D and FULLY_CONNECTED take biases of int32 too, TRANSPOSE_CONV of int16);
QUANTIZE goes from each of int8, int16 and int32 to the others. Shapes and indices are int32
constants, the cell of an LSTM is int16. Others are refused by name, with the place where they
stand, and all at once. At a network's ends QUANTIZE from float32 or uint8, DEQUANTIZE, and
QUANTIZE to uint8 are taken too: they become functions of the generated header. SHAPE, CAST and
other operators on int32 constants fold away; VAR_HANDLE and CALL_ONCE become variables.
[Strangers' networks](networks.md) shows what comes of it.

"""
_KERNELS = """
## Kernels

Which C functions there are for each kind of layer. A build takes the first that accepts the layer,
in the order of the board's instruction set and its fallbacks ({order}). Where a column is empty,
`portable` is used. Kinds that no .tflite knows (`CONV_2D_4BIT`, ...) come from the passes, which
pack weights and join layers.

"""


def page() -> str:
    """Two tables."""
    checks = sorted(
        (kind.kind, ", ".join(rule.types), rule.check) for kind, rule in rules.CHECKS.items()
    )
    rows = [(f"`{name}`", types, _first(check)) for name, types, check in checks]
    order = "; ".join(
        f"`{name}`" + "".join(f", then `{other}`" for other in one.fallback)
        for name, one in INSTRUCTION_SETS.items()
    )
    kinds = sorted({kernel.kind for kernel in KERNELS})
    kernels = [(f"`{kind}`", *(_symbols(kind, isa) for isa in INSTRUCTION_SETS)) for kind in kinds]
    return (
        _INTRO
        + table(("operator", "activations", "rules"), rows)
        + _KERNELS.format(order=order)
        + table(("layer", *INSTRUCTION_SETS), kernels)
    )


def _first(check: object) -> str:
    doc = inspect.getdoc(check) or ""
    return prose(" ".join(doc.partition("\n\n")[0].split()))


def _symbols(kind: str, isa: str) -> str:
    found = [k.symbol for k in KERNELS if (k.kind, k.isa) == (kind, isa)]
    return "<br>".join(f"`{symbol}`" for symbol in found)
