"""Rules of convolutions and dense layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import windows
from tinyrob.ir.graph import (
    Conv2D,
    DepthwiseConv2D,
    DType,
    FullyConnected,
    Quantization,
    Tensor,
    limits,
)
from tinyrob.ir.qmath import Factor, matmul_factor
from tinyrob.ir.rules.common import Site
from tinyrob.ir.sums import wide_sums

Int64Array = NDArray[np.int64]


def matmul_factors(
    source: Quantization, kernel: Quantization, output: Quantization, *, channels: int
) -> list[Factor]:
    """One factor for each of ``channels`` output channels."""
    factors = [matmul_factor(source.scale, scale, output.scale) for scale in kernel.scales]
    return factors * channels if len(factors) == 1 else factors


def accumulator_bounds(
    weights: Int64Array,
    bias: Int64Array,
    zero_point: int,
    ends: tuple[int, int] = (-128, 127),
) -> Int64Array:
    """The largest |accumulator| of each row of ``weights`` (O, K), over inputs within ``ends``."""
    low, high = (end - zero_point for end in ends)
    top = np.maximum(weights * low, weights * high).sum(axis=1)
    bottom = np.minimum(weights * low, weights * high).sum(axis=1)
    sums = np.maximum(np.abs(top), np.abs(bottom))
    biased = np.maximum(np.abs(top + bias), np.abs(bottom + bias))
    bounds: Int64Array = np.maximum(sums, biased)
    return bounds


def check_convolution(site: Site) -> None:
    """CONV_2D."""
    attributes = site.attributes
    assert isinstance(attributes, Conv2D)
    source, kernel = _spatial(site)
    outputs, height, width, depth = kernel.shape
    if source.shape[3] % depth or outputs % (source.shape[3] // depth):
        site.contradiction(
            f"its kernel {list(kernel.shape)} does not fit {source.shape[3]} input channels, nor "
            "groups of them"
        )
    _windows(site, attributes, (height, width), source, outputs)
    _scaling(site, source, kernel, outputs, axis=0, dense=False)


def check_depthwise(site: Site) -> None:
    """DEPTHWISE_CONV_2D."""
    attributes = site.attributes
    assert isinstance(attributes, DepthwiseConv2D)
    source, kernel = _spatial(site)
    if len(site.op.inputs) == 3 and site.operand(2) is None:
        site.refuse(
            "its bias is given as absent (-1), on which TFLite Micro crashes",
            "leave the third input out, or give a bias of zeros",
        )
    one, height, width, outputs = kernel.shape
    if one != 1 or outputs != source.shape[3] * attributes.multiplier:
        site.contradiction(
            f"its kernel {list(kernel.shape)} does not fit {source.shape[3]} channels times "
            f"{attributes.multiplier}"
        )
    _windows(site, attributes, (height, width), source, outputs)
    _scaling(site, source, kernel, outputs, axis=3, dense=False)


def check_dense(site: Site) -> None:
    """FULLY_CONNECTED."""
    attributes = site.attributes
    assert isinstance(attributes, FullyConnected)
    site.count(2, 3)
    source, kernel = site.activation(), site.constant(1, "int8", "kernel", also="int4")
    if len(kernel.shape) != 2 or source.elements % kernel.shape[1]:
        site.contradiction(
            f"its kernel {list(kernel.shape)} does not fit the input {list(source.shape)}"
        )
    outputs, depth = kernel.shape
    rows = source.elements // depth
    if attributes.keep_num_dims:
        if source.shape[-1:] != (depth,):
            site.contradiction(f"its input {list(source.shape)} has not {depth} channels")
        site.shape((*source.shape[:-1], outputs))
    elif site.output.shape[-1:] != (outputs,) or site.output.elements != rows * outputs:
        site.shape((rows, outputs))
    site.fused(attributes.activation)
    _scaling(site, source, kernel, outputs, axis=0, dense=True)


def _spatial(site: Site) -> tuple[Tensor, Tensor]:
    site.count(2, 3)
    source, kernel = site.activation(), site.constant(1, "int8", "kernel", also="int4")
    if len(source.shape) != 4 or len(kernel.shape) != 4:
        site.contradiction(
            f"its input {list(source.shape)} and kernel {list(kernel.shape)} must have 4 axes"
        )
    return source, kernel


def _windows(
    site: Site,
    attributes: Conv2D | DepthwiseConv2D,
    window: tuple[int, int],
    source: Tensor,
    outputs: int,
) -> None:
    site.extents("strides", attributes.stride)
    site.extents("dilations", attributes.dilation)
    place = windows(attributes, window, (source.shape[1], source.shape[2]))
    site.shape((source.shape[0], *place.outputs, outputs))
    site.fused(attributes.activation)


def _scaling(
    site: Site, source: Tensor, kernel: Tensor, outputs: int, *, axis: int, dense: bool
) -> None:
    grid = kernel.quantization
    if grid is None or any(grid.zero_points):
        site.refuse(
            f"its kernel {kernel.name!r} has no quantization, or one with a zero point",
            "convert with symmetric int8 weights",
        )
    if kernel.dtype == "int4" and site.wide:
        site.refuse(
            f"its kernel {kernel.name!r} is int4, its activations int16",
            "TFLite Micro takes int8 kernels with int16 activations",
        )
    if len(grid.scales) > 1 and grid.axis != axis:
        site.refuse(
            f"its kernel {kernel.name!r} is quantized along axis {grid.axis}, not {axis}",
            "quantize per output channel",
        )
    assert source.quantization is not None
    check_sums(site, source, kernel, axis, _bias(site, source.quantization, grid, outputs, dense))


def check_sums(site: Site, source: Tensor, kernel: Tensor, axis: int, bias: Int64Array) -> None:
    """Sums of a checked kernel's products, one for each entry along ``axis``, can be rescaled."""
    assert source.quantization is not None
    assert kernel.quantization is not None
    assert kernel.data is not None
    assert site.output.quantization is not None
    weights = np.moveaxis(kernel.data, axis, 0).reshape(len(bias), -1).astype(np.int64)
    factors = matmul_factors(
        source.quantization, kernel.quantization, site.output.quantization, channels=len(bias)
    )
    bounds = accumulator_bounds(weights, bias, source.quantization.zero_point, limits(source.dtype))
    check = site.in_wide_range if wide_sums(site.op, site.graph.tensors) else site.in_range
    for bound, factor in zip(bounds, factors, strict=True):
        check(int(bound), factor)


