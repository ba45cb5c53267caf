"""An operator under examination, and the checks that many operators share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from tinyrob.errors import ModelFormatError, Obstacle, UnsupportedModel
from tinyrob.ir.graph import (
    Activation,
    Attributes,
    DType,
    Graph,
    Op,
    Quantization,
    Quantize,
    Softmax,
    Tensor,
    numpy_type,
)
from tinyrob.ir.qmath import INT32_MAX, Factor

MAX_RANK = 6
MAX_ELEMENTS = 2**31 - 1
_MAX_EXTENT = 65535
# Beyond these, products of two scales leave float32. No quantizer comes near.
MIN_SCALE, _MAX_SCALE = 2.0**-62, 2.0**62
_NEVER_SEEN = 1e-8
_QUANTIZE_HINT = "convert with full int8 quantization (a representative_dataset)"


def check_tensor(tensor: Tensor) -> None:
    """Shape, data and quantization of one tensor agree with each other."""
    if len(tensor.shape) > MAX_RANK:
        raise UnsupportedModel(f"tensor {tensor.name!r} has {len(tensor.shape)} axes")
    nothing = tensor.data is not None and tensor.dtype == "int32"  # as a shape of no axes is
    if math.prod(tensor.shape) > MAX_ELEMENTS or any(
        d < (0 if nothing else 1) for d in tensor.shape
    ):
        raise ModelFormatError(f"tensor {tensor.name!r} has the shape {list(tensor.shape)}")
    data = tensor.data
    kind = numpy_type(tensor.dtype) if data is not None else None
    if data is not None and (data.shape != tensor.shape or data.dtype != kind):
        raise ModelFormatError(
            f"tensor {tensor.name!r} is {tensor.dtype} {list(tensor.shape)}, but its data is "
            f"{data.dtype} {list(data.shape)}"
        )
    if tensor.quantization is not None:
        _check_quantization(tensor, tensor.quantization)


def _check_quantization(tensor: Tensor, quantization: Quantization) -> None:
    scales = quantization.scales
    if not scales or len(scales) != len(quantization.zero_points):
        raise ModelFormatError(f"tensor {tensor.name!r} has unequal numbers of scales and zeros")
    for scale in scales:
        if not (math.isfinite(scale) and scale > 0) or float(np.float32(scale)) != scale:
            raise ModelFormatError(f"tensor {tensor.name!r} has the scale {scale}")
        if tensor.dtype in ("int8", "int16") and not MIN_SCALE <= scale <= _MAX_SCALE:
            raise UnsupportedModel(f"tensor {tensor.name!r} has the scale {scale}")
    if len(scales) > 1 and not (
        0 <= quantization.axis < len(tensor.shape)
        and tensor.shape[quantization.axis] == len(scales)
    ):
        raise ModelFormatError(
            f"tensor {tensor.name!r} of shape {list(tensor.shape)} has {len(scales)} scales "
            f"along axis {quantization.axis}"
        )
    if tensor.dtype == "int8" and not all(-128 <= z <= 127 for z in quantization.zero_points):
        raise ModelFormatError(
            f"tensor {tensor.name!r} has a zero point outside int8: {quantization.zero_points}"
        )


@dataclass(frozen=True)
class Site:
    """Operator ``index`` of ``graph``."""

    graph: Graph
    index: int
    types: tuple[DType, ...] = ("int8",)
    """Of activations that the operator takes."""

    @property
    def op(self) -> Op:
        """The operator."""
        return self.graph.ops[self.index]

    @property
    def attributes(self) -> Attributes:
        """Its options."""
        return self.op.attributes

    @property
    def _where(self) -> str:
        made = self.graph.layer_name(self.op) if self.op.outputs else "nothing"
        return f"operator {self.index}, {self.op.kind} (makes {made!r})"

    def refuse(self, message: str, hint: str) -> NoReturn:
        """Raises UnsupportedModel."""
        raise UnsupportedModel.of([Obstacle(self._where, message, hint)])

    def contradiction(self, message: str) -> NoReturn:
        """Raises ModelFormatError."""
        raise ModelFormatError(f"{self._where}: {message}", "the model is damaged: export it again")

    def count(self, low: int, high: int) -> None:
        """The operator has ``low`` to ``high`` inputs, the first ``low`` of which are present."""
        inputs = self.op.inputs
        if not low <= len(inputs) <= high or any(i < 0 for i in inputs[:low]):
            self.contradiction(f"has {len(inputs)} inputs instead of {low} to {high}")

    def operand(self, position: int) -> Tensor | None:
        """An input, or None where it is absent."""
        inputs = self.op.inputs
        absent = position >= len(inputs) or inputs[position] < 0
        return None if absent else self.graph.tensors[inputs[position]]

    @property
    def output(self) -> Tensor:
        """The tensor that it makes, checked to be a quantized activation."""
        if len(self.op.outputs) != 1:
            self.contradiction(f"has {len(self.op.outputs)} outputs instead of one")
        return self._quantized(self.graph.tensors[self.op.outputs[0]])

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All that it makes."""
        return tuple(self._quantized(self.graph.tensors[i]) for i in self.op.outputs)

    def _quantized(self, tensor: Tensor) -> Tensor:
        if tensor.dtype not in self.types:
            wanted = " or ".join(self.types)
            self.refuse(f"{tensor.name!r} is {tensor.dtype} instead of {wanted}", _QUANTIZE_HINT)
        if tensor.quantization is None:
            self.refuse(f"{tensor.name!r} has no quantization", _QUANTIZE_HINT)
        if len(tensor.quantization.scales) != 1:
            self.refuse(f"{tensor.name!r} is quantized per channel", "per tensor is needed here")
        if tensor.dtype != "int8" and tensor.quantization.zero_point and not self._odds(tensor):
            self.refuse(
                f"{tensor.name!r} is {tensor.dtype} with the zero point "
                f"{tensor.quantization.zero_point}",
                f"TFLite's {tensor.dtype} activations are symmetric: convert again",
            )
        return tensor

    def _odds(self, tensor: Tensor) -> bool:
        """Whether it is of int16 from -32768 on: what SOFTMAX makes of int8, and QUANTIZE reads."""
        assert tensor.quantization is not None
        least = tensor.dtype == "int16" and tensor.quantization.zero_point == -(2**15)
        return least and isinstance(self.attributes, Softmax | Quantize)

    @property
    def wide(self) -> bool:
        """Whether the output is int16."""
        return self.output.dtype == "int16"

    @property
    def largest(self) -> int:
        """The largest difference between an input and its zero point."""
        return 2**15 if self.wide else 255

    def quantized(self, position: int) -> Tensor:
        """An input of ``types``, quantized per tensor: an activation or a constant."""
        tensor = self.operand(position)
        if tensor is None:
            self.contradiction(f"input {position} is absent")
        return self._quantized(tensor)

    def activation(self, position: int = 0) -> Tensor:
        """An input that is computed, of ``types`` and quantized per tensor."""
        tensor = self.quantized(position)
        if tensor.data is not None:
            self.refuse(f"{tensor.name!r} is a constant", "fold constants when converting")
        return tensor

    def constant(self, position: int, dtype: DType, what: str, also: DType | None = None) -> Tensor:
        """An input that is a constant of ``dtype``, or of the type ``also``."""
        tensor = self.operand(position)
        if tensor is None:
            self.contradiction(f"its {what} is absent")
        if tensor.data is None:
            self.refuse(f"its {what} {tensor.name!r} is not a constant", "convert a frozen model")
        if tensor.dtype not in (dtype, also):
            self.refuse(
                f"its {what} {tensor.name!r} is {tensor.dtype}, not {dtype}", _QUANTIZE_HINT
            )
        return tensor

    def shape(self, expected: Sequence[int]) -> None:
        """The output has the shape that follows from the operator."""
        if self.output.shape != tuple(expected):
            self.contradiction(
                f"its output has the shape {list(self.output.shape)}, which should be "
                f"{list(expected)}"
            )

    def extents(self, what: str, values: Sequence[int]) -> None:
        """Strides and the like are in [1, 65535]."""
        if not all(1 <= v <= _MAX_EXTENT for v in values):
            self.contradiction(f"has {what} {list(values)}")

    def same_quantization(self, *tensors: Tensor, output: Tensor | None = None) -> None:
        """All tensors are on the output's grid."""
        for tensor in tensors:
            mine, its = (output or self.output).quantization, tensor.quantization
            assert mine is not None
            assert its is not None
            if (mine.scale, mine.zero_point) != (its.scale, its.zero_point):
                self.refuse(
                    f"{tensor.name!r} has scale {its.scale} and zero point {its.zero_point}, its "
                    f"output {mine.scale} and {mine.zero_point}, and this operator does not "
                    "rescale",
                    "put a QUANTIZE between them, or convert again with TFLite's quantizer",
                )

    def fused(self, activation: Activation) -> None:
        """The clamp's bounds can be computed on the output's grid."""
        quantization = self.output.quantization
        assert quantization is not None
        if activation in (Activation.RELU6, Activation.RELU_N1_TO_1):
            self.clampable(quantization)

    def clampable(self, quantization: Quantization) -> None:
        """6 / scale fits an int32 with room to spare."""
        if quantization.scale <= 6 / 2**30:
            self.refuse(f"a clamp at 6 on a scale of {quantization.scale}", _QUANTIZE_HINT)

    def in_range(self, largest: int, factor: Factor) -> None:
        """Values of up to ``largest`` can be rescaled in int32, whatever the input is."""
        if factor.shift > 30 or (largest << max(factor.shift, 0)) + 256 > INT32_MAX:
            self.refuse(
                f"its accumulators can reach {largest} and are scaled by 2^{factor.shift}: "
                "that overflows 32 bits",
                self._finer_hint(),
            )

    def _finer_hint(self) -> str:
        """TFLite's quantizer gives what was never anything but 0 a scale of 1e-6 / 127."""
        quantization = self.output.quantization
        assert quantization is not None
        if quantization.scale < _NEVER_SEEN:
            return (
                f"its output's scale, {quantization.scale:g}, says that calibration saw only 0 "
                "there: give the converter a representative_dataset of real inputs"
            )
        return "train with smaller weights and biases, or choose a coarser output scale"

    def in_wide_range(self, largest: int, factor: Factor) -> None:
        """64-bit sums of up to ``largest`` can be rescaled to an int32."""
        if factor.shift > 7 or largest >= 2**47 or (largest << 16) >> (15 - factor.shift) >= 2**31:
            self.refuse(
                f"its accumulators can reach {largest} and are scaled by 2^{factor.shift}: "
                "that overflows 32 bits behind the scaling",
                "train with smaller weights and biases, or choose a coarser output scale",
            )
