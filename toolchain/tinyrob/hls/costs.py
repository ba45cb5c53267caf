"""What a layer costs on an FPGA: a small model, made to choose between options, not to sign off.

Every figure it gives is an estimate and is called one. Its assumptions:

- an adder takes one LUT a bit and is about two bits wider than its inputs; a constant weight costs
  one adder for each non-zero digit of its canonical signed form (a ternary one: at most one);
- *distributed arithmetic* shares sums between outputs: half of the adders remain (measured with
  da4ml on random ternary kernels from 9 x 16 to 288 x 32: 0.46 to 0.61);
- with a reuse factor R, 1/R of all products, zeros too, are computed at once: in LUTs (one a
  partial-product bit) for weights of up to 4 bits, else in one DSP block each. Weights then lie in
  ROM: LUTs of 64 bits up to R = 64, 18 Kib block RAMs beyond;
- a streaming convolution takes R cycles for each pixel of its padded input, keeps its last rows in
  shift registers of 32 bits a LUT, and streams are FIFOs as deep as ``fifos`` finds necessary,
  in shift registers of LUTs up to 64 beats, else in block RAMs;
- a parallel convolution takes R cycles a position and selects its window from registers;
- Intel's adaptive LUTs (two an ALM) and 20 Kib RAMs are counted as AMD's LUTs and 18 Kib ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from tinyrob.frozen import model as fr
from tinyrob.hls.fifos import block_rams, in_luts, luts
from tinyrob.hls.fixed import Int64
from tinyrob.hls.network import HlsLayer

IoType = Literal["io_parallel", "io_stream"]
Strategy = Literal["latency", "resource", "distributed_arithmetic"]
Vendor = Literal["amd", "intel"]

UNITS: dict[Vendor, dict[str, str]] = {
    "amd": {"lut": "LUTs", "ff": "flip-flops", "dsp": "DSP blocks", "bram_18k": "18 Kib RAMs"},
    "intel": {"lut": "ALUTs", "ff": "registers", "dsp": "DSP blocks", "bram_18k": "M20K blocks"},
}

SHARING = 0.5
LUT_WEIGHT_BITS = 4
ROM_LUT_DEPTH = 64
# Where solving and compiling an adder graph takes minutes, it no longer pays.
MOST_SHARED_TERMS = 8_000


@dataclass(frozen=True)
class Resources:
    """Counts of what an FPGA has."""

    lut: int = 0
    ff: int = 0
    dsp: int = 0
    bram_18k: int = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(*(a + b for a, b in zip(self.counts(), other.counts(), strict=True)))

    def counts(self) -> tuple[int, ...]:
        """In the order of the fields."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def share_of(self, available: Resources) -> float:
        """The largest fraction of any resource."""
        pairs = zip(self.counts(), available.counts(), strict=True)
        return max(used / have if have else math.inf * bool(used) for used, have in pairs)


@dataclass(frozen=True)
class Option:
    """One way to build a layer, and what it is estimated to cost.

    ``cycles``: initiation interval; ``latency``: cycles from first input to first output.
    """

    strategy: Strategy | None
    reuse_factor: int
    cycles: int
    latency: int
    multipliers: int
    adder_bits: int
    bram_bits: int
    resources: Resources


def options(
    layer: HlsLayer, io_type: IoType, *, shared: bool = True, vendor: Vendor = "amd"
) -> Iterator[Option]:
    """Every way that hls4ml has for a layer; without ``shared``, no distributed arithmetic."""
    if layer.arithmetic is None:
        yield _without_weights(layer, io_type)
        return
    if vendor == "intel":
        for factor in reuse_factors(layer, io_type, vendor):
            yield option_for(layer, io_type, "resource", factor, vendor)
        return
    if isinstance(layer.node, fr.DepthwiseConv2D) and "depthwise_data" in layer.attributes:
        # hls4ml's depthwise convolutions have no resource strategy and no adder graphs.
        yield _compute(layer, io_type, "latency", 1)
        return
    if shared and terms(layer.arithmetic.kernel) <= MOST_SHARED_TERMS:
        yield _compute(layer, io_type, "distributed_arithmetic", 1)
    yield _compute(layer, io_type, "latency", 1)
    for factor in reuse_factors(layer, io_type, vendor):
        if factor > 1:
            yield _compute(layer, io_type, "resource", factor)


