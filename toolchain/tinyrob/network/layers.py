"""The network as the C emitter sees it: a list of layers, each with its arithmetic made explicit.

Where the graph says SAME and RELU6, a layer says "3 rows of padding" and "clamp to [-128, 21]":
scales have become integer factors, and nothing is left to decide but which kernel runs it. A value
is a piece of memory; tensors that are only reshaped share one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import Between
from tinyrob.ir.graph import DType
from tinyrob.ir.qmath import Factor
from tinyrob.network.moves import Loops

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Integers = NDArray[np.integer[Any]]

IDENTITY = Factor(2**30, 1)
"""The factor 1: x * 2 * 2**30 / 2**31, exact for |x| < 2**30."""


@dataclass(frozen=True)
class Window:
    """A window over an image: sizes in elements; right and bottom padding follow from ``out``."""

    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    pad_top: int
    pad_left: int

    @property
    def padded(self) -> bool:
        """Whether any window reaches outside the image."""
        reach_h = (self.out_h - 1) * self.stride_h + (self.kernel_h - 1) * self.dilation_h + 1
        reach_w = (self.out_w - 1) * self.stride_w + (self.kernel_w - 1) * self.dilation_w + 1
        top_left = self.pad_top > 0 or self.pad_left > 0
        return top_left or reach_h > self.in_h or reach_w > self.in_w


@dataclass(frozen=True)
class Broadcast:
    """The output's four axes, and for each operand which of them it repeats along (bit mask)."""

    size: tuple[int, int, int, int]
    a_repeats: int = 0
    b_repeats: int = 0


@dataclass(frozen=True, eq=False)
class Spec:
    """What a layer computes. ``kind`` keys the kernel table; ``clamps``: has a clamp at its end.

    ``joins``: all the operator's inputs are handed to the kernel; else one is, and the rest is in
    the spec.
    """

    kind: ClassVar[str]
    clamps: ClassVar[bool] = True
    joins: ClassVar[bool] = False

    @property
    def macs(self) -> int:
        """Multiplications of an input with a weight, padding counted as MLPerf does: in full."""
        return 0


@dataclass(frozen=True, eq=False)
class Weighted(Spec):
    """``bias`` (O,), ``multiplier`` and ``shift`` (O,) or (1,): one for each output channel.

    ``wide``: sums are of 64 bits and rescaled as such (``qmath.multiply_wide``).
    """

    batches: int
    in_c: int
    weights: Int8
    bias: Integers
    multiplier: Int32
    shift: Int32
    input_zero_point: int
    output_zero_point: int
    wide: bool = field(default=False, kw_only=True)

    @property
    def out_c(self) -> int:
        """Output channels."""
        return self.bias.size

    @property
    def macs(self) -> int:
        """One for each weight and batch entry."""
        return self.batches * self.weights.size


@dataclass(frozen=True, eq=False)
class Windowed(Weighted):
    """Weights that slide over an image."""

    window: Window

    @property
    def macs(self) -> int:
        """One for each output and tap."""
        return super().macs * self.window.out_h * self.window.out_w


@dataclass(frozen=True, eq=False)
class Conv(Windowed):
    """``weights`` (O,KH,KW,I)."""

    kind: ClassVar[str] = "CONV_2D"


@dataclass(frozen=True, eq=False)
class Depthwise(Windowed):
    """``weights`` (KH,KW,O) with O = in_c * depth."""

    kind: ClassVar[str] = "DEPTHWISE_CONV_2D"

    @property
    def depth(self) -> int:
        """Output channels of each input channel."""
        return self.out_c // self.in_c


@dataclass(frozen=True, eq=False)
class DepthwiseUniform(Depthwise):
    """A depthwise convolution whose channels each have one weight for all taps."""

    kind: ClassVar[str] = "DEPTHWISE_CONV_2D_UNIFORM"


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """``weights`` (O,I)."""

    kind: ClassVar[str] = "FULLY_CONNECTED"


@dataclass(frozen=True)
class Spread:
    """A kernel that spreads every input over outputs: sizes in elements, as of ``Window``."""

    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_top: int
    pad_left: int


@dataclass(frozen=True, eq=False)
class TransposeConv(Spec):
    """``weights`` (O,KH,KW,I); the rest as of ``Weighted``, which it is not: how many taps meet in
    an output depends on where that is."""

    kind: ClassVar[str] = "TRANSPOSE_CONV"
    spread: Spread
    batches: int
    in_c: int
    weights: Int8
    bias: Integers
    multiplier: Int32
    shift: Int32
    input_zero_point: int
    output_zero_point: int
    wide: bool = field(default=False, kw_only=True)

    @property
    def out_c(self) -> int:
        """Output channels."""
        return self.bias.size

    @property
    def macs(self) -> int:
        """One for each input and tap."""
        return self.batches * self.spread.in_h * self.spread.in_w * self.weights.size


