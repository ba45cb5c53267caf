"""A plan: a network as steps that quantize and freeze exactly, whoever it comes from.

Convolutions and pools work on (H, W, C) only; a sequence (T, C) is (T, 1, C) to them. A step that
computes has its activation with it, which gives it its grid: ``relu`` (unsigned), ``signed`` or
``input`` (the input's own, for an autoencoder's last step).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Pair = tuple[int, int]

INPUT = "input"
"""What steps read the network's input as."""

KERNELS = ("conv", "depthwise", "dense", "scale")
"""Kinds of steps that have weights; ``scale`` is a normalization that stands alone."""
ACTIVE = (*KERNELS, "add", "average", "activation")
"""Kinds of steps that have an activation."""
MOVES = ("maximum", "reshape", "pad")
"""Kinds of steps whose values are their input's."""
KINDS = (*ACTIVE, *MOVES, "concatenate")


@dataclass(frozen=True)
class Step:
    """One step. Which fields count follows from ``kind``:

    - ``conv``: ``filters``, ``kernel``, ``strides``, ``padding``, ``dilation``, ``norm``
    - ``depthwise``: ``filters`` is the depth multiplier, the rest as of ``conv``
    - ``dense``: ``filters`` units, ``norm``
    - ``scale``: a factor and an offset a channel
    - ``average``, ``maximum``: ``kernel`` is the window
    - ``pad``: ``border`` (top, bottom, left, right), ``reshape``: ``shape``
    - ``add``, ``concatenate``, ``activation``: nothing more

    ``norm``: a batch normalization stands behind the kernel, in place of a bias.
    """

    name: str
    kind: str
    reads: tuple[str, ...]
    filters: int = 0
    kernel: Pair = (1, 1)
    strides: Pair = (1, 1)
    padding: str = "valid"
    dilation: Pair = (1, 1)
    norm: bool = False
    activation: str = ""
    border: tuple[int, ...] = ()
    shape: Shape = ()


@dataclass(frozen=True, eq=False)
class Origin:
    """The Keras model that a plan was made of: its file or function, the SHA-256 of that file, the
    weights by the plan's names (empty: none are carried over), and (layer, what became of it)."""

    name: str
    sha256: str
    weights: Mapping[str, NDArray[np.float32]]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Plan:
    """A network: the input's shape and the steps, the last of which gives the logits (classes,).

    ``origin`` is there until a run has begun: then the plan is the run's own.
    """

    shape: Shape
    steps: tuple[Step, ...]
    origin: Origin | None = field(default=None, compare=False, repr=False)

    @property
    def kernels(self) -> tuple[str, ...]:
        """Names of the steps with weights."""
        return tuple(s.name for s in self.steps if s.kind in KERNELS)

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the steps with an activation."""
        return tuple(s.name for s in self.steps if s.kind in ACTIVE)

    @property
    def logits(self) -> str:
        """The name of the step whose activation gives the logits: the last one that has one."""
        by_name, name = {s.name: s for s in self.steps}, self.steps[-1].name
        while by_name[name].kind in MOVES:
            name = by_name[name].reads[0]
        return name

    @property
    def reconstructs(self) -> bool:
        """Whether the output is the input anew, on its grid: of an autoencoder."""
        last = {s.name: s for s in self.steps}[self.logits]
        return last.activation == "input"

    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each step's output. Raises ValueError, saying which step cannot be."""
        known: dict[str, Shape] = {INPUT: self.shape}
        for step in self.steps:
            try:
                known[step.name] = step_shape(step, [known[name] for name in step.reads])
            except KeyError as error:
                raise ValueError(f"step {step.name!r} reads {error}, which is not before it") from (
                    None
                )
            except ValueError as error:
                raise ValueError(f"step {step.name!r}: {error}") from None
        return known

    def groups(self) -> Mapping[str, str]:
        """For each step with an activation, the name that all on one grid step share.

        Sums and concatenations join what they read; the input's own grid is fixed.
        """
        parent = {step.name: step.name for step in self.steps} | {INPUT: INPUT}

        def root(name: str) -> str:
            while parent[name] != name:
                name = parent[name]
            return name

        for step in self.steps:
            if step.kind in (*MOVES, "add", "concatenate"):
                for name in step.reads:
                    parent[root(name)] = root(step.name)
        return {step.name: root(step.name) for step in self.steps}

    def mixed(self) -> frozenset[str]:
        """The ``relu`` steps whose values are concatenated with signed ones."""
        groups = self.groups()
        joined = {groups[s.name] for s in self.steps if s.kind == "concatenate"}
        signed = {groups[s.name] for s in self.steps if s.activation == "signed"}
        return frozenset(
            s.name
            for s in self.steps
            if s.activation == "relu" and groups[s.name] in joined & signed
        )


