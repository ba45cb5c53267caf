"""A row of the kernel table, and an instruction set: its rows, its fallbacks, its flags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tinyrob.ir.graph import DType
from tinyrob.kernels.descriptor import Descriptor
from tinyrob.network import layers as net
from tinyrob.network.layers import Layer


def always(layer: Layer) -> bool:
    """``accepts`` of a kernel that takes every layer of its kind."""
    return True


def _no_scratch(layer: Layer) -> int:
    return 0


def _as_fast(layer: Layer, plain: Kernel) -> float:
    return 1.0


def _nowhere(layer: Layer) -> tuple[int, ...]:
    return ()


def first_input(layer: Layer) -> tuple[int, ...]:
    """``in_place`` of a kernel that reads each value once, before it writes there."""
    return (0,)


def every_input(layer: Layer) -> tuple[int, ...]:
    """``in_place`` of a kernel of many inputs that reads a value of each before it writes there."""
    return tuple(range(len(layer.inputs)))


def not_repeated(layer: Layer) -> tuple[int, ...]:
    """``in_place`` of two operands: those that are not broadcast."""
    spec = layer.spec
    assert isinstance(spec, net.Pair)
    repeats = (spec.shape.a_repeats, spec.shape.b_repeats)
    return tuple(i for i, mask in enumerate(repeats) if not mask)


@dataclass(frozen=True)
class Kernel:
    """One C function: ``void symbol(const struct *, const T *in..., T *out, void *scratch)``.

    ``source`` is under firmware/kernels and includes the header that declares the function,
    ``tinyrob/<header>`` under firmware/include. ``describe`` makes its struct and packs the
    weights as it reads them; ``accepts`` says for which layers it is; ``scratch`` is bytes it
    wants for one call; ``in_place`` which inputs its output may overwrite; ``align`` what the
    addresses of activations and scratch must be multiples of. ``variadic`` kernels take an array
    of input pointers. ``parts`` are functions it shares with others of its folder, or of one that
    they name: more files. ``slowdown`` of a kernel of packed weights: instructions over those of
    the plain kernel, which it is given. ``vector_products``: multiplying is as cheap as adding.
    ``dtype`` is the type of what it makes; its pointers are of the types of its values, or where
    ``dtype`` is None (any) all of int8_t, as those to states always are. ``roomy``: it is faster
    than what it stands behind, and taken where its scratch fits into what the network needs
    without it.
    """

    kind: str
    isa: str
    symbol: str
    describe: Callable[[Layer], Descriptor]
    accepts: Callable[[Layer], bool] = always
    scratch: Callable[[Layer], int] = _no_scratch
    in_place: Callable[[Layer], tuple[int, ...]] = _nowhere
    align: int = 1
    variadic: bool = False
    slowdown: Callable[[Layer, Kernel], float] = _as_fast
    parts: tuple[str, ...] = ()
    vector_products: bool = False
    dtype: DType | None = "int8"
    roomy: bool = False

    @property
    def source(self) -> str:
        """The kernel's file, relative to firmware/kernels."""
        return f"{self.isa}/{self.symbol}.c"

    @property
    def sources(self) -> tuple[str, ...]:
        """All its files: its own, then its parts'."""
        folders = (part if "/" in part else f"{self.isa}/{part}" for part in self.parts)
        return (self.source, *(f"{part}.c" for part in folders))

    @property
    def header(self) -> str:
        """The header that declares it, as C includes it."""
        return f"tinyrob/{self.symbol}.h"


@dataclass(frozen=True)
class InstructionSet:
    """A folder of firmware/kernels and what compiles it.

    ``fallback`` names the sets whose kernels are looked for after its own. ``objects`` are
    patterns (as make has them) of objects of this set that want other ``flags`` than kernels have;
    ``small`` are those that are compiled for size: no time is spent in them.
    """

    name: str
    kernels: tuple[Kernel, ...]
    fallback: tuple[str, ...] = ("portable",)
    objects: tuple[str, ...] = ()
    flags: str = ""
    small: tuple[str, ...] = ()
