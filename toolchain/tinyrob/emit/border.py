"""The conversions of a model's own inputs and outputs, as functions of the generated header."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Graph, Quantization, Tensor
from tinyrob.ir.qmath import rescale_factor

HEADER = "tinyrob/tr_border.h"
_C_TYPES = {"float32": "float", "uint8": "uint8_t"}


def borders_of(graph: Graph) -> list[dict[str, object]]:
    """What the templates are told of each conversion."""
    entries = _functions("tr_model_quantize", inputs_of(graph), entering=True)
    return entries + _functions("tr_model_dequantize", outputs_of(graph), entering=False)


def _functions(
    stem: str, pairs: Sequence[tuple[Tensor, Tensor]], *, entering: bool
) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for index, (inner, outer) in enumerate(pairs):
        if inner is outer:
            continue
        kind = _C_TYPES[outer.dtype]
        given, made = (kind, "int8_t") if entering else ("int8_t", kind)
        what = ("input" if entering else "output") + (f" {index}" if len(pairs) > 1 else "")
        meaning = "real values" if kind == "float" else "the model's uint8 values"
        say = f"{meaning} to {what}" if entering else f"{what} to {meaning}"
        found.append(
            {
                "name": f"{stem}_{index}" if len(pairs) > 1 else stem,
                "comment": f"{say[0].upper()}{say[1:]}, {inner.elements} of them, as TFLite "
                "computes it.",
                "parameters": f"const {given} *from, {made} *to",
                "count": f"{inner.elements}U",
                "expression": _expression(inner, outer, entering=entering),
            }
        )
    return found


def _expression(inner: Tensor, outer: Tensor, *, entering: bool) -> str:
    grid = _grid(inner)
    if outer.dtype == "float32":
        function = "tr_quantize" if entering else "tr_dequantize"
        return f"{function}(from[i], {float_literal(grid.scale)}, {grid.zero_point})"
    source, target = (_grid(outer), grid) if entering else (grid, _grid(outer))
    factor = rescale_factor(source.scale, target.scale)
    kind, low, high = ("int8_t", -128, 127) if entering else ("uint8_t", 0, 255)
    return (
        f"({kind})tr_regrid(from[i], {source.zero_point}, {factor.multiplier}, {factor.shift}, "
        f"{target.zero_point}, {low}, {high})"
    )


def float_literal(value: float) -> str:
    """A float in C, with digits enough to give the same bits."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def _grid(tensor: Tensor) -> Quantization:
    assert tensor.quantization is not None
    return tensor.quantization
