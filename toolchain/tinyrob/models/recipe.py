"""Recipes: everything that a training run depends on, as a TOML file of known keys only.

A field that is added to a class here is marked ``_LATER``: then runs that were begun before it
keep their identity (``describe``), and go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from tinyrob.data.own.description import Description
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import Plan

_LATER = {"later": True}  # of a field that ``describe`` leaves out where it has its default


def describe(value: Any) -> str:
    """``repr(value)``, without the fields marked ``_LATER`` that have their default."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = (
            f"{f.name}={describe(getattr(value, f.name))}"
            for f in fields(value)
            if f.repr and not (f.metadata == _LATER and getattr(value, f.name) == f.default)
        )
        return f"{type(value).__qualname__}({', '.join(parts)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {describe(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(describe, value)) + (",)" if len(value) == 1 else ")")
    return repr(value)


@dataclass(frozen=True)
class Stem:
    """The first convolution; ``kernel`` is its side, or its height and width."""

    filters: int
    kernel: int | tuple[int, int] = 3
    stride: int = 1


@dataclass(frozen=True)
class Stage:
    """``blocks`` blocks of ``filters`` channels; the first one has the stride."""

    filters: int
    blocks: int = 1
    stride: int = 2


@dataclass(frozen=True)
class Topology:
    """The network's shape, without a word on precision.

    The family ``stq`` (``tinyrob.models.topologies``) has a stem, stages and a head; ``mlp``,
    ``conv1d``, ``dscnn`` and ``mobilenet`` (``tinyrob.models.own.families``) go by ``filters`` and
    keys of their own: mlp has dense layers of so many units (64, 64), conv1d convolutions along a
    sequence (16, 32, 32; ``kernel`` 3, ``dilation`` 1, 2, 4, …, ``strides``, ``causal``), dscnn
    depthwise-separable blocks (64 four times; ``kernel`` [10, 4] of the stem), mobilenet the first
    version's blocks times ``width``; autoencoder has dense layers (64, 8, 64) and gives its input
    back: with the table ``anomaly`` it tells what is unlike all that it learned. ``steps`` is a
    network spelled step by step, with the ``shape`` of its input. ``keras`` is a float Keras model
    instead: a .h5 or .keras file of Keras 2 or 3 (or a SavedModel's folder of
    Keras 2), which is read as data, or ``"net.py:build"``, a
    function of your own, which is run; ``input`` is what the bytes 0 and 255 are to it, and
    ``weights`` whether its weights are the first ones.
    """

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
    ``fused`` estimates the weighted sum of all layers' penalties with one backward pass.
    Float epochs go without it, unless ``warmup`` says that they have it too.
    """

    logits: float = 0.0
    layers: Mapping[str, float] = field(default_factory=dict)
    images: int = 0
    projections: int = 1
    fused: bool = field(default=False, metadata=_LATER)
    warmup: bool = field(default=False, metadata=_LATER)

    @property
    def weights(self) -> dict[str, float]:
        """Layer name to weight, of those that are not zero."""
        return {k: w for k, w in {"logits": self.logits, **self.layers}.items() if w > 0}


@dataclass(frozen=True)
class Epochs:
    """``warmup`` in float, ``qat`` quantized, ``settle`` in the form that is deployed.

    In ``settle`` the kernels are drawn no more, and the statistics of normalization stay. Without
    ``qat`` the float network goes straight into ``settle``. With ``warmup`` alone the run ends with
    a float network, which can teach or start others (``float.npz``), and nothing is frozen.
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
        """The same shares of ``total`` epochs; at least one is quantized (``qat``, if any was)."""
        if self.qat + self.settle == 0:
            return Epochs(total, 0, 0)
        warmup = min(total - 1, total * self.warmup // self.total)
        if self.qat == 0:
            return Epochs(warmup, 0, total - warmup)
        settle = min(total - 1 - warmup, total * self.settle // self.total)
        return Epochs(warmup, total - warmup - settle, settle)


@dataclass(frozen=True)
class LearningRate:
    """Peak of the float warm-up and of the quantized epochs.

    ``begin`` is the rate of the first quantized step, from which it goes to ``qat`` over the ramp:
    a high one throws the float solution away. 0: as low as the ramp's first step.
    """

    warmup: float = 2e-3
    qat: float = 2e-3
    begin: float = field(default=0.0, metadata=_LATER)


@dataclass(frozen=True)
class Augment:
    """Random horizontal flips, and shifts of up to ``shift`` pixels.

    Of recordings: shifts of up to ``time`` ms, background noise of up to ``noise`` (0..1) times its
    recorded volume, up to ``speed`` (0..0.5) faster or slower (Ko et al., "Audio augmentation for
    speech recognition", Interspeech 2015), up to ``gain`` decibels louder (clipped at full scale)
    or softer, and through a filter of ``equalizer`` decibels (root mean square over the bands), as
    of a microphone or room. ``snr = [5, 25]`` puts each recording in background, and its loudest
    quarter of a second so many decibels above it, at random between the two.
    """

    flip: bool = False
    shift: int = 0
    time: int = field(default=0, metadata=_LATER)
    noise: float = field(default=0.0, metadata=_LATER)
    speed: float = field(default=0.0, metadata=_LATER)
    gain: float = field(default=0.0, metadata=_LATER)
    equalizer: float = field(default=0.0, metadata=_LATER)
    snr: tuple[float, float] | None = field(default=None, metadata=_LATER)

    @property
    def of_recordings(self) -> bool:
        """Whether inputs have to be made anew from their recordings."""
        return bool(
            self.time or self.noise or self.speed or self.gain or self.equalizer or self.snr
        )


@dataclass(frozen=True)
class Training:
    """Schedule and optimizer.

    ``average`` is the decay a step of the averaged weights that are deployed (0: none);
    ``average_from`` is the phase in which they begin: ``"warmup"``, then the quantized epochs begin
    with the averaged float weights, or ``"qat"``. ``validation`` of the last training inputs are
    held out, to choose hyper-parameters by.

    ``init`` is where the first weights come from (``tinyrob.training.weights``): a run's folder, an
    .npz, a float Keras model (.h5, .keras) or a zoo name. ``weight_decay`` is decoupled, of kernels
    only: each step takes rate times it off them (Loshchilov and Hutter, 2019, arXiv 1711.05101).
    ``label_smoothing`` is the share of a label that goes to all classes alike (Szegedy et al.,
    2016, arXiv 1512.00567).

    ``ease``: over that many epochs of ``qat`` the share of weights (and of normalization gains)
    that are quantized grows from none to all, the others stay float (Dong et al., 2017, arXiv
    1708.01001, in a fixed random order).

    ``keep = "best"`` ends with the epoch of the last phase that was best under the probe's attack
    on held-out inputs, and with ``patience`` a run stops after that many epochs that were no better
    (Rice, Wong and Kolter, 2020, arXiv 2002.11569); 0: never.
    """

    epochs: Epochs = field(default_factory=Epochs)
    batch: int = 128
    optimizer: str = "adam"
    learning_rate: LearningRate = field(default_factory=LearningRate)
    schedule: str = "cosine"
    augment: Augment = field(default_factory=Augment)
    average: float = field(default=0.0, metadata=_LATER)
    validation: int = field(default=0, metadata=_LATER)
    average_from: str = field(default="qat", metadata=_LATER)
    init: str = field(default="", metadata=_LATER)
    weight_decay: float = field(default=0.0, metadata=_LATER)
    label_smoothing: float = field(default=0.0, metadata=_LATER)
    ease: int = field(default=0, metadata=_LATER)
    keep: str = field(default="last", metadata=_LATER)
    patience: int = field(default=0, metadata=_LATER)


@dataclass(frozen=True)
class Adversarial:
    """Training on attacked inputs; ``eps`` is an L-inf radius in int8 steps of the input.

    ``"fast"``: ``steps`` steps of ``step * eps / steps`` from random starts, on ``share`` of each
    batch; with more than one, the training of Madry et al. (2018, arXiv 1706.06083).
    ``"trades"``: ``steps`` steps of ``step * eps``; ``beta`` weighs the divergence.
    ``"rslad"`` and ``"adaad"``: ``steps`` steps of ``step * eps`` away from the teacher that the
    table ``distillation`` names.
    ``"ibp"``: no attack, but the loss of the worst logits that interval bounds allow within
    ``eps``, which weighs ``share``, and the clean ones the rest
    (``tinyrob.training.interval_bounds``): for networks that ``tinyrob certify`` can prove.
    The radius grows from 0 to ``eps`` over the first ``ramp`` epochs: a network that knows nothing
    yet learns little from inputs attacked as hard as the last ones. ``stages`` change the number of
    steps on the way: (share of all epochs from which on, steps), in order; their reach stays.

    ``weight_perturbation`` is how far the kernels are moved, too, as a share of each one's norm, to
    where the loss is higher (``tinyrob.training.weight_perturbation``); 0: not at all.
    """

    method: str = "none"
    eps: float = 0.0
    step: float = 1.25
    steps: int = 1
    share: float = 1.0
    beta: float = 6.0
    ramp: int = field(default=0, metadata=_LATER)
    weight_perturbation: float = field(default=0.0, metadata=_LATER)
    stages: tuple[tuple[float, int], ...] = field(default=(), metadata=_LATER)


@dataclass(frozen=True)
class Distillation:
    """A robust teacher in place of hard labels (``tinyrob.training.distillation``).

    ``teacher`` is a run's folder, a zoo name, or an .npz of its logits for the training inputs.
    ``labels``: ``"each"`` asks the teacher for each batch, ``"once"`` for every training input with
    all its flips and shifts before the first epoch. ``share`` weighs attacked inputs, the rest
    clean ones. ``igdm`` weighs how differently both react to the attack; 0: not at all.
    """

    teacher: str = ""
    labels: str = "each"
    share: float = 5 / 6
    igdm: float = 0.0


@dataclass(frozen=True)
class Detection:
    """What an autoencoder learns, and when it gives alarm (``tinyrob.data.anomaly``).

    ``normal`` is the class that it is trained on; all others are anomalies, which the test split
    alone needs. The threshold is the least that at most the share ``false_alarms`` of the normal
    validation inputs lie above.
    """

    normal: str
    false_alarms: float = 0.01


@dataclass(frozen=True)
class Probe:
    """A quick PGD after each epoch: on how many ``images`` (0: none), how far, how many steps."""

    images: int = 0
    eps: float = 0.0
    steps: int = 10


def weighs_classes(dataset: str | Description) -> bool:
    """Whether classes of a user's own data count unlike each other in the loss."""
    return not isinstance(dataset, str) and bool(dataset.class_weights)


def validates(dataset: str | Description) -> bool:
    """Whether data of a user's own come with a validation split."""
    if isinstance(dataset, str):
        return False
    return dataset.split.validation > 0 or "validation" in dataset.split.by_name


@dataclass(frozen=True)
class Recipe:
    """All that a run depends on, besides the data. ``text`` is the TOML that it was read from.

    ``features`` are what recordings become (None: what the dataset has always made of them);
    ``listen`` is how the app of that name decides, which training does not ask for.
    """

    name: str
    dataset: str | Description
    topology: Plan | Family | Topology
    quantizers: Quantizers = field(default_factory=Quantizers)
    jacobian: Jacobian = field(default_factory=Jacobian)
    training: Training = field(default_factory=Training)
    seed: int = 0
    adversarial: Adversarial = field(default=Adversarial(), metadata=_LATER)
    probe: Probe = field(default=Probe(), metadata=_LATER)
    distillation: Distillation = field(default=Distillation(), metadata=_LATER)
    features: Features | None = field(default=None, metadata=_LATER)
    listen: Decisions | None = field(default=None, repr=False)
    anomaly: Detection | None = field(default=None, metadata=_LATER)
    text: str = field(default="", compare=False, repr=False)