@dataclass(frozen=True)
class Matrices:
    """``batches``: up to three loops, along which a and b move by their strides. A product is of
    (``rows``, ``depth``) and (``depth``, ``columns``); ``a_steps`` and ``b_steps`` are between
    neighbours along those two axes."""

    batches: tuple[int, ...]
    a_strides: tuple[int, int, int]
    b_strides: tuple[int, int, int]
    rows: int
    depth: int
    columns: int
    a_steps: tuple[int, int]
    b_steps: tuple[int, int]


@dataclass(frozen=True, eq=False)
class BatchMatmul(Spec):
    """Products of two inputs' last two axes."""

    kind: ClassVar[str] = "BATCH_MATMUL"
    joins: ClassVar[bool] = True
    of: Matrices
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    factor: Factor

    @property
    def macs(self) -> int:
        """One for each pair that is multiplied."""
        return int(np.prod((*self.of.batches, self.of.rows, self.of.depth, self.of.columns)))


@dataclass(frozen=True, eq=False)
class L2Normalization(Spec):
    """Rows of ``columns`` values, each over the square root of the sum of its squares."""

    kind: ClassVar[str] = "L2_NORMALIZATION"
    rows: int
    columns: int
    input_zero_point: int


@dataclass(frozen=True, eq=False)
class Pair(Spec):
    """Two inputs, one of which may repeat along some axes."""

    joins: ClassVar[bool] = True
    shape: Broadcast


@dataclass(frozen=True, eq=False)
class Scaled(Pair):
    """Each input with its own zero point and factor."""

    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    a: Factor
    b: Factor
    output: Factor