def step_shape(step: Step, reads: list[Shape]) -> Shape:
    """The shape of a step's output from those that it reads. Raises ValueError."""
    if not reads or (len(reads) != 1 and step.kind not in ("add", "concatenate")):
        raise ValueError(f"reads {len(reads)} tensors")
    first = reads[0]
    if step.kind in ("conv", "depthwise", "average", "maximum", "pad") and len(first) != 3:
        raise ValueError(f"needs (height, width, channels), reads {first}")
    if step.kind in ("conv", "depthwise", "average", "maximum"):
        sizes = tuple(_along(step, first, axis) for axis in (0, 1))
        last = {"conv": step.filters, "depthwise": step.filters * first[2]}
        return (*sizes, last.get(step.kind, first[2]))
    if step.kind == "dense":
        if len(first) != 1:
            raise ValueError(f"needs (features,), reads {first}: put a reshape before it")
        return (step.filters,)
    if step.kind == "pad":
        top, bottom, left, right = step.border
        return (first[0] + top + bottom, first[1] + left + right, first[2])
    if step.kind == "reshape":
        if prod(step.shape) != prod(first):
            raise ValueError(f"{first} cannot become {step.shape}")
        return step.shape
    if step.kind == "add" and (len(reads) != 2 or reads[1] != first):
        raise ValueError(f"adds {' and '.join(map(str, reads))}")
    if step.kind == "concatenate":
        if len({shape[:-1] for shape in reads}) != 1:
            raise ValueError(f"joins {' and '.join(map(str, reads))} along the last axis")
        return (*first[:-1], sum(shape[-1] for shape in reads))
    return first


def _along(step: Step, shape: Shape, axis: int) -> int:
    extent = (step.kernel[axis] - 1) * step.dilation[axis] + 1
    room = shape[axis] - (extent if step.padding == "valid" else 1)
    if room < 0:
        raise ValueError(f"a window of {extent} does not fit {shape[axis]}")
    return room // step.strides[axis] + 1


def to_tables(plan: Plan) -> Iterator[dict[str, Any]]:
    """The steps as a recipe has them: what is not a default of its kind."""
    before = INPUT
    for step in plan.steps:
        table: dict[str, Any] = {"name": step.name, "kind": step.kind}
        if step.reads != (before,):
            table["reads"] = list(step.reads)
        for key in FIELDS[step.kind]:
            value = getattr(step, key)
            table[key] = list(value) if isinstance(value, tuple) else value
        yield table
        before = step.name


_WINDOW = ("kernel", "strides", "padding")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "conv": ("filters", *_WINDOW, "dilation", "norm", "activation"),
    "depthwise": ("filters", *_WINDOW, "dilation", "norm", "activation"),
    "dense": ("filters", "norm", "activation"),
    "scale": ("activation",),
    "add": ("activation",),
    "average": (*_WINDOW, "activation"),
    "activation": ("activation",),
    "maximum": _WINDOW,
    "reshape": ("shape",),
    "pad": ("border",),
    "concatenate": (),
}
"""The fields that count for each kind."""
