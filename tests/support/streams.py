"""Networks with time as their input's first axis, and what a stream of one has to give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import output_size
from tinyrob.passes.stream import Stream
from tinyrob.project.streaming import Streaming
from tinyrob.validate.streams import pushed, windows_of

Random = np.random.Generator


class Line:
    """A network under construction, (1, steps, width, channels); ``x`` is the last tensor."""

    def __init__(self, seed: int, steps: int, width: int, channels: int) -> None:
        self.dice = np.random.default_rng(seed)
        self.tensors: list[ir.Tensor] = []
        self.ops: list[ir.Op] = []
        self.x = self.add("input", (1, steps, width, channels))

    def grid(self, scale: float = 0.05) -> ir.Quantization:
        return ir.Quantization(
            (float(np.float32(scale * self.dice.uniform(0.7, 1.4))),),
            (int(self.dice.integers(-40, 40)),),
        )

    def add(self, name: str, shape: tuple[int, ...], grid: ir.Quantization | None = None) -> int:
        name = f"{name}_{len(self.tensors)}"
        self.tensors.append(ir.Tensor(name, shape, "int8", grid or self.grid()))
        return len(self.tensors) - 1

    def constant(self, data: np.ndarray, grid: ir.Quantization | None = None) -> int:
        name = f"constant_{len(self.tensors)}"
        self.tensors.append(ir.Tensor(name, data.shape, str(data.dtype), grid, data))  # type: ignore[arg-type]
        return len(self.tensors) - 1

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tensors[self.x].shape

    def put(self, attributes: ir.Attributes, inputs: Sequence[int], shape: tuple[int, ...],
            grid: ir.Quantization | None = None) -> int:  # fmt: skip
        self.x = self.add(attributes.kind.lower(), shape, grid)
        self.ops.append(ir.Op(attributes, tuple(inputs), (self.x,)))
        return self.x

    def _kernel(self, shape: tuple[int, ...], axis: int, taps: int) -> tuple[int, ir.Quantization]:
        weights = np.clip(np.round(self.dice.normal(0, 50, shape)), -127, 127).astype(np.int8)
        step = float(np.float32(0.01))
        kernel = self.constant(
            weights, ir.Quantization((step,) * shape[axis], (0,) * shape[axis], axis)
        )
        source = self.tensors[self.x].quantization
        assert source is not None
        spread = 50 * 50 * np.sqrt(taps) * source.scale * step
        return kernel, self.grid(spread / 50)

    def _bias(self, kernel: int, channels: int) -> int:
        source, weights = self.tensors[self.x].quantization, self.tensors[kernel].quantization
        assert source is not None
        assert weights is not None
        grid = ir.Quantization(
            tuple(float(np.float32(s * source.scale)) for s in weights.scales), (0,) * channels
        )
        return self.constant(self.dice.integers(-900, 900, channels).astype(np.int32), grid)

    def _window(self, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int],
                padding: ir.Padding) -> tuple[int, int]:  # fmt: skip
        rows, columns = (
            output_size(*axis, padding)
            for axis in zip(self.shape[1:3], kernel, stride, dilation, strict=True)
        )
        return rows, columns

    def conv(self, kernel: tuple[int, int], channels: int, stride: tuple[int, int] = (1, 1),
             dilation: tuple[int, int] = (1, 1), padding: ir.Padding = "VALID",
             activation: ir.Activation = ir.Activation.RELU) -> int:  # fmt: skip
        depth = self.shape[3]
        weights, grid = self._kernel((channels, *kernel, depth), 0, kernel[0] * kernel[1] * depth)
        bias = self._bias(weights, channels)
        size = self._window(kernel, stride, dilation, padding)
        return self.put(ir.Conv2D(stride, padding, dilation, activation),
                        (self.x, weights, bias), (1, *size, channels), grid)  # fmt: skip

    def depthwise(self, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1),
                  padding: ir.Padding = "VALID", dilation: tuple[int, int] = (1, 1),
                  activation: ir.Activation = ir.Activation.NONE) -> int:  # fmt: skip
        channels = self.shape[3]
        weights, grid = self._kernel((1, *kernel, channels), 3, kernel[0] * kernel[1])
        bias = self._bias(weights, channels)
        size = self._window(kernel, stride, dilation, padding)
        return self.put(ir.DepthwiseConv2D(stride, padding, 1, dilation, activation),
                        (self.x, weights, bias), (1, *size, channels), grid)  # fmt: skip

    def pool(self, kernel: tuple[int, int], stride: tuple[int, int], mean: bool = False) -> int:
        kind = ir.AveragePool2D if mean else ir.MaxPool2D
        size = self._window(kernel, stride, (1, 1), "VALID")
        return self.put(kind(kernel, stride, "VALID"), (self.x,), (1, *size, self.shape[3]),
                        self.tensors[self.x].quantization)  # fmt: skip

    def cut(self, start: int, stop: int, shrink: bool = False) -> int:
        shape = self.shape
        begin = [0, start, *[0] * (len(shape) - 2)]
        end = [1, stop, *shape[2:]]
        made = (1, *shape[2:]) if shrink else (1, stop - start, *shape[2:])
        operands = [self.constant(np.array(v, np.int32)) for v in (begin, end, [1] * len(shape))]
        return self.put(ir.StridedSlice(shrink_axis_mask=2 if shrink else 0),
                        (self.x, *operands), made, self.tensors[self.x].quantization)  # fmt: skip

    def pad(self, before: int, after: int = 0) -> int:
        pads = np.zeros((4, 2), np.int32)
        pads[1] = before, after
        steps = self.shape[1] + before + after
        return self.put(ir.Pad(), (self.x, self.constant(pads)), (1, steps, *self.shape[2:]),
                        self.tensors[self.x].quantization)  # fmt: skip

    def plus(self, other: int) -> int:
        return self.put(ir.Add(), (self.x, other), self.shape)

    def halves(self) -> tuple[int, int]:
        """The channels in two; the second half is the last tensor."""
        shape = (*self.shape[:3], self.shape[3] // 2)
        grid = self.tensors[self.x].quantization
        axis = self.constant(np.array(3, np.int32))
        made = tuple(self.add("half", shape, grid) for _ in range(2))
        self.ops.append(ir.Op(ir.Split(2), (axis, self.x), made))
        self.x = made[1]
        return made[0], made[1]

    def flipped(self) -> int:
        axes = self.constant(np.array([1], np.int32))
        grid = self.tensors[self.x].quantization
        return self.put(ir.ReverseV2(), (self.x, axes), self.shape, grid)

    def total(self) -> int:
        axes = self.constant(np.array([1, 2], np.int32))
        grid = self.tensors[self.x].quantization
        assert grid is not None
        return self.put(ir.Sum(), (self.x, axes), (1, self.shape[3]), self.grid(8 * grid.scale))

    def dense(self, outputs: int) -> int:
        flat = (1, int(np.prod(self.shape)))
        wanted = self.constant(np.array(flat, np.int32))
        self.put(ir.Reshape(flat), (self.x, wanted), flat, self.tensors[self.x].quantization)
        weights = np.clip(np.round(self.dice.normal(0, 50, (outputs, flat[1]))), -127, 127)
        kernel = self.constant(weights.astype(np.int8), ir.Quantization((0.0078125,), (0,)))
        bias = self._bias(kernel, 1)
        self.tensors[bias] = ir.Tensor(
            self.tensors[bias].name, (outputs,), "int32", self.tensors[bias].quantization,
            np.arange(outputs, dtype=np.int32) * 70,
        )  # fmt: skip
        return self.put(ir.FullyConnected(), (self.x, kernel, bias), (1, outputs),
                        self.grid(0.03 * np.sqrt(flat[1])))  # fmt: skip

    def graph(self, name: str = "line") -> ir.Graph:
        return ir.Graph(tuple(self.tensors), tuple(self.ops), (0,), (self.x,), name)


def wide(graph: ir.Graph) -> ir.Graph:
    """The same network of int16 activations: finer grids without zero points."""
    tensors = []
    for tensor in graph.tensors:
        grid = tensor.quantization
        if grid is not None and tensor.data is None:
            finer = ir.Quantization((grid.scale / 64,), (0,))
            tensor = replace(tensor, dtype="int16", quantization=finer)
        elif grid is not None and tensor.data is not None and tensor.dtype == "int32":
            scales = tuple(float(np.float32(scale / 64)) for scale in grid.scales)
            finer = ir.Quantization(scales, grid.zero_points)
            data = tensor.data.astype(np.int64) * 64
            tensor = replace(tensor, dtype="int64", data=data, quantization=finer)
        tensors.append(tensor)
    return replace(graph, tensors=tuple(tensors))


def about(graph: ir.Graph, stream: Stream) -> Streaming:
    shape = graph.tensors[graph.inputs[0]].sample_shape
    return Streaming(stream.axis, shape, stream.steps, stream.outputs, 0, {})


def line_of(graph: ir.Graph, stream: Stream, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random pushes, and for each the window that ends with it."""
    told = about(graph, stream)
    dice = np.random.default_rng(seed)
    windows = dice.integers(-128, 128, (2, *told.shape)).astype(np.int8)
    grid = graph.tensors[graph.inputs[0]].quantization
    assert grid is not None
    pushes = pushed(windows, told, np.int8(grid.zero_point))
    return pushes, windows_of(pushes, told, None, np.int8(grid.zero_point))
