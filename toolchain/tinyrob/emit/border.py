"""Between values of the world and a network's integers, as functions of the generated header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyrob.data.units import Units
from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Graph, Quantization, Tensor
from tinyrob.ir.qmath import rescale_factor

HEADER = "tinyrob/tr_border.h"
_QUANTIZE: dict[str, str] = {"int8": "tr_quantize", "int16": "tr_quantize16"}
_PIXEL_RANK = 3
_PIXEL_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Conversion:
    """A function of the header: its name behind the network's, what it says, what it computes of
    each of ``count`` values, and the ``tables`` of floats that it looks up (name, literals)."""

    name: str
    comment: str
    parameters: str
    count: int
    expression: str
    tables: tuple[tuple[str, tuple[str, ...]], ...] = ()


def conversions_of(graph: Graph, units: Units | None = None) -> list[Conversion]:
    """What the templates are told of each conversion: real values at every border, and bytes where
    the model's own are uint8 or the input is a picture; where ``units`` say what inputs stand for,
    a sensor's values as well."""
    entries = _functions("quantize", inputs_of(graph), entering=True)
    if units is not None and len(inputs_of(graph)) == 1:
        entries += _of_sensor(inputs_of(graph)[0][0], units)
    return entries + _functions("dequantize", outputs_of(graph), entering=False)


def _of_sensor(inner: Tensor, units: Units) -> list[Conversion]:
    """``q = round((value - offset) / step)``, in floats, with a step and an offset a channel."""
    channels = len(units.log2_step)
    if inner.dtype != "int8" or channels not in (1, inner.sample_shape[-1]):
        return []
    steps = tuple(float_literal(float(step)) for step in units.step)
    offsets = tuple(map(float_literal, units.offset))
    where = "0" if channels == 1 else f"i % {channels}U"
    told = ", ".join(dict.fromkeys(unit for unit in units.unit if unit))
    return [
        Conversion(
            "quantize_sensor",
            f"The sensor's values{f' ({told})' if told else ''} to input, {inner.elements} of them"
            f"{', channel by channel' if channels > 1 else ''}: (value - offset) / step.",
            "const float *from, int8_t *to",
            inner.elements,
            f"tr_quantize(from[i] - sensor_offset[{where}], sensor_step[{where}], 0)",
            (("sensor_step", steps), ("sensor_offset", offsets)),
        )
    ]


def _functions(
    stem: str, pairs: Sequence[tuple[Tensor, Tensor]], *, entering: bool
) -> list[Conversion]:
    found = []
    for index, (inner, outer) in enumerate(pairs):
        if inner.dtype not in _QUANTIZE:
            continue
        end, which = (f"_{index}", f" {index}") if len(pairs) > 1 else ("", "")
        what = f"input{which}" if entering else f"output{which}"
        made = [("", "float", "real values", _real(inner, entering=entering))]
        if outer.dtype == "uint8":
            made.append(
                (
                    "_bytes",
                    "uint8_t",
                    "the model's uint8 values",
                    _regrid(inner, outer, entering=entering),
                )
            )
        elif entering and _is_picture(inner):
            made.append(("_bytes", "uint8_t", "pixels of 0 to 255", "(int8_t)(from[i] - 128)"))
        for kind, ctype, meaning, expression in made:
            own = f"{inner.dtype}_t"
            given, result = (ctype, own) if entering else (own, ctype)
            say = f"{meaning} to {what}" if entering else f"{what} to {meaning}"
            how = ", as TFLite computes it" if inner is not outer or ctype == "float" else ""
            found.append(
                Conversion(
                    f"{stem}{kind}{end}",
                    f"{say[0].upper()}{say[1:]}, {inner.elements} of them{how}.",
                    f"const {given} *from, {result} *to",
                    inner.elements,
                    expression,
                )
            )
    return found


def _is_picture(tensor: Tensor) -> bool:
    """Whether it has rows, columns, and the channels of a picture."""
    shape = tensor.sample_shape
    return tensor.dtype == "int8" and len(shape) == _PIXEL_RANK and shape[-1] in _PIXEL_CHANNELS


def _real(inner: Tensor, *, entering: bool) -> str:
    grid = _grid(inner)
    function = _QUANTIZE[inner.dtype] if entering else "tr_dequantize"
    return f"{function}(from[i], {float_literal(grid.scale)}, {grid.zero_point})"


def _regrid(inner: Tensor, outer: Tensor, *, entering: bool) -> str:
    grid = _grid(inner)
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
