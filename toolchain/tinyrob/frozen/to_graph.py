"""From a frozen model to the graph: int8 tensors, and operators as TFLite has them.

A kernel integer k of at most 6 bits is written as the int8 4k, on a step a quarter as large, and a
bias as an int32 in units of a quarter accumulator step: an even number. TFLite rounds twice; so its
first rounding has nothing to round, and its second never meets a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import FreezeError
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid, Node
from tinyrob.frozen.shapes import output_shapes
from tinyrob.ir import graph as ir
from tinyrob.ir.graph import Activation, Graph, Op, Padding, Quantization, Tensor

_PADDING: dict[str, Padding] = {"same": "SAME", "valid": "VALID"}


def to_graph(model: FrozenModel) -> Graph:
    """The graph of ``model``: every node's output is the tensor of the node's name.

    Raises ModelFormatError where the nodes do not go together, FreezeError where TFLite's integers
    cannot hold a kernel or a bias.
    """
    lowering = _Lowering(model)
    for node in model.nodes:
        lowering.node(node)
    return Graph(
        tensors=tuple(lowering.tensors),
        ops=tuple(lowering.ops),
        inputs=(lowering.index[model.input.name],),
        outputs=(lowering.index[model.output.name],),
        name=model.name,
    )


def quantization_of(grid: Grid) -> Quantization:
    """The per-tensor int8 quantization of a grid."""
    return Quantization((grid.step,), (grid.zero_point,))


class _Lowering:
    """The tensors and operators made so far."""

    def __init__(self, model: FrozenModel) -> None:
        self.grids = {node.name: node.grid for node in model.nodes}
        self.shapes = output_shapes(model)
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.index: dict[str, int] = {}

    def node(self, node: Node) -> None:
        """Appends the operators of one node."""
        OPERATORS[type(node)](self, node)

    def input(self, node: fr.Input) -> None:
        """A tensor; no operator makes it."""
        self._activation(node.name, node)

    def convolution(self, node: fr.Conv2D) -> None:
        """CONV_2D."""
        fused, padding = _fused(node.grid), _PADDING[node.padding]
        self._compute(node, ir.Conv2D(node.strides, padding, node.dilation, fused))

    def depthwise(self, node: fr.DepthwiseConv2D) -> None:
        """DEPTHWISE_CONV_2D."""
        fused, padding = _fused(node.grid), _PADDING[node.padding]
        multiplier = node.kernel.shape[3]
        self._compute(
            node, ir.DepthwiseConv2D(node.strides, padding, multiplier, node.dilation, fused)
        )

    def dense(self, node: fr.Dense) -> None:
        """FULLY_CONNECTED."""
        self._compute(node, ir.FullyConnected(_fused(node.grid)))

    def add(self, node: fr.Add) -> None:
        """ADD, and the clamps behind it."""
        fused = _fused(node.grid)
        self._clamped(node, ir.Add(fused), self._inputs(node), fused)

    def clamp(self, node: fr.Clamp) -> None:
        """MAXIMUM and MINIMUM."""
        self._clamps(node, self.index[node.inputs[0]], self.grids[node.inputs[0]])

    def max_pool(self, node: fr.MaxPool2D) -> None:
        """MAX_POOL_2D."""
        padding = _PADDING[node.padding]
        self._moves(node, ir.MaxPool2D(node.window, node.strides, padding), self._inputs(node))

    def reshape(self, node: fr.Reshape) -> None:
        """RESHAPE."""
        shape = (1, *self.shapes[node.name])
        target = self._constant(f"{node.name}/shape", np.array(shape, np.int32))
        self._moves(node, ir.Reshape(shape), (*self._inputs(node), target))

    def zero_pad(self, node: fr.ZeroPad2D) -> None:
        """PAD."""
        paddings = np.array([(0, 0), *node.padding, (0, 0)], np.int32)
        borders = self._constant(f"{node.name}/paddings", paddings)
        self._moves(node, ir.Pad(), (*self._inputs(node), borders))

    def concatenate(self, node: fr.Concatenate) -> None:
        """CONCATENATION along the last axis."""
        axis = len(self.shapes[node.name])
        self._moves(node, ir.Concatenation(axis=axis), self._inputs(node))

    def _moves(self, node: Node, attributes: ir.Attributes, inputs: tuple[int, ...]) -> None:
        self._op(attributes, inputs, self._activation(node.name, node))

    def _compute(
        self, node: fr.Conv2D | fr.DepthwiseConv2D | fr.Dense, attributes: ir.Attributes
    ) -> None:
        inputs = (*self._inputs(node), *self._weights(node))
        self._clamped(node, attributes, inputs, _fused(node.grid))

    def _weights(self, node: fr.Conv2D | fr.DepthwiseConv2D | fr.Dense) -> tuple[int, int]:
        """The constants of kernel and bias, in TFLite's layouts and units."""
        k, log2, bias = (a.astype(np.int64) for a in (node.kernel, node.log2_kernel, node.bias))
        if isinstance(node, fr.Dense) and _fits_one_step(k, log2):
            # One scale for the whole kernel: what every runtime's dense kernels take.
            k, bias = k << (log2 - log2.min()), bias << (log2 - log2.min())
            log2 = np.full(1, log2.min())
        times = _multiple(k)
        if isinstance(node, fr.Conv2D):
            k, axis = k.transpose(3, 0, 1, 2), 0
        elif isinstance(node, fr.DepthwiseConv2D):
            k, axis = k.reshape(1, *k.shape[:2], -1), 3
        else:
            k, axis = k.T, 0
        scales = tuple(float(2.0**n) / times for n in log2.tolist())
        zeros = (0,) * len(scales)
        kernel = np.ascontiguousarray((times * k).astype(np.int8))
        source = self.grids[node.inputs[0]].step
        return (
            self._constant(f"{node.name}/kernel", kernel, Quantization(scales, zeros, axis)),
            self._constant(
                f"{node.name}/bias",
                _int32_bias(node.name, bias, times),
                Quantization(tuple(source * scale for scale in scales), zeros, 0),
            ),
        )

    def _clamped(
        self, node: Node, attributes: ir.Attributes, inputs: tuple[int, ...], fused: Activation
    ) -> None:
        """The operator, and the clamps that TFLite cannot fuse into it."""
        low = node.grid.lo if fused is Activation.RELU else -128 - node.grid.zero_point
        wide = Grid(node.grid.log2_step, low, 127 - node.grid.zero_point)
        if wide == node.grid:
            self._op(attributes, inputs, self._activation(node.name, node))
            return
        output = self._activation(f"{node.name}_wide", node)
        self._op(attributes, inputs, output)
        self._clamps(node, output, wide)

    def _clamps(self, node: Node, source: int, wide: Grid) -> None:
        """MAXIMUM and MINIMUM with a constant, where ``node``'s grid is narrower."""
        sides = [
            (attributes, bound)
            for attributes, bound, needed in (
                (ir.Maximum(), node.grid.lo, node.grid.lo > wide.lo),
                (ir.Minimum(), node.grid.hi, node.grid.hi < wide.hi),
            )
            if needed
        ]
        for attributes, bound in sides:
            last = attributes is sides[-1][0]
            word = attributes.kind.lower()
            constant = np.array([bound + node.grid.zero_point], np.int8)
            limit = self._constant(f"{node.name}/{word}", constant, quantization_of(node.grid))
            output = self._activation(node.name if last else f"{node.name}_{word}", node)
            self._op(attributes, (source, limit), output)
            source = output

    def _op(self, attributes: ir.Attributes, inputs: tuple[int, ...], output: int) -> None:
        self.ops.append(Op(attributes, inputs, (output,)))

    def _inputs(self, node: Node) -> tuple[int, ...]:
        return tuple(self.index[name] for name in node.inputs)

    def _activation(self, name: str, node: Node) -> int:
        shape = (1, *self.shapes[node.name])
        return self._tensor(Tensor(name, shape, "int8", quantization_of(node.grid)))

    def _constant(
        self, name: str, data: NDArray[Any], quantization: Quantization | None = None
    ) -> int:
        data.setflags(write=False)
        dtype: ir.DType = "int8" if data.dtype == np.int8 else "int32"
        return self._tensor(Tensor(name, data.shape, dtype, quantization, data))

    def _tensor(self, tensor: Tensor) -> int:
        if tensor.name in self.index:
            raise FreezeError(
                f"two tensors of the graph would be named {tensor.name!r}", "rename the layer"
            )
        self.index[tensor.name] = len(self.tensors)
        self.tensors.append(tensor)
        return self.index[tensor.name]


