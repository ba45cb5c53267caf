"""A network for inputs of a shape that a board holds: a family for the form, a width for the board.

Vectors get dense layers, sequences convolutions in time, features of sound a depthwise-separable
network (Zhang et al., "Hello Edge", 2017), pictures a small residual one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from tinyrob.boards.board import Board

WIDTHS = (64, 48, 32, 24, 16, 12, 8, 4)
MOST_MACS = 4_000_000  # of an inference: trains in minutes, runs in tens of milliseconds
WIDEST = ((5000, 64), (500, 32), (0, 16))
"""How wide a network may be for so many examples at least."""
SHARE = 0.5  # of a board's memory that the network may take
SMALLEST = 4  # sides of the last feature maps are at least so large


@dataclass(frozen=True)
class Sketch:
    """The lines of the table ``[topology]``, the width chosen, and about what it costs."""

    lines: tuple[str, ...]
    width: int
    macs: int
    weights: int
    activations: int


def sketch(
    shape: Sequence[int], form: str, classes: int, board: Board, examples: int = 1_000_000
) -> Sketch:
    """The widest network within the board's memory and ``MOST_MACS``; the narrowest in any case.

    Few ``examples`` to train on would be learned by heart: they get a narrow one, but for dense and
    depthwise-separable layers, which have few weights, and learn slowly when they are narrow.
    """
    make = _family(shape, form)
    small = make in (_mlp, _dscnn)
    most = next(width for fewest, width in WIDEST if examples >= fewest or small)
    candidates = [make(shape, classes, width) for width in WIDTHS if width <= most]
    fitting = [
        one
        for one in candidates
        if one.macs <= MOST_MACS
        and one.weights <= SHARE * board.flash_bytes
        and one.activations <= SHARE * board.ram_bytes
    ]
    return fitting[0] if fitting else candidates[-1]


def detector(shape: Sequence[int], board: Board) -> Sketch:
    """An autoencoder within the board's memory, whose narrowest layer keeps an eighth of the
    others'."""
    inputs = prod(shape)
    candidates = []
    for width in WIDTHS:
        units = (width, max(2, width // 8), width)
        macs = inputs * width * 2 + 2 * units[0] * units[1]
        lines = ('family = "autoencoder"', f"filters = {list(units)}")
        candidates.append(Sketch(lines, width, macs, macs, 2 * inputs + width))
    fitting = [one for one in candidates if one.weights <= SHARE * board.flash_bytes]
    return fitting[0] if fitting else candidates[-1]


def _family(shape: Sequence[int], form: str) -> Callable[[Sequence[int], int, int], Sketch]:
    if len(shape) == 1:
        return _mlp
    if len(shape) == 2:
        return _conv1d
    return _dscnn if form == "spectrum" and min(shape[:2]) >= 2 * SMALLEST else _stq


def _mlp(shape: Sequence[int], classes: int, width: int) -> Sketch:
    inputs = prod(shape)
    macs = inputs * width + width * width + width * classes
    lines = ('family = "mlp"', f"filters = [{width}, {width}]")
    return Sketch(lines, width, macs, macs, inputs + 2 * width)


def _conv1d(shape: Sequence[int], classes: int, width: int) -> Sketch:
    """Halved in time with each layer, until few rows are left: the last layer sees them all."""
    length, before, kernel = shape[0], shape[1], 5
    filters, macs, weights, largest = list[int](), 0, 0, length * before
    while length >= 2 * SMALLEST or not filters:
        outputs = width * (1 if not filters else 2)
        length = -(-length // 2)
        of_layer = kernel * before * outputs
        macs, weights = macs + length * of_layer, weights + of_layer
        largest = max(largest, length * outputs)
        filters.append(outputs)
        before = outputs
    lines = (
        'family = "conv1d"',
        f"filters = {filters}",
        f"kernel = {kernel}",
        f"strides = {[2] * len(filters)}",
        f"dilation = {[1] * len(filters)}",
        "causal = false",
    )
    macs += length * before + before * classes
    return Sketch(lines, width, macs, weights + before * classes, 3 * largest)


def _dscnn(shape: Sequence[int], classes: int, width: int) -> Sketch:
    height, across, channels = shape
    kernel = min(10, height), min(4, across)
    size = -(-height // 2) * -(-across // 2)
    stem = prod(kernel) * channels * width
    block = 9 * width + width * width
    lines = (
        'family = "dscnn"',
        f"filters = {[width] * 4}",
        f"kernel = {list(kernel)}",
    )
    macs = size * (stem + 4 * block + width) + width * classes
    weights = stem + 4 * block + width * classes
    return Sketch(lines, width, macs, weights, 2 * size * width + height * across * channels)


def _stq(shape: Sequence[int], classes: int, width: int) -> Sketch:
    """Residual stages, each half as high and wide and twice as many channels."""
    height, across, channels = shape
    taps = (3 if height > 1 else 1) * (3 if across > 1 else 1)
    stem_stride = 2 if height * across > 48 * 48 else 1
    sides = -(-height // stem_stride), -(-across // stem_stride)
    macs = prod(sides) * taps * channels * width
    weights, largest = taps * channels * width, prod(sides) * width
    stages, before = list[str](), width
    while len(stages) < 3 and (max(sides) >= 2 * SMALLEST or not stages):
        stride = 2 if max(sides) >= 2 * SMALLEST else 1
        filters = min(2 * before, 4 * width)
        sides = -(-sides[0] // stride), -(-sides[1] // stride)
        of_block = taps * before * filters + taps * filters * filters + before * filters
        macs, weights = macs + prod(sides) * of_block, weights + of_block
        largest = max(largest, prod(sides) * filters)
        stages.append(f"    {{ filters = {filters}, blocks = 1, stride = {stride} }},")
        before = filters
    lines = (
        f"stem = {{ filters = {width}, kernel = 3, stride = {stem_stride} }}",
        "stages = [",
        *stages,
        "]",
        f'head = "{"average" if prod(sides) > 1 else "flatten"}"',
    )
    macs += prod(sides) * before + before * classes
    inputs = height * across * channels
    return Sketch(lines, width, macs, weights + before * classes, 3 * largest + inputs)
