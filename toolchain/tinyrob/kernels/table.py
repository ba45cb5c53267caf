"""The one table of kernels: which C function runs a layer on which instruction set.

To add an instruction set: a folder firmware/kernels/<isa>/ with its kernels, a row for each of
them in ``KERNELS``, and a line in ``FALLBACK`` with the sets to look in after it. Nothing else
changes: the emitter asks this table for sources, descriptors, scratch and alignment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tinyrob.errors import UnsupportedModel
from tinyrob.kernels.descriptor import Descriptor
from tinyrob.kernels.dsp import describe as describe_dsp
from tinyrob.kernels.dsp import packed as dsp_packed
from tinyrob.kernels.mve import describe as describe_mve
from tinyrob.kernels.portable import describe, packed
from tinyrob.network import layers as n
from tinyrob.network.layers import Layer


def _always(layer: Layer) -> bool:
    return True


def _no_scratch(layer: Layer) -> int:
    return 0


def _as_fast(layer: Layer, plain: str) -> float:
    return 1.0


def _nowhere(layer: Layer) -> tuple[int, ...]:
    return ()


def _first(layer: Layer) -> tuple[int, ...]:
    return (0,)


def _not_repeated(layer: Layer) -> tuple[int, ...]:
    spec = layer.spec
    assert isinstance(spec, n.Add | n.Minimum | n.Maximum)
    repeats = (spec.shape.a_repeats, spec.shape.b_repeats)
    return tuple(i for i, mask in enumerate(repeats) if not mask)


@dataclass(frozen=True)
class Kernel:
    """One C function: ``void symbol(const struct *, const int8_t *in..., int8_t *out, void *)``.

    ``source`` is under firmware/kernels and includes the header that declares the function,
    ``tinyrob/<header>`` under firmware/include. ``describe`` makes its struct and packs the
    weights as it reads them; ``accepts`` says for which layers it is; ``scratch`` is bytes it
    wants for one call; ``in_place`` which inputs its output may overwrite; ``align`` what the
    addresses of activations and scratch must be multiples of. ``variadic`` kernels take an array
    of input pointers. ``parts`` are functions it shares with others of its folder: more files.
    ``slowdown`` of a kernel of packed weights: instructions over those of the plain kernel, given
    that one's ``isa``.
    """

    kind: str
    isa: str
    symbol: str
    describe: Callable[[Layer], Descriptor]
    accepts: Callable[[Layer], bool] = _always
    scratch: Callable[[Layer], int] = _no_scratch
    in_place: Callable[[Layer], tuple[int, ...]] = _nowhere
    align: int = 1
    variadic: bool = False
    slowdown: Callable[[Layer, str], float] = _as_fast
    parts: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The kernel's file, relative to firmware/kernels."""
        return f"{self.isa}/{self.symbol}.c"

    @property
    def sources(self) -> tuple[str, ...]:
        """All its files: its own, then its parts'."""
        return (self.source, *(f"{self.isa}/{part}.c" for part in self.parts))

    @property
    def header(self) -> str:
        """The header that declares it, as C includes it."""
        return f"tinyrob/{self.symbol}.h"


_DSP_CONV = (
    "tr_dsp_clamp", "tr_dsp_conv", "tr_dsp_dot", "tr_dsp_expand", "tr_dsp_gather",
    "tr_dsp_walk_start",
)  # fmt: skip
_DSP_DEPTHWISE = (
    "tr_dsp_clamp", "tr_dsp_depthwise", "tr_dsp_depthwise3", "tr_dsp_lines_next",
    "tr_dsp_lines_start",
)  # fmt: skip
_MVE_CONV = ("tr_mve_conv_row", "tr_mve_dot", "tr_mve_strip")

_DSP_2BIT = (
    "tr_dsp_clamp", "tr_dsp_conv_2bit", "tr_dsp_dot_2bit", "tr_dsp_expand", "tr_dsp_gather",
    "tr_dsp_packed_sums", "tr_dsp_walk_start",
)  # fmt: skip
_DSP_4BIT = (
    "tr_dsp_clamp", "tr_dsp_conv_4bit", "tr_dsp_dot_4bit", "tr_dsp_expand", "tr_dsp_gather",
    "tr_dsp_packed_sums", "tr_dsp_walk_start",
)  # fmt: skip

