"""The one table of kernels: which C function runs a layer on which instruction set.

To add an instruction set: a folder firmware/kernels/<isa>/ with its kernels, a folder here with a
row for each of them, and its name in ``INSTRUCTION_SETS``. Nothing else changes: the emitter asks
this table for sources, descriptors, scratch, alignment and compiler flags.
"""

from __future__ import annotations

from tinyrob.errors import UnsupportedModel
from tinyrob.kernels.dsp.rows import DSP
from tinyrob.kernels.kernel import InstructionSet, Kernel
from tinyrob.kernels.mve.rows import MVE
from tinyrob.kernels.portable.rows import PORTABLE
from tinyrob.network.layers import Layer

INSTRUCTION_SETS: dict[str, InstructionSet] = {one.name: one for one in (PORTABLE, DSP, MVE)}
KERNELS: tuple[Kernel, ...] = (*PORTABLE.kernels, *DSP.kernels, *MVE.kernels)


def choose(layer: Layer, isa: str, table: tuple[Kernel, ...] = KERNELS) -> Kernel:
    """The first kernel of the table that runs this layer, in the order of its fallbacks.

    Raises UnsupportedModel for an instruction set or a layer that none is for.
    """
    kernel = find(layer, isa, table)
    if kernel is not None:
        return kernel
    raise UnsupportedModel(
        f"layer {layer.name!r}: no {isa} kernel takes this {layer.op}",
        "see the ranges in firmware/include/tinyrob",
    )


def find(
    layer: Layer, isa: str, table: tuple[Kernel, ...] = KERNELS, roomy: bool = False
) -> Kernel | None:
    """What ``choose`` gives, or None where no kernel takes the layer; of those that are
    ``roomy``, or of the others."""
    if isa not in INSTRUCTION_SETS:
        raise UnsupportedModel(
            f"no kernels for instruction set {isa!r}",
            "known: " + ", ".join(sorted(INSTRUCTION_SETS)),
        )
    for folder in (isa, *INSTRUCTION_SETS[isa].fallback):
        for kernel in table:
            if (
                (kernel.kind, kernel.isa) == (layer.spec.kind, folder)
                and kernel.dtype in (layer.dtype, None)
                and kernel.roomy == roomy
                and kernel.accepts(layer)
            ):
                return kernel
    return None
