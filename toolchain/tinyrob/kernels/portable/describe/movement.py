"""Values brought to other places, or put between others."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.geometry import Between
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.portable.describe.common import output, spec_of
from tinyrob.network import layers as net
from tinyrob.network.moves import AXES


def move(layer: net.Layer) -> Descriptor:
    """tr_move_loops: everything in bytes, loops of one step in front of those that there are."""
    spec = spec_of(layer, net.Move)
    loops, each = spec.loops, spec.bytes_each
    missing = AXES - len(loops.sizes)
    tables = [t for t in loops.tables if t is not None]
    offsets = np.array([each * x for t in tables for x in t], np.int64)
    tabled = sum(1 << (missing + i) for i, t in enumerate(loops.tables) if t is not None)
    return Descriptor(
        "tr_move_loops",
        {
            "run": loops.run * each,
            "start": loops.start * each,
            "size": (1,) * missing + loops.sizes,
            "stride": (0,) * missing + tuple(s * each for s in loops.strides),
            "tabled": tabled,
            "offsets": Array("int32_t", offsets) if tables else 0,
        },
    )


def copy(layer: net.Layer) -> Descriptor:
    """tr_copy_bytes."""
    return Descriptor("tr_copy_bytes", {"bytes": spec_of(layer, net.Copy).bytes})


def rows(layer: net.Layer) -> Descriptor:
    """tr_rows."""
    spec = spec_of(layer, net.Rows)
    count, width = spec.table.shape
    table = Array("int8_t", spec.table)
    return Descriptor(
        "tr_rows", {"count": spec.count, "rows": count, "width": width, "table": table}
    )


def slide(layer: net.Layer) -> Descriptor:
    """tr_slide_rows, in bytes."""
    spec = spec_of(layer, net.Slide)
    each = spec.bytes_each
    return Descriptor(
        "tr_slide_rows",
        {"rows": spec.rows, "kept": spec.kept * each, "fresh": spec.fresh * each},
    )


def pad(layer: net.Layer) -> Descriptor:
    """tr_pad."""
    spec = spec_of(layer, net.Pad)
    return Descriptor(
        "tr_pad",
        {"size": spec.size, "before": spec.before, "after": spec.after, "value": spec.value},
    )


def concatenation(layer: net.Layer) -> Descriptor:
    """tr_concatenation."""
    spec = spec_of(layer, net.Concat)
    return Descriptor(
        "tr_concatenation",
        {
            "rows": spec.rows,
            "count": len(spec.lengths),
            "lengths": Array("uint32_t", np.array(spec.lengths, np.int64)),
            "output": output(layer),
        },
    )


def bilinear(layer: net.Layer) -> Descriptor:
    """tr_resize_bilinear."""
    spec = spec_of(layer, net.Bilinear)

    def axis(places: tuple[Between, ...]) -> dict[str, Field]:
        parts = [[p.lower, p.upper, p.fraction] for p in places]
        return {"count": len(places), "places": Array("int32_t", np.array(parts))}

    return Descriptor(
        "tr_resize_bilinear",
        {
            "batches": spec.batches,
            "in_h": spec.in_h,
            "in_w": spec.in_w,
            "channels": spec.channels,
            "rows": axis(spec.rows),
            "columns": axis(spec.columns),
        },
    )