def _bias(
    site: Site, source: Quantization, kernel: Quantization, outputs: int, dense: bool
) -> Int64Array:
    if site.operand(2) is None:
        return np.zeros(outputs, np.int64)
    bias = site.constant(2, _bias_type(site), "bias")
    if bias.shape != (outputs,):
        site.contradiction(f"its bias has the shape {list(bias.shape)}, not [{outputs}]")
    if dense and len(kernel.scales) == 1:
        # TFLite Micro refuses a dense layer whose bias is on another grid than its accumulator.
        output = site.output.quantization
        assert output is not None
        if bias.quantization is None or len(bias.quantization.scales) != 1:
            site.refuse(f"its bias {bias.name!r} has no scale", "quantize the bias per tensor")
        difference = abs(source.scale * kernel.scale - bias.quantization.scale)
        if difference / output.scale > 0.02:
            site.refuse(
                f"its bias {bias.name!r} has the scale {bias.quantization.scale}, its accumulator "
                f"{source.scale * kernel.scale}",
                "the bias scale must be input scale times kernel scale",
            )
    assert bias.data is not None
    return bias.data.astype(np.int64)


def _bias_type(site: Site) -> DType:
    """int64 for int16 activations; TFLite Micro's convolutions and dense layers take int32 too."""
    given = site.operand(2)
    either = isinstance(site.attributes, Conv2D | FullyConnected)
    narrow = given is not None and given.dtype == "int32" and either
    return "int64" if site.wide and not narrow else "int32"
