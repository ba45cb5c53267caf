"""Values brought to other places, or put between others."""

from __future__ import annotations

import numpy as np

from tinyrob.attack.operators.site import (
    Site,
    Value,
    dequantized,
    quantization,
    together,
)
from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import between
from tinyrob.ir.moves import looks_up, moved, sources


def move(site: Site) -> list[Value]:
    """Values where they come from; a moved value keeps its gradient. Rows that are looked up have
    none: there is nothing between two indices."""
    tf = site.tf
    if looks_up(site.op, site.graph.tensors):
        table = site.graph.tensors[site.op.inputs[0]]
        places = tf.cast(tf.stop_gradient(site.operands[1]), "int32")
        return [tf.gather(tf.constant(dequantized(table)), places)]
    source = site.graph.tensors[site.op.inputs[moved(site.op)]]
    flat = tf.reshape(site.operands[0], (-1, source.elements))
    found = sources(site.op, site.graph.tensors)
    values = [tf.gather(flat, tf.constant(index), axis=1) for index in found]
    made = [site.graph.tensors[i] for i in site.op.outputs]
    return [_regridded(value, source, to) for value, to in zip(values, made, strict=True)]


def _regridded(value: Value, source: ir.Tensor, made: ir.Tensor) -> Value:
    """The real values of integers that another grid then reads (REVERSE_V2)."""
    if source.dtype == "float32":
        return value
    a, b = quantization(source), quantization(made)
    if a == b:
        return value
    return value * (b.scale / a.scale) + (a.zero_point - b.zero_point) * b.scale


def bilinear(site: Site) -> Value:
    """RESIZE_BILINEAR."""
    tf, options = site.tf, site.op.attributes
    assert isinstance(options, ir.ResizeBilinear)
    value = site.x
    shape = site.graph.tensors[site.op.inputs[0]].shape
    how = {"corners": options.align_corners, "centers": options.half_pixel_centers}
    for axis in (1, 2):
        places = between(shape[axis], site.out.shape[axis], **how)
        fraction = np.array([p.fraction / 1024 for p in places], np.float32)
        fraction = fraction.reshape([-1 if i == axis + 1 else 1 for i in range(5)])
        low = tf.gather(value, [p.lower for p in places], axis=axis + 1)
        high = tf.gather(value, [p.upper for p in places], axis=axis + 1)
        value = low * (1 - fraction) + high * fraction
    return value


def pack(site: Site) -> Value:
    """PACK."""
    assert isinstance(site.op.attributes, ir.Pack)
    axis = site.op.attributes.axis % len(site.out.shape)
    return site.tf.stack(together(site), axis + 1)


def pad(site: Site) -> Value:
    """PAD and PADV2."""
    pairs = site.graph.constant(site.op.inputs[1]).astype(np.int32)
    value = 0.0
    if isinstance(site.op.attributes, ir.PadV2):
        grid = quantization(site.out)
        stored = int(np.ravel(site.graph.constant(site.op.inputs[2]))[0])
        value = (stored - grid.zero_point) * grid.scale
    all_pairs = np.concatenate([np.zeros((1, 2), np.int32), pairs])
    return site.tf.pad(site.x, all_pairs, constant_values=value)


def concatenation(site: Site) -> Value:
    """CONCATENATION."""
    options = site.op.attributes
    assert isinstance(options, ir.Concatenation)
    return site.tf.concat(together(site), options.axis % site.rank + 1)
