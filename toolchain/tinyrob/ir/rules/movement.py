"""Rules of operators that only move values, and of those that join them."""

from __future__ import annotations

from tinyrob.ir.graph import (
    ArgMax,
    ArgMin,
    Gather,
    Pack,
    PadV2,
    ResizeBilinear,
    ReverseV2,
    SpaceToBatchNd,
    Tensor,
)
from tinyrob.ir.moves import FIXED_BATCH, BadMove, Int64Array, looks_up, moved, sources
from tinyrob.ir.rules.common import Site


def check_move(site: Site) -> None:
    """Whatever ``ir.moves`` knows: the outputs have the shapes and the grid that follow.

    TFLite's converter gives REVERSE_V2 two grids, and moves integers all the same: so do we.
    """
    source = site.activation(moved(site.op))
    found = positions(site, source)
    outputs = site.outputs
    if len(found) != len(outputs):
        site.contradiction(f"has {len(outputs)} outputs instead of {len(found)}")
    for index, output in zip(found, outputs, strict=True):
        if isinstance(site.attributes, SpaceToBatchNd) and output.shape[:1] != index.shape[:1]:
            site.refuse(
                f"it makes a batch of {index.shape[0]}, and the file says {list(output.shape)}",
                FIXED_BATCH,
            )
        if index.shape != output.shape or index.size == 0:
            site.contradiction(
                f"its output has the shape {list(output.shape)}, which should be "
                f"{list(index.shape)}"
            )
        same_type(site, source, output)
        if not isinstance(site.attributes, ReverseV2):
            site.same_quantization(source, output=output)


def check_gather(site: Site) -> None:
    """GATHER: a move, or rows of a constant that are looked up."""
    if not looks_up(site.op, site.graph.tensors):
        return check_move(site)
    options, table, places = site.attributes, site.quantized(0), site.operand(1)
    assert isinstance(options, Gather)
    assert places is not None
    if options.batch_dims or not table.shape or options.axis % len(table.shape):
        site.refuse(
            f"it looks up along axis {options.axis} of {list(table.shape)}, with batch_dims "
            f"{options.batch_dims}",
            "tinyrob looks up rows, along axis 0: transpose the table",
        )
    index = site.op.inputs[1]
    found = [op for op in site.graph.ops[: site.index] if index in op.outputs]
    known = index in site.graph.inputs or any(
        isinstance(op.attributes, ArgMax | ArgMin) for op in found
    )
    if places.dtype != "int32" or not known:
        site.refuse(
            f"its indices {places.name!r} are {places.dtype}{'' if known else ' and computed'}",
            "tinyrob looks up by an int32 input of the network (tf.keras.Input(..., "
            "dtype='int32')), or by what ARG_MAX finds",
        )
    site.same_quantization(table)
    return site.shape((*places.shape, *table.shape[1:]))


def positions(site: Site, source: Tensor) -> list[Int64Array]:
    """Where in ``source`` the values of each output are."""
    try:
        return sources(site.op, site.graph.tensors)
    except BadMove as error:
        site.refuse(
            f"it does not go with {list(source.shape)}: {error}",
            error.hint,
        )


def check_bilinear(site: Site) -> None:
    """RESIZE_BILINEAR."""
    attributes = site.attributes
    assert isinstance(attributes, ResizeBilinear)
    site.count(2, 2)
    source, size = site.activation(), site.constant(1, "int32", "size")
    assert size.data is not None
    wanted = [int(n) for n in size.data.ravel()]
    if len(source.shape) != 4 or len(wanted) != 2 or min(wanted) < 1:
        site.contradiction(f"makes {wanted} of {list(source.shape)}")
    if attributes.align_corners and attributes.half_pixel_centers:
        site.refuse("it has both align_corners and half_pixel_centers", "use one of them")
    if max(*source.shape, *wanted) > 32767:
        site.refuse(f"it makes {wanted} of {list(source.shape)}", "kernels take up to 32767")
    site.same_quantization(source)
    site.shape((source.shape[0], *wanted, source.shape[3]))


def check_pack(site: Site) -> None:
    """PACK."""
    attributes = site.attributes
    assert isinstance(attributes, Pack)
    if len(site.op.inputs) != attributes.count or not attributes.count:
        site.contradiction(f"has {len(site.op.inputs)} inputs instead of {attributes.count}")
    tensors = [site.quantized(i) for i in range(attributes.count)]
    site.same_quantization(*tensors)
    shape, rank = list(tensors[0].shape), len(tensors[0].shape) + 1
    if any(list(t.shape) != shape for t in tensors):
        site.contradiction(f"packs shapes {[list(t.shape) for t in tensors]}")
    if not -rank <= attributes.axis < rank:
        site.contradiction(f"has axis {attributes.axis}")
    shape.insert(attributes.axis % rank, attributes.count)
    site.shape(shape)


def check_pad_v2(site: Site) -> None:
    """PADV2: PAD with a value of its own."""
    assert isinstance(site.attributes, PadV2)
    value = site.constant(2, site.output.dtype, "value")
    if value.elements != 1:
        site.contradiction(f"its value has the shape {list(value.shape)}")
    if value.quantization is not None:
        site.same_quantization(value)


def same_type(site: Site, source: Tensor, output: Tensor) -> None:
    """Values are handed on as they are."""
    if source.dtype != output.dtype:
        site.contradiction(f"makes {output.dtype} of {source.dtype}")
