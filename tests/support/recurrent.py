"""Networks with a state: an LSTM, and a streaming convolution as microWakeWord's are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyrob.ir import graph as ir


def _float32(value: float) -> float:
    return float(np.float32(value))


GRID = ir.Quantization((_float32(0.031),), (7,))
HIDDEN = ir.Quantization((_float32(1 / 127),), (-3,))


def lstm(
    *, seed: int, clip: float = 0.0, cell: float = 2.0**-11, steps: int = 5, in_c: int = 4,
    units: int = 6, wide: bool = False,
) -> ir.Graph:  # fmt: skip
    """(1, steps, in_c) to (1, steps, units); of int16 where ``wide``."""
    dice = np.random.default_rng(seed)
    kind, biases = ("int16", "int64") if wide else ("int8", "int32")
    source = ir.Quantization((_float32(0.031 / 256),), (0,)) if wide else GRID
    hidden = ir.Quantization((2.0**-15,), (0,)) if wide else HIDDEN
    tensors = [ir.Tensor("x", (1, steps, in_c), kind, source)]
    inputs = [0, *([-1] * 23)]

    def put(position: int, tensor: ir.Tensor) -> None:
        inputs[position] = len(tensors)
        tensors.append(tensor)

    for gate in range(4):
        scales = [_float32(s) for s in dice.uniform(0.004, 0.02, 2) * (np.sqrt(4 / in_c), 1)]
        for first, depth, scale in ((1, in_c, scales[0]), (5, units, scales[1])):
            kernel = dice.integers(-127, 128, (units, depth)).astype(np.int8)
            grid = ir.Quantization((scale,), (0,))
            put(first + gate, ir.Tensor(f"w{first}{gate}", kernel.shape, "int8", grid, kernel))
        bias = dice.integers(-3000, 3000, units).astype(biases) * (256 if wide else 1)
        of = ir.Quantization((_float32(source.scale * scales[0]),), (0,))
        put(12 + gate, ir.Tensor(f"b{gate}", (units,), biases, of, bias))
    start = np.full((1, units), hidden.zero_point, kind)
    put(18, ir.Tensor("hidden", (1, units), kind, hidden, None, start))
    grid = ir.Quantization((cell,), (0,))
    put(19, ir.Tensor("cell", (1, units), "int16", grid, None, np.zeros((1, units), np.int16)))
    made = len(tensors)
    tensors.append(ir.Tensor("y", (1, steps, units), kind, hidden))
    op = ir.Op(ir.UnidirectionalSequenceLstm(cell_clip=clip), tuple(inputs), (made,))
    return ir.Graph(tuple(tensors), (op,), (0,), (made,), "lstm")


def svdf(
    *, seed: int, wide: bool, rank: int = 2, memory: int = 5, in_c: int = 6, units: int = 4,
    zero: int = 0,
) -> ir.Graph:  # fmt: skip
    """(1, in_c) to (1, units); the state of int16 where ``wide``, else int8 with a zero point."""
    dice = np.random.default_rng(seed)
    filters, kind = units * rank, "int16" if wide else "int8"
    source, scale = ir.Quantization((_float32(0.04),), (-9,)), 2.0**-10 if wide else 2.0**-4
    features = dice.integers(-127, 128, (filters, in_c)).astype(np.int8)
    reach = 30000 if wide else 127
    time = dice.integers(-reach, reach + 1, (filters, memory)).astype(kind)
    bias = dice.integers(-3000, 3000, units).astype(np.int32)
    step_in = _float32(0.01 * np.sqrt(6 / in_c))
    step = _float32(2.0**-15 if wide else 2.0**-7)
    start = np.full((1, filters * memory), zero, kind)
    tensors = (
        ir.Tensor("x", (1, in_c), "int8", source),
        ir.Tensor("f", features.shape, "int8", ir.Quantization((step_in,), (0,)), features),
        ir.Tensor("t", time.shape, kind, ir.Quantization((step,), (0,)), time),
        ir.Tensor("b", bias.shape, "int32", ir.Quantization((_float32(scale * step),), (0,)), bias),
        ir.Tensor("s", start.shape, kind, ir.Quantization((scale,), (zero,)), None, start),
        ir.Tensor("y", (1, units), "int8", ir.Quantization((_float32(0.05),), (4,))),
    )
    ops = (ir.Op(ir.Svdf(rank), (0, 1, 2, 3, 4), (5,)),)
    return ir.Graph(tensors, ops, (0,), (5,), "svdf")


def drawn(seed: int) -> ir.Graph:
    """An LSTM or an SVDF, of sizes about those of a vector and of whole words."""
    dice = np.random.default_rng(seed)
    wide, kind = bool(dice.integers(2)), int(dice.integers(2))
    in_c, units = int(dice.integers(1, 41)), int(dice.integers(1, 21))
    if kind:
        clip = float(dice.choice([0.0, 0.5]))
        return lstm(seed=seed, clip=clip, steps=3, in_c=in_c, units=units, wide=wide)
    rank, memory = int(dice.integers(1, 4)), int(dice.integers(1, 25))
    zero = 0 if wide else int(dice.integers(-128, 128))
    return svdf(
        seed=seed, wide=wide, rank=rank, memory=memory, in_c=in_c, units=units, zero=zero
    )  # fmt: skip


def streaming(first: Callable[[int], np.ndarray]) -> ir.Graph:
    """One frame of 3 values at a time; a dense layer over it and the two before it, which a
    variable keeps. ``first`` makes the variable's 6 first values."""
    grid = ir.Quantization((0.5,), (4,))
    kernel = (np.arange(18) * 7 % 23 - 11).reshape(2, 9).astype(np.int8)
    start = np.asarray(first(6)).astype(np.int8).reshape(1, 2, 3)
    ints = [np.array(v, np.int32) for v in ([0, 1, 0], [1, 3, 3], [1, 1, 1])]
    tensors = (
        ir.Tensor("frame", (1, 1, 3), "int8", grid),
        ir.Tensor("past", (1, 2, 3), "int8", grid, None, start),
        ir.Tensor("read", (1, 2, 3), "int8", grid),
        ir.Tensor("window", (1, 3, 3), "int8", grid),
        *(ir.Tensor(f"c{i}", (3,), "int32", None, v) for i, v in enumerate(ints)),
        ir.Tensor("kept", (1, 2, 3), "int8", grid),
        ir.Tensor("kernel", (2, 9), "int8", ir.Quantization((0.25,), (0,)), kernel),
        ir.Tensor("score", (1, 2), "int8", ir.Quantization((4.0,), (0,))),
    )
    ops = (
        ir.Op(ir.ReadVariable(), (1,), (2,)),
        ir.Op(ir.Concatenation(1), (2, 0), (3,)),
        ir.Op(ir.StridedSlice(), (3, 4, 5, 6), (7,)),
        ir.Op(ir.AssignVariable(), (1, 7), ()),
        ir.Op(ir.FullyConnected(), (3, 8), (9,)),
    )
    return ir.Graph(tensors, ops, (0,), (9,), "streaming")