KERNELS: tuple[Kernel, ...] = (
    Kernel("CONV_2D", "portable", "tr_conv2d_s8", describe.conv2d),
    Kernel("DEPTHWISE_CONV_2D", "portable", "tr_depthwise_conv2d_s8", describe.depthwise_conv2d),
    Kernel("FULLY_CONNECTED", "portable", "tr_fully_connected_s8", describe.fully_connected),
    Kernel("ADD", "portable", "tr_add_s8", describe.add, in_place=_not_repeated),
    Kernel("AVERAGE_POOL_2D", "portable", "tr_average_pool_s8", describe.pool),
    Kernel("MAX_POOL_2D", "portable", "tr_max_pool_s8", describe.pool),
    Kernel("MEAN", "portable", "tr_mean_s8", describe.mean),
    Kernel("PAD", "portable", "tr_pad_s8", describe.pad),
    Kernel("SOFTMAX", "portable", "tr_softmax_s8", describe.softmax, in_place=_first),
    Kernel("REQUANTIZE", "portable", "tr_requantize_s8", describe.requantize, in_place=_first),
    Kernel("MINIMUM", "portable", "tr_minimum_s8", describe.extremum, in_place=_not_repeated),
    Kernel("MAXIMUM", "portable", "tr_maximum_s8", describe.extremum, in_place=_not_repeated),
    Kernel(
        "CONCATENATION", "portable", "tr_concatenation_s8", describe.concatenation, variadic=True
    ),
    Kernel(
        "CONV_2D_2BIT", "portable", "tr_conv2d_2bit_s8", packed.conv2d(2), packed.accepts(2),
        slowdown=packed.conv2d_slowdown,
    ),
    Kernel(
        "CONV_2D_4BIT", "portable", "tr_conv2d_4bit_s8", packed.conv2d(4), packed.accepts(4),
        slowdown=packed.conv2d_slowdown,
    ),
    Kernel(
        "DEPTHWISE_CONV_2D_UNIFORM", "portable", "tr_depthwise_uniform_s8", packed.uniform,
        packed.uniform_accepts, slowdown=packed.uniform_slowdown,
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_dsp_s8", describe_dsp.conv2d, describe_dsp.conv2d_accepts,
        describe_dsp.conv2d_scratch, describe_dsp.conv2d_in_place, align=4, parts=_DSP_CONV,
    ),
    Kernel(
        "CONV_2D_ADD", "dsp", "tr_conv2d_add_dsp_s8", describe_dsp.conv2d_add,
        describe_dsp.conv2d_add_accepts, describe_dsp.conv2d_add_scratch,
        describe_dsp.conv2d_add_in_place, align=4, parts=(*_DSP_CONV, "tr_dsp_add"),
    ),
    Kernel(
        "CONV_2D_2BIT", "dsp", "tr_conv2d_2bit_dsp_s8", dsp_packed.conv2d(2), dsp_packed.accepts(2),
        dsp_packed.scratch, describe_dsp.conv2d_in_place, align=4, parts=_DSP_2BIT,
        slowdown=dsp_packed.slowdown,
    ),
    Kernel(
        "CONV_2D_4BIT", "dsp", "tr_conv2d_4bit_dsp_s8", dsp_packed.conv2d(4), dsp_packed.accepts(4),
        dsp_packed.scratch, describe_dsp.conv2d_in_place, align=4, parts=_DSP_4BIT,
        slowdown=dsp_packed.slowdown,
    ),
    Kernel(
        "CONV_2D_ADD_2BIT", "dsp", "tr_conv2d_add_2bit_dsp_s8", dsp_packed.conv2d_add(2),
        dsp_packed.accepts(2), dsp_packed.scratch, describe_dsp.conv2d_add_in_place, align=4,
        parts=(*_DSP_2BIT, "tr_dsp_add"), slowdown=dsp_packed.slowdown,
    ),
    Kernel(
        "CONV_2D_ADD_4BIT", "dsp", "tr_conv2d_add_4bit_dsp_s8", dsp_packed.conv2d_add(4),
        dsp_packed.accepts(4), dsp_packed.scratch, describe_dsp.conv2d_add_in_place, align=4,
        parts=(*_DSP_4BIT, "tr_dsp_add"), slowdown=dsp_packed.slowdown,
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_dsp_s8", describe_dsp.depthwise_conv2d,
        describe_dsp.depthwise_accepts, describe_dsp.depthwise_scratch,
        describe_dsp.depthwise_in_place, align=4,
        parts=_DSP_DEPTHWISE,
    ),
    Kernel(
        "FULLY_CONNECTED", "dsp", "tr_fully_connected_dsp_s8", describe_dsp.fully_connected,
        describe_dsp.fully_connected_accepts, describe_dsp.fully_connected_scratch,
        parts=("tr_dsp_dot4",),
    ),
    Kernel(
        "AVERAGE_POOL_2D", "dsp", "tr_average_pool_dsp_s8", describe.pool,
        describe_dsp.average_pool_accepts,
    ),
    Kernel(
        "ADD", "dsp", "tr_add_dsp_s8", describe.add, describe_dsp.add_accepts,
        in_place=_not_repeated, parts=("tr_dsp_add", "tr_dsp_clamp"),
    ),
    Kernel(
        "CONV_2D", "mve", "tr_conv2d_mve_s8", describe_mve.conv2d, describe_mve.conv2d_accepts,
        describe_mve.conv2d_scratch, align=4, parts=_MVE_CONV,
    ),
    Kernel(
        "CONV_2D_ADD", "mve", "tr_conv2d_add_mve_s8", describe_mve.conv2d_add,
        describe_mve.conv2d_add_accepts, describe_mve.conv2d_add_scratch,
        describe_mve.conv2d_add_in_place, align=4, parts=(*_MVE_CONV, "tr_mve_add"),
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "mve", "tr_depthwise_conv2d_mve_s8", describe_mve.depthwise_conv2d,
        describe_mve.depthwise_accepts, describe_mve.depthwise_scratch, align=4,
        parts=("tr_mve_planes",),
    ),
    Kernel(
        "FULLY_CONNECTED", "mve", "tr_fully_connected_mve_s8", describe_mve.fully_connected,
        describe_mve.fully_connected_accepts,
    ),
    Kernel(
        "ADD", "mve", "tr_add_mve_s8", describe.add, describe_mve.add_accepts,
        in_place=_not_repeated, parts=("tr_mve_add",),
    ),
    Kernel(
        "AVERAGE_POOL_2D", "mve", "tr_average_pool_mve_s8", describe.pool,
        parts=("tr_mve_area_of",),
    ),
    Kernel("MAX_POOL_2D", "mve", "tr_max_pool_mve_s8", describe.pool, parts=("tr_mve_area_of",)),
    Kernel("MEAN", "mve", "tr_mean_mve_s8", describe.mean, describe_mve.mean_accepts),
)  # fmt: skip