def option_for(
    layer: HlsLayer, io_type: IoType, strategy: Strategy, factor: int, vendor: Vendor = "amd"
) -> Option:
    """The option that somebody asks for, legal or not."""
    if vendor == "intel" and factor == 1:
        # All that the Quartus library has is "resource"; unrolled, its weights are constants, too.
        return replace(_compute(layer, io_type, "latency", 1), strategy="resource")
    return _compute(layer, io_type, strategy, factor)


def matrix(layer: HlsLayer) -> tuple[int, int]:
    """Inputs and outputs of the matrix that a compute layer multiplies by, a position."""
    assert layer.arithmetic is not None
    kernel = layer.arithmetic.kernel
    if "depthwise_data" in layer.attributes:
        return kernel.shape[0] * kernel.shape[1] * kernel.shape[2], kernel.shape[2]
    return int(np.prod(kernel.shape[:-1])), kernel.shape[-1]


def legal_reuse_factors(n_in: int, n_out: int) -> list[int]:
    """The reuse factors that hls4ml takes for an n_in x n_out matrix, in ascending order."""
    total = n_in * n_out
    found = []
    for factor in _divisors(total):
        legal = total // factor % n_out == 0 if factor < n_in else factor % n_in == 0
        if legal:
            found.append(factor)
    return found


def largest_reuse_factor(layer: HlsLayer, io_type: IoType) -> int:
    """A parallel convolution of hls4ml's is right up to one multiplication for each input only."""
    n_in, n_out = matrix(layer)
    parallel = io_type == "io_parallel" and not isinstance(layer.node, fr.Dense)
    return n_in if parallel else n_in * n_out


def reuse_factors(layer: HlsLayer, io_type: IoType, vendor: Vendor) -> list[int]:
    """What the strategy "resource" can have, in ascending order."""
    n_in, n_out = matrix(layer)
    largest = largest_reuse_factor(layer, io_type)
    found = [factor for factor in legal_reuse_factors(n_in, n_out) if factor <= largest]
    if vendor == "intel":
        # A single multiplier would be given a memory of no banks.
        found = [factor for factor in found if factor < n_in * n_out]
    return found


def terms(kernel: Int64) -> int:
    """Non-zero digits of a constant kernel in canonical signed digit form: adders it needs."""
    k = np.abs(kernel.astype(np.int64))
    digits = (k ^ (3 * k)).ravel().astype(np.uint64)
    return int(np.unpackbits(digits.view(np.uint8)).sum())


