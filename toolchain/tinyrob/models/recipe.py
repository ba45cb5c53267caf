"""Recipes: everything that a training run depends on, as a TOML file of known keys only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stem:
    """The first convolution."""

    filters: int
    kernel: int = 3
    stride: int = 1


@dataclass(frozen=True)
class Stage:
    """``blocks`` blocks of ``filters`` channels; the first one has the stride."""

    filters: int
    blocks: int = 1
    stride: int = 2


@dataclass(frozen=True)
class Topology:
    """An STQ network (``tinyrob.models.topologies``): its shape, without a word on precision."""

    stem: Stem
    stages: tuple[Stage, ...]
    family: str = "stq"
    residual: bool = True
    separable: bool = False
    head: str = "average"


@dataclass(frozen=True)
class Activation:
    """A grid of activations: unsigned values lie in ``[0, 2**integer)``."""

    bits: int = 8
    integer: int = 3


@dataclass(frozen=True)
class LayerQuantizers:
    """One layer's deviation from the default; None keeps the default."""

    kernel: str | int | None = None
    activation: Activation | None = None


@dataclass(frozen=True)
class Quantizers:
    """Precision: ``kernel`` is ``"stochastic_ternary"``, ``"ternary"`` or 2 to 8 bits."""

    kernel: str | int = "stochastic_ternary"
    activation: Activation = field(default_factory=Activation)
    layers: Mapping[str, LayerQuantizers] = field(default_factory=dict)

    def kernel_of(self, layer: str) -> str | int:
        """The kernel precision of one layer."""
        own = self.layers.get(layer)
        return self.kernel if own is None or own.kernel is None else own.kernel

    def activation_of(self, layer: str) -> Activation:
        """The output grid of one layer."""
        own = self.layers.get(layer)
        return self.activation if own is None or own.activation is None else own.activation


@dataclass(frozen=True)
class Jacobian:
    """Weights of the Jacobian penalty on the logits and on other layers' outputs.

    Each step estimates it on the first ``images`` images of the batch (0: all of them).
    """

    logits: float = 0.0
    layers: Mapping[str, float] = field(default_factory=dict)
    images: int = 0
    projections: int = 1

    @property
    def weights(self) -> dict[str, float]:
        """Layer name to weight, of those that are not zero."""
        return {k: w for k, w in {"logits": self.logits, **self.layers}.items() if w > 0}


@dataclass(frozen=True)
class Epochs:
    """``warmup`` in float, ``qat`` quantized, ``settle`` in the form that is deployed.

    In ``settle`` the kernels are drawn no more, and the statistics of normalization stay.
    """

    warmup: int = 0
    qat: int = 1
    settle: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.warmup + self.qat + self.settle

    def phase(self, epoch: int) -> str:
        """The phase of an epoch (from 0): ``warmup``, ``qat`` or ``settle``."""
        if epoch < self.warmup:
            return "warmup"
        return "qat" if epoch < self.warmup + self.qat else "settle"

    def scaled(self, total: int) -> Epochs:
        """The same shares of ``total`` epochs; at least one is ``qat``."""
        warmup = min(total - 1, total * self.warmup // self.total)
        settle = min(total - 1 - warmup, total * self.settle // self.total)
        return Epochs(warmup, total - warmup - settle, settle)


@dataclass(frozen=True)
class LearningRate:
    """Peak of the float warm-up and of the quantized epochs."""

    warmup: float = 2e-3
    qat: float = 2e-3


@dataclass(frozen=True)
class Augment:
    """Random horizontal flips, and shifts of up to ``shift`` pixels."""

    flip: bool = False
    shift: int = 0


@dataclass(frozen=True)
class Training:
    """Schedule and optimizer."""

    epochs: Epochs = field(default_factory=Epochs)
    batch: int = 128
    optimizer: str = "adam"
    learning_rate: LearningRate = field(default_factory=LearningRate)
    schedule: str = "cosine"
    augment: Augment = field(default_factory=Augment)


@dataclass(frozen=True)
class Recipe:
    """All that a run depends on, besides the data. ``text`` is the TOML that it was read from."""

    name: str
    dataset: str
    topology: Topology
    quantizers: Quantizers = field(default_factory=Quantizers)
    jacobian: Jacobian = field(default_factory=Jacobian)
    training: Training = field(default_factory=Training)
    seed: int = 0
    text: str = field(default="", compare=False, repr=False)
