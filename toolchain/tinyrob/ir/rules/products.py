"""Rules of the other products: transposed convolutions and matrices of activations."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.geometry import transposed
from tinyrob.ir.graph import BatchMatmul, DType, Tensor, TransposeConv
from tinyrob.ir.qmath import matmul_factor
from tinyrob.ir.rules.common import Site
from tinyrob.ir.rules.matmul import check_sums

_LARGEST = 255
_MAX_MATRIX_RANK = 5


def check_transpose_conv(site: Site) -> None:
    """TRANSPOSE_CONV."""
    attributes = site.attributes
    assert isinstance(attributes, TransposeConv)
    site.count(3, 4)
    shape = site.constant(0, "int32", "output shape")
    kernel, source = site.constant(1, "int8", "kernel"), site.activation(2)
    if len(source.shape) != 4 or len(kernel.shape) != 4 or kernel.shape[3] != source.shape[3]:
        site.contradiction(
            f"its kernel {list(kernel.shape)} does not fit the input {list(source.shape)}"
        )
    site.extents("strides", attributes.stride)
    assert shape.data is not None
    wanted = tuple(int(d) for d in shape.data.ravel())
    if len(wanted) != 4 or wanted[0] != source.shape[0] or wanted[3] != kernel.shape[0]:
        site.contradiction(f"makes {list(wanted)} of {list(source.shape)}")
    site.shape(wanted)
    window = (kernel.shape[1], kernel.shape[2])
    for size, place, made in zip(
        source.shape[1:3], transposed(attributes, window, wanted[1:3]), wanted[1:3], strict=True
    ):
        if place.inputs != size:
            site.contradiction(f"makes {made} of {size}, which takes {place.inputs}")
    site.fused(attributes.activation)
    _scaled(site, source, kernel)


def _scaled(site: Site, source: Tensor, kernel: Tensor) -> None:
    grid, outputs = kernel.quantization, kernel.shape[0]
    if grid is None or any(grid.zero_points) or (len(grid.scales) > 1 and grid.axis != 0):
        site.refuse(
            f"its kernel {kernel.name!r} is not symmetric, with one scale or one for each output "
            "channel",
            "convert with symmetric int8 weights",
        )
    bias = np.zeros(outputs, np.int64)
    if site.operand(3) is not None:
        stored = site.constant(3, _bias_type(site), "bias")
        if stored.shape != (outputs,):
            site.contradiction(f"its bias has the shape {list(stored.shape)}, not [{outputs}]")
        assert stored.data is not None
        bias = stored.data.astype(np.int64)
    check_sums(site, source, kernel, 0, bias)


def _bias_type(site: Site) -> DType:
    """int64 for int16 activations, for which TFLite Micro takes int16 too."""
    given = site.operand(3)
    narrow = given is not None and given.dtype == "int16"
    return ("int16" if narrow else "int64") if site.wide else "int32"


def check_batch_matmul(site: Site) -> None:
    """BATCH_MATMUL."""
    attributes = site.attributes
    assert isinstance(attributes, BatchMatmul)
    site.count(2, 2)
    first, second = site.quantized(0), site.quantized(1)
    if first.data is not None and second.data is not None:
        site.refuse("both operands are constants", "fold constants when converting")
    ranks = (len(first.shape), len(second.shape))
    if not 2 <= min(ranks) <= max(ranks) <= _MAX_MATRIX_RANK:
        site.refuse(f"its operands have {ranks[0]} and {ranks[1]} axes", "reshape to 2 to 5")
    rows, depth = first.shape[-2:][:: -1 if attributes.adjoint_a else 1]
    depth_b, columns = second.shape[-2:][:: -1 if attributes.adjoint_b else 1]
    try:
        batches = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    except ValueError:
        batches = (-1,)
    if depth != depth_b or -1 in batches:
        site.contradiction(f"multiplies {list(first.shape)} with {list(second.shape)}")
    site.shape((*batches, rows, columns))
    a, b, y = (t.quantization for t in (first, second, site.output))
    assert a is not None
    assert b is not None
    assert y is not None
    factor = matmul_factor(a.scale, b.scale, y.scale)
    if site.wide:
        site.in_wide_range(2**30 * depth, factor)
    else:
        site.in_range(_LARGEST * _LARGEST * depth, factor)