FALLBACK: dict[str, tuple[str, ...]] = {
    "portable": ("portable",),
    "dsp": ("dsp", "portable"),
    "mve": ("mve", "portable"),
}
"""For each instruction set, where its kernels are looked for, in order."""


def choose(layer: Layer, isa: str, table: tuple[Kernel, ...] = KERNELS) -> Kernel:
    """The first kernel of the table that runs this layer, in the order of ``FALLBACK``.

    Raises UnsupportedModel for an instruction set or a layer that none is for.
    """
    kernel = find(layer, isa, table)
    if kernel is not None:
        return kernel
    raise UnsupportedModel(
        f"layer {layer.name!r}: no {isa} kernel takes this {layer.op}",
        "see the ranges in firmware/include/tinyrob",
    )


def find(layer: Layer, isa: str, table: tuple[Kernel, ...] = KERNELS) -> Kernel | None:
    """What ``choose`` gives, or None where no kernel takes the layer."""
    if isa not in FALLBACK:
        raise UnsupportedModel(
            f"no kernels for instruction set {isa!r}", "known: " + ", ".join(sorted(FALLBACK))
        )
    for folder in FALLBACK[isa]:
        for kernel in table:
            if (kernel.kind, kernel.isa) == (layer.spec.kind, folder) and kernel.accepts(layer):
                return kernel
    return None