@dataclass(frozen=True, eq=False)
class Add(Scaled):
    """The sum."""

    kind: ClassVar[str] = "ADD"

    def swapped(self) -> Add:
        """The same sum with its operands the other way round."""
        size, a, b = self.shape.size, self.shape.a_repeats, self.shape.b_repeats
        return Add(
            Broadcast(size, b, a), self.b_zero_point, self.a_zero_point, self.output_zero_point,
            self.b, self.a, self.output,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sub(Scaled):
    """The first input minus the second."""

    kind: ClassVar[str] = "SUB"


@dataclass(frozen=True, eq=False)
class SquaredDifference(Scaled):
    """The square of the difference; operands only 7 bits up."""

    kind: ClassVar[str] = "SQUARED_DIFFERENCE"


@dataclass(frozen=True, eq=False)
class Mul(Pair):
    """Two inputs, each with its own zero point."""

    kind: ClassVar[str] = "MUL"
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    factor: Factor


@dataclass(frozen=True, eq=False)
class Div(Pair):
    """The first input over the second, each with its own zero point."""

    kind: ClassVar[str] = "DIV"
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    factor: Factor


@dataclass(frozen=True, eq=False)
class Compare(Pair):
    """1 or 0 for two inputs, each with its own zero point and factor: ``taken`` has bit 0 for a
    below b, bit 1 for equal ones, bit 2 for a above b."""

    kind: ClassVar[str] = "COMPARE"
    clamps: ClassVar[bool] = False
    taken: int
    a_zero_point: int
    b_zero_point: int
    a: Factor
    b: Factor


@dataclass(frozen=True, eq=False)
class Select(Spec):
    """Where the first input is not 0 the second, else the third; ``repeats``: a mask for each."""

    kind: ClassVar[str] = "SELECT"
    clamps: ClassVar[bool] = False
    joins: ClassVar[bool] = True
    size: tuple[int, int, int, int]
    repeats: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Prelu(Pair):
    """Input a times ``above`` from its zero point on, else times input b and ``below``."""

    kind: ClassVar[str] = "PRELU"
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    above: Factor
    below: Factor


@dataclass(frozen=True, eq=False)
class Lookup(Spec):
    """Each value replaced by an entry of ``table`` (256,), which begins with that of -128.

    A clamp behind it goes into the table.
    """

    kind: ClassVar[str] = "LOOKUP"
    elements: int
    table: Int8


@dataclass(frozen=True, eq=False)
class Move(Spec):
    """Values of ``bytes_each`` copied without change."""

    kind: ClassVar[str] = "MOVE"
    clamps: ClassVar[bool] = False
    bytes_each: int
    loops: Loops


@dataclass(frozen=True, eq=False)
class ConvAdd(Spec):
    """A convolution clamped to ``conv_clamp``, which is operand a of a sum.

    Inputs: the convolution's, then operand b. The layer's own clamp is the sum's.
    """

    kind: ClassVar[str] = "CONV_2D_ADD"
    conv: Conv
    conv_clamp: tuple[int, int]
    add: Add

    @property
    def macs(self) -> int:
        """The convolution's."""
        return self.conv.macs


@dataclass(frozen=True, eq=False)
class Conv2Bit(Conv):
    """A convolution whose weights are stored in 2 bits: ternary, up to a factor a channel."""

    kind: ClassVar[str] = "CONV_2D_2BIT"


@dataclass(frozen=True, eq=False)
class Conv4Bit(Conv):
    """A convolution whose weights are stored in 4 bits: of 16 levels, up to a factor a channel."""

    kind: ClassVar[str] = "CONV_2D_4BIT"


@dataclass(frozen=True, eq=False)
class ConvAdd2Bit(ConvAdd):
    """A convolution with a sum at its end, and weights stored in 2 bits."""

    kind: ClassVar[str] = "CONV_2D_ADD_2BIT"


@dataclass(frozen=True, eq=False)
class ConvAdd4Bit(ConvAdd):
    """A convolution with a sum at its end, and weights stored in 4 bits."""

    kind: ClassVar[str] = "CONV_2D_ADD_4BIT"


@dataclass(frozen=True, eq=False)
class Pool(Spec):
    """Average and max pooling."""

    window: Window
    batches: int
    channels: int


@dataclass(frozen=True, eq=False)
class AveragePool(Pool):
    """Padding is not counted."""

    kind: ClassVar[str] = "AVERAGE_POOL_2D"


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """Padding is not looked at."""

    kind: ClassVar[str] = "MAX_POOL_2D"


@dataclass(frozen=True, eq=False)
class Mean(Spec):
    """Input axes merged to (outer, reduced[0], middle, reduced[1], inner)."""

    kind: ClassVar[str] = "MEAN"
    outer: int
    middle: int
    inner: int
    reduced: tuple[int, int]
    bias: int
    factor: Factor
    output_zero_point: int


@dataclass(frozen=True, eq=False)
class ReduceMax(Spec):
    """Input axes merged to (outer, reduced[0], middle, reduced[1], inner)."""

    kind: ClassVar[str] = "REDUCE_MAX"
    outer: int
    middle: int
    inner: int
    reduced: tuple[int, int]


@dataclass(frozen=True, eq=False)
class ReduceMin(ReduceMax):
    """The least instead of the greatest."""

    kind: ClassVar[str] = "REDUCE_MIN"


@dataclass(frozen=True, eq=False)
class Pad(Spec):
    """Up to four axes; ``value`` is the zero point."""

    kind: ClassVar[str] = "PAD"
    clamps: ClassVar[bool] = False
    size: tuple[int, int, int, int]
    before: tuple[int, int, int, int]
    after: tuple[int, int, int, int]
    value: int


@dataclass(frozen=True, eq=False)
class Softmax(Spec):
    """Along the last axis."""

    kind: ClassVar[str] = "SOFTMAX"
    clamps: ClassVar[bool] = False
    rows: int
    columns: int
    multiplier: int
    left_shift: int
    diff_min: int


@dataclass(frozen=True, eq=False)
class LogSoftmax(Spec):
    """Along the last axis; ``back`` brings logarithms to differences of the input."""

    kind: ClassVar[str] = "LOG_SOFTMAX"
    clamps: ClassVar[bool] = False
    rows: int
    columns: int
    multiplier: int
    left_shift: int
    diff_min: int
    back: Factor


@dataclass(frozen=True, eq=False)
class Requantize(Spec):
    """QUANTIZE, RELU, RELU6, and MINIMUM or MAXIMUM with one constant; of values of ``source``."""

    kind: ClassVar[str] = "REQUANTIZE"
    elements: int
    input_zero_point: int
    output_zero_point: int
    factor: Factor
    source: DType = "int8"

    @property
    def is_clamp(self) -> bool:
        """Whether values are only clamped, not rescaled."""
        return self.factor == IDENTITY and self.input_zero_point == self.output_zero_point


@dataclass(frozen=True, eq=False)
class Minimum(Pair):
    """Two inputs on one grid."""

    kind: ClassVar[str] = "MINIMUM"


@dataclass(frozen=True, eq=False)
class Maximum(Pair):
    """Two inputs on one grid."""

    kind: ClassVar[str] = "MAXIMUM"


@dataclass(frozen=True, eq=False)
class Concat(Spec):
    """``rows`` runs of each input, of ``lengths`` values."""

    kind: ClassVar[str] = "CONCATENATION"
    joins: ClassVar[bool] = True
    rows: int
    lengths: tuple[int, ...]


@dataclass(frozen=True)
class Trim:
    """What is left of a tensor: of each ``period`` elements those at ``kept``, in that order.

    ``constants``: the others that are one number for every input. What is in neither is read by
    nothing, and not computed.
    """

    period: int
    kept: tuple[int, ...]
    constants: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Bilinear(Spec):
    """``rows`` and ``columns``: where each output lies between the image's."""

    kind: ClassVar[str] = "RESIZE_BILINEAR"
    clamps: ClassVar[bool] = False
    batches: int
    in_h: int
    in_w: int
    channels: int
    rows: tuple[Between, ...]
    columns: tuple[Between, ...]


@dataclass(frozen=True, eq=False)
class LstmGate:
    """``inputs`` (units, I) and ``states`` (units, units) are weights; biases (units,) hold the
    zero points; each side has its factor."""

    inputs: Int8
    states: Int8
    input_bias: Int32
    state_bias: Int32
    of_input: Factor
    of_state: Factor


@dataclass(frozen=True, eq=False)
class Lstm(Spec):
    """Gates input, forget, cell and output; the rest as ``ir.lstm.Lstm`` has it. The states are
    the hidden one (int8) and the cell (int16)."""

    kind: ClassVar[str] = "LSTM"
    clamps: ClassVar[bool] = False
    steps: int
    in_c: int
    units: int
    gates: tuple[LstmGate, ...]
    forget: Factor
    update: Factor
    hidden: Factor
    tanh_multiplier: int
    tanh_shift: int
    clip: int
    zero_point: int

    @property
    def macs(self) -> int:
        """One for each weight and step."""
        return self.steps * 4 * self.units * (self.in_c + self.units)


@dataclass(frozen=True, eq=False)
class Svdf(Spec):
    """``features`` (F,I), ``time`` (F,M) of the state's type, int8 or int16; ``bias`` (F/rank,). Of
    the state's (F,M) the last column is the new one."""

    kind: ClassVar[str] = "SVDF"
    clamps: ClassVar[bool] = False
    rank: int
    features: Int8
    feature_bias: Int32
    time: NDArray[np.integer]
    bias: Int32
    feature: Factor
    output: Factor
    state_zero_point: int
    output_zero_point: int

    @property
    def macs(self) -> int:
        """One for each weight."""
        return self.features.size + self.time.size


@dataclass(frozen=True, eq=False)
class Value:
    """Memory: of an activation in the arena, or of a constant operand (``data``), of ``dtype``.

    ``initial``: it is a state, which keeps its place and what is in it from one inference to the
    next; these are its first bytes. ``trim``: what of the graph's tensor it is, where that is not
    all of it.
    """

    name: str
    bytes: int
    data: Integers | None = None
    trim: Trim | None = None
    initial: Int8 | None = None
    dtype: DType = "int8"


@dataclass(frozen=True, eq=False)
class Layer:
    """One kernel call. ``name`` is the graph tensor it makes, ``op`` TFLite's operators in it.

    ``inputs`` and ``output`` index ``Network.values``; ``shapes`` are those of the inputs, then
    that of the output, as the graph has them. ``clamp`` is in quantized values. ``states`` are
    values that the kernel reads and changes. ``dtype`` is that of what it makes.
    """

    name: str
    op: str
    spec: Spec
    inputs: tuple[int, ...]
    output: int
    shapes: tuple[tuple[int, ...], ...]
    clamp: tuple[int, int] = (-128, 127)
    states: tuple[int, ...] = ()
    dtype: DType = "int8"


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in execution order; ``inputs`` and ``outputs`` index ``values``."""

    name: str
    values: tuple[Value, ...]
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def states(self) -> tuple[int, ...]:
        """The values that are kept from one inference to the next."""
        return tuple(i for i, value in enumerate(self.values) if value.initial is not None)

    def consumers(self, value: int) -> tuple[int, ...]:
        """Which layers read a value."""
        return tuple(i for i, layer in enumerate(self.layers) if value in layer.inputs)
