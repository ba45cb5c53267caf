"""Families of networks beside STQ, each a plan for any shape of inputs and number of classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from tinyrob.models.own.plan import INPUT, Pair, Plan, Shape, Step

V1_FILTERS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
V1_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
"""MobileNet's thirteen blocks (Howard et al., 2017, arXiv 1704.04861)."""


@dataclass(frozen=True)
class Family:
    """A network by its family and a few numbers; what they mean, and their defaults, differ.

    - ``mlp``: dense layers of ``filters`` units (64, 64), normalized
    - ``conv1d``: convolutions along the first axis, of ``filters`` (16, 32, 32), ``kernel`` (3),
      ``strides`` (1 each) and ``dilation`` (1, 2, 4, …); ``causal``: none looks ahead
    - ``dscnn``: a convolution of ``kernel`` (10 x 4) and stride 2, then depthwise-separable blocks
      of ``filters`` (64 four times), as in Zhang et al., "Hello Edge" (2017, arXiv 1711.07128)
    - ``mobilenet``: the first version's blocks, of ``filters`` times ``width`` (0.25), ``strides``
    - ``autoencoder``: dense layers of ``filters`` units (64, 8, 64), normalized, and then one that
      gives the input back, on its own grid: ``reconstruction`` (``tinyrob.data.anomaly``)

    All but ``mlp`` and ``autoencoder`` end in a mean over the picture or sequence; the last layer
    is ``logits``.
    """

    family: str
    filters: tuple[int, ...] = ()
    kernel: Pair = (3, 3)
    strides: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    causal: bool = True
    width: float = 1.0

    def plan(self, shape: Shape, classes: int) -> Plan:
        """The network for inputs of ``shape``. Raises ValueError where it cannot be."""
        steps = tuple(_FAMILIES[self.family](self, shape, classes))
        plan = Plan(shape, steps)
        plan.shapes()
        return plan

    def nominal(self) -> Plan:
        """The network for some shape: its layers' names are those for any."""
        return self.plan((64, 64, 1), 2)


def _mlp(family: Family, shape: Shape, classes: int) -> Iterator[Step]:
    before = INPUT
    if len(shape) > 1:
        yield Step("flat", "reshape", (INPUT,), shape=(prod(shape),))
        before = "flat"
    for number, units in enumerate(family.filters, 1):
        name = f"hidden{number}"
        yield Step(name, "dense", (before,), units, norm=True, activation="relu")
        before = name
    yield _logits(before, classes)


def _autoencoder(family: Family, shape: Shape, classes: int) -> Iterator[Step]:
    *hidden, logits = _mlp(family, shape, classes)
    yield from hidden
    yield Step("reconstruction", "dense", logits.reads, prod(shape), activation="input")


def _conv1d(family: Family, shape: Shape, classes: int) -> Iterator[Step]:
    before, length = INPUT, shape[0]
    channels = prod(shape[1:])
    if shape != (length, 1, channels):
        yield Step("sequence", "reshape", (INPUT,), shape=(length, 1, channels))
        before = "sequence"
    for number, filters in enumerate(family.filters, 1):
        name, place = f"conv{number}", number - 1
        dilation, stride = family.dilation[place], family.strides[place]
        kernel = family.kernel[0]
        if family.causal:
            past = (kernel - 1) * dilation
            yield Step(f"{name}_past", "pad", (before,), border=(past, 0, 0, 0))
            before = f"{name}_past"
        yield Step(
            name,
            "conv",
            (before,),
            filters,
            (kernel, 1),
            (stride, 1),
            "valid" if family.causal else "same",
            (dilation, 1),
            True,
            "relu",
        )
        before, length = name, -(-length // stride)
    yield from _head(before, (length, 1), family.filters[-1], classes)


def _separable(
    before: str, size: Pair, filters: Sequence[int], strides: Sequence[int], classes: int
) -> Iterator[Step]:
    for number, (outputs, stride) in enumerate(zip(filters, strides, strict=True), 1):
        name = f"block{number}"
        half = f"{name}_depthwise"
        yield Step(
            half, "depthwise", (before,), 1, (3, 3), (stride, stride), "same", (1, 1), True, "relu"
        )
        yield Step(name, "conv", (half,), outputs, norm=True, activation="relu")
        before, size = name, (-(-size[0] // stride), -(-size[1] // stride))
    yield from _head(before, size, filters[-1], classes)


def _image(shape: Shape) -> tuple[list[Step], str, Shape]:
    """A picture of any input: rows of a sequence or vector, one channel a feature."""
    if len(shape) == 3:
        return [], INPUT, shape
    image = (shape[0], 1, shape[1]) if len(shape) == 2 else (1, 1, *shape)
    return [Step("image", "reshape", (INPUT,), shape=image)], "image", image


def _stemmed(
    family: Family, shape: Shape, classes: int, kernel: Pair, first: int
) -> Iterator[Step]:
    steps, before, image = _image(shape)
    yield from steps
    yield Step("stem", "conv", (before,), first, kernel, (2, 2), "same", (1, 1), True, "relu")
    size = (-(-image[0] // 2), -(-image[1] // 2))
    filters = [max(1, round(n * family.width)) for n in family.filters]
    yield from _separable("stem", size, filters, family.strides, classes)


def _dscnn(family: Family, shape: Shape, classes: int) -> Iterator[Step]:
    return _stemmed(family, shape, classes, family.kernel, family.filters[0])


def _mobilenet(family: Family, shape: Shape, classes: int) -> Iterator[Step]:
    return _stemmed(family, shape, classes, (3, 3), max(1, round(32 * family.width)))


def _head(before: str, size: Pair, channels: int, classes: int) -> Iterator[Step]:
    yield Step("pool", "average", (before,), 0, size, size, activation="relu")
    yield Step("flat", "reshape", ("pool",), shape=(channels,))
    yield _logits("flat", classes)


def _logits(before: str, classes: int) -> Step:
    return Step("logits", "dense", (before,), classes, activation="signed")


_FAMILIES: Mapping[str, Callable[[Family, Shape, int], Iterator[Step]]] = {
    "mlp": _mlp,
    "conv1d": _conv1d,
    "dscnn": _dscnn,
    "mobilenet": _mobilenet,
    "autoencoder": _autoencoder,
}

NAMES = tuple(_FAMILIES)
"""The families' names."""