OPERATORS: Mapping[type[Node], Callable[[_Lowering, Any], None]] = {
    fr.Input: _Lowering.input,
    fr.Conv2D: _Lowering.convolution,
    fr.DepthwiseConv2D: _Lowering.depthwise,
    fr.Dense: _Lowering.dense,
    fr.MaxPool2D: _Lowering.max_pool,
    fr.Add: _Lowering.add,
    fr.Concatenate: _Lowering.concatenate,
    fr.Reshape: _Lowering.reshape,
    fr.ZeroPad2D: _Lowering.zero_pad,
    fr.Clamp: _Lowering.clamp,
}
"""What appends the operators of a node, by kind."""


def _fused(grid: Grid) -> Activation:
    return Activation.RELU if grid.lo == 0 else Activation.NONE


def _fits_one_step(k: NDArray[np.int64], log2: NDArray[np.int64]) -> bool:
    widened = np.abs(k).max(axis=0, initial=0) * 2.0 ** (log2 - log2.min())
    limit = 31 if np.abs(k).max(initial=0) <= 31 else 127
    return bool((widened <= limit).all())


def _multiple(k: NDArray[np.int64]) -> int:
    """What an int8 weight is of a kernel integer: 4 where the model is exact."""
    lo, hi = int(k.min(initial=0)), int(k.max(initial=0))
    return next((n for n in (4, 2) if n * lo >= -127 and n * hi <= 127), 1)


def _int32_bias(name: str, bias: NDArray[np.int64], times: int) -> NDArray[np.int32]:
    """``bias``, in half accumulator steps, in units of 1/``times`` of one."""
    units = bias * times // 2
    if np.abs(units).max(initial=0) >= 2**31:
        raise FreezeError(
            f"node {name!r}: a bias does not fit 32 bits", "its kernel's steps are too fine"
        )
    return units.astype(np.int32)