def _divisors(n: int) -> list[int]:
    small = [d for d in range(1, math.isqrt(n) + 1) if n % d == 0]
    return sorted({*small, *(n // d for d in small)})


def _compute(layer: HlsLayer, io_type: IoType, strategy: Strategy, factor: int) -> Option:
    arithmetic = layer.arithmetic
    assert arithmetic is not None
    n_in, _ = matrix(layer)
    products = arithmetic.kernel.size
    in_bits = layer.input_bits
    weight_bits = arithmetic.weight_type.bits
    lut = ff = dsp = bram = bram_bits = 0
    if strategy == "resource" or factor > 1:
        multipliers = math.ceil(products / factor)
        adder_bits = multipliers * arithmetic.accumulator_type.bits
        if weight_bits <= LUT_WEIGHT_BITS:
            lut += multipliers * in_bits * weight_bits
        else:
            dsp += multipliers
        width = multipliers * weight_bits
        if factor <= ROM_LUT_DEPTH:
            lut += width
        else:
            bram_bits = products * weight_bits
            bram += math.ceil(width / 36) * math.ceil(factor / 512)
    else:
        multipliers = 0
        shared = SHARING if strategy == "distributed_arithmetic" else 1.0
        adder_bits = math.ceil(terms(arithmetic.kernel) * shared) * (in_bits + 2)
    lut += adder_bits
    ff += adder_bits
    depth = 4 + max(1, n_in).bit_length()
    if isinstance(layer.node, fr.Dense):
        cycles, latency = factor, factor + depth
        beats = layer.input_shapes[0][0]
        if io_type == "io_stream":
            ff += beats * in_bits
    else:
        cycles, latency, buffers = _windows(layer, io_type, factor)
        latency += depth
        lut, ff = lut + buffers.lut, ff + buffers.ff
    fifo, fifo_bits = _fifo(layer, io_type)
    return Option(
        strategy,
        factor,
        cycles,
        latency,
        multipliers,
        adder_bits,
        bram_bits + fifo_bits,
        Resources(lut, ff, dsp, bram) + fifo,
    )


def _windows(layer: HlsLayer, io_type: IoType, factor: int) -> tuple[int, int, Resources]:
    """Cycles, cycles to the first output, and buffers of what slides a window over an image."""
    height, width, channels = layer.input_shapes[0]
    (top, bottom), (left, right) = layer.padding
    height, width = height + top + bottom, width + left + right
    window_height, window_width = window_of(layer)
    bits = channels * layer.input_bits
    if io_type == "io_parallel":
        positions = layer.shape[0] * layer.shape[1]
        window_bits = window_height * window_width * bits
        # A LUT selects one of four.
        select = Resources(
            lut=window_bits * math.ceil(positions / 4), ff=math.prod(layer.shape) * 8
        )
        return positions * factor, factor, select
    rows = (window_height - 1) * bits
    buffers = Resources(
        lut=rows * math.ceil(width / 32),
        ff=window_height * window_width * bits + rows,
    )
    first = (window_height - 1) * width + window_width
    return height * width * factor, first * factor, buffers


def window_of(layer: HlsLayer) -> tuple[int, int]:
    """(height, width) of what slides over a layer's input; (1, 1) where nothing does."""
    for prefix in ("filt", "pool"):
        if f"{prefix}_height" in layer.attributes:
            return layer.attributes[f"{prefix}_height"], layer.attributes[f"{prefix}_width"]
    return 1, 1


def _without_weights(layer: HlsLayer, io_type: IoType) -> Option:
    """Pools, sums and what only moves data."""
    fifo, fifo_bits = _fifo(layer, io_type)
    values, node = math.prod(layer.shape), layer.node
    moves = isinstance(node, fr.Input | fr.Reshape)
    if len(layer.shape) < 3 or moves:
        cycles, latency = (1, 0) if moves else (1, 2)
        buffers = Resources(lut=0 if moves else values * layer.result.bits)
    elif isinstance(node, fr.MaxPool2D):
        cycles, latency, buffers = _windows(layer, io_type, 1)
        comparisons = math.prod(node.window) * layer.shape[2] * layer.result.bits
        buffers = buffers + Resources(lut=comparisons, ff=comparisons)
    elif layer.attributes["class_name"] == "GlobalAveragePooling2D":
        cycles = layer.input_shapes[0][0] * layer.input_shapes[0][1]
        sums = layer.shape[2] * layer.types["accum"].bits
        latency, buffers = cycles + 2, Resources(lut=sums, ff=sums)
    else:
        cycles, latency = layer.shape[0] * layer.shape[1], 2
        buffers = Resources(lut=2 * layer.shape[2] * layer.result.bits, ff=0)
    return Option(None, 1, cycles, latency, 0, buffers.lut, fifo_bits, buffers + fifo)


def _fifo(layer: HlsLayer, io_type: IoType) -> tuple[Resources, int]:
    """The streams that a layer writes; the parallel interface has registers instead."""
    if io_type == "io_parallel":
        moves = isinstance(layer.node, fr.Reshape)
        return Resources(ff=0 if moves else math.prod(layer.shape) * layer.result.bits), 0
    resources = Resources(
        lut=luts(layer.streams),
        ff=sum(fifo.width for fifo in layer.streams),
        bram_18k=block_rams(layer.streams),
    )
    return resources, sum(f.width * f.depth for f in layer.streams if not in_luts(f))
