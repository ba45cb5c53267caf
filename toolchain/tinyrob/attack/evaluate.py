"""Runs a suite: who is attacked, what counts as broken, what is kept for later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Ball
from tinyrob.attack.grid import Int8Array, Norm
from tinyrob.attack.searches import Searches, Wanted
from tinyrob.attack.store import Store
from tinyrob.attack.suites import Kind, Spec, Suite
from tinyrob.attack.target import Labels, Target, fooled
from tinyrob.cluster.workers import Here, Workers
from tinyrob.errors import TinyrobError

Watch = Callable[[str, float], None]  # what is running, and how much of the whole is done
Mask = NDArray[np.bool_]

LARGE_SAMPLES = 100


@dataclass(frozen=True)
class Row:
    """One figure: an attack at one eps.

    ``points`` (N, ...) are the int8 inputs that are scored on every runner: adversarial ones
    where the attack ran, else the clean ones (in a cascade: the worst ones so far). Only the first
    ``samples`` of them count. ``broken`` says which the reference gets wrong, ``own`` which
    of them this attack broke itself, ``gained`` how many nothing before it had broken;
    ``parameters`` are the attack's own.
    """

    name: str
    norm: Norm
    eps: float
    kind: Kind
    cascade: bool
    samples: int
    attacked: int
    gained: int
    seconds: float
    points: Int8Array
    broken: Mask
    own: Mask
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """The reference's accuracy on the points."""
        return float(1 - self.broken[: self.samples].mean())


@dataclass(frozen=True)
class Source:
    """A network that adversarial inputs are transferred from; ``digest`` is of its weights."""

    target: Target
    digest: str


@dataclass
class Evaluation:
    """Attacks ``target``, judges on ``judge`` (the reference artefact), and remembers in ``store``.

    ``sources``: other networks with the same inputs, for transfer. ``devices``: artefacts that are
    attacked through nothing but their answers, each by the specs beside it. ``identity`` names
    model and data for the store: state of another one is not taken. ``workers`` search.
    """

    target: Target
    judge: Target
    x: Int8Array
    y: Labels
    store: Store
    seed: int = 0
    identity: str = ""
    sources: Sequence[Source] = ()
    devices: Sequence[tuple[Target, Sequence[Spec]]] = ()
    watch: Watch = lambda _label, _share: None
    workers: Workers = field(default_factory=Here)
    clean: Mask = field(init=False)
    answers: NDArray[np.intp] = field(init=False)
    _done: int = field(init=False, default=0)
    _total: int = field(init=False, default=1)

    def run(self, suite: Suite, balls: Sequence[Ball]) -> list[Row]:
        """A row for each attack and ball, and one for the worst case of each ball.

        Raises TinyrobError for no samples or an eps that is no positive number, RunnerError where
        the judge or a device dies; what was found before is in the store.
        """
        check(self.x, balls)
        logits = self.judge.logits(self.x)
        self.answers, self.clean = logits.argmax(axis=1), ~fooled(logits, self.y)
        plan = self._plan(suite)
        if self.workers.count > 1:
            self._ahead(plan, balls)
        norms = list(dict.fromkeys(ball.norm for ball in balls))
        self._total = sum(ball.norm in spec.norms for ball in balls for spec, _ in plan) + 1
        self._done = 0
        rows = [row for norm in norms for row in self._norm(plan, norm, balls)]
        if Norm.LINF in norms and self.target.surfaces:
            rows.append(self._large_eps())
        self.watch("done", 1.0)
        return rows

    @property
    def _searches(self) -> Searches:
        return Searches(self.x, self.y, self.store, self.seed, self.identity, self.workers)

    def _ahead(self, plan: Sequence[tuple[Spec, Target]], balls: Sequence[Ball]) -> None:
        """What attacks each example on its own is searched at once; a cascade takes its turn."""
        everyone = np.arange(len(self.x))
        alone = [
            Wanted(spec, target, ball, everyone[self.clean & (everyone < _count(spec, self.x))])
            for spec, target in plan
            for ball in balls
            if ball.norm in spec.norms and not spec.cascade and target.surfaces
        ]
        self._searches.ahead(alone, lambda share: self.watch("all that stand alone", share / 2))

    def _plan(self, suite: Suite) -> list[tuple[Spec, Target]]:
        plan: list[tuple[Spec, Target]] = []
        for spec in suite.specs:
            if spec.kind == "transfer":
                plan += [
                    (replace(spec, name=f"transfer:{s.target.name}", source=s.digest), s.target)
                    for s in self.sources
                ]
            elif spec.kind != "white-box" or self.target.surfaces:
                plan.append((spec, self.target))
        for device, specs in self.devices:
            plan += [(replace(s, name=f"{s.name}@{device.name}"), device) for s in specs]
        return plan

    def _norm(
        self, plan: list[tuple[Spec, Target]], norm: Norm, balls: Sequence[Ball]
    ) -> list[Row]:
        rows: list[Row] = []
        worst, fallen = self.x.copy(), ~self.clean
        order = sorted((b for b in balls if b.norm is norm), key=lambda b: b.eps)
        for ball in reversed(order) if norm is Norm.SNR else order:
            started = sum(row.seconds for row in rows)
            for spec, target in plan:
                if norm in spec.norms:
                    row = self._attack(spec, target, ball, worst, fallen)
                    better = row.broken & ~fallen
                    worst[better], fallen = row.points[better], fallen | row.broken
                    rows.append(row)
                    self._done += 1
            rows.append(
                Row(
                    name="worst-case",
                    norm=norm,
                    eps=ball.eps,
                    kind="worst-case",
                    cascade=True,
                    samples=len(self.x),
                    attacked=int(self.clean.sum()),
                    gained=0,
                    seconds=sum(row.seconds for row in rows) - started,
                    points=worst.copy(),
                    broken=fallen.copy(),
                    own=np.zeros(len(self.x), bool),
                )
            )
        return rows

    def _attack(
        self, spec: Spec, target: Target, ball: Ball, worst: Int8Array, fallen: Mask
    ) -> Row:
        count = _count(spec, self.x)
        todo = self.clean & (np.arange(len(self.x)) < count)
        if spec.cascade:
            todo &= ~fallen
        label = f"{spec.name} {ball.norm.value} eps {ball.eps:g}"
        self.watch(label, self._done / self._total)
        index = np.flatnonzero(todo)

        def progress(share: float) -> None:
            self.watch(label, (self._done + min(share, 1.0)) / self._total)

        found, seconds = self._searches.find(Wanted(spec, target, ball, index), progress)
        points = worst.copy() if spec.cascade else self.x.copy()
        broken = fallen.copy() if spec.cascade else ~self.clean
        broke = fooled(self.judge.logits(found), self.y[index]) if len(index) else np.zeros(0, bool)
        # A failed attempt is scored too where the attack stands alone: it is what was found.
        kept = broke if spec.cascade else np.ones(len(index), bool)
        points[index[kept]] = found[kept]
        broken[index] |= broke
        own = np.zeros(len(self.x), bool)
        own[index] = broke
        return Row(
            name=spec.name,
            norm=ball.norm,
            eps=ball.eps,
            kind=spec.kind,
            cascade=spec.cascade,
            samples=count,
            attacked=len(index),
            gained=int((broken & ~fallen).sum()),
            seconds=seconds,
            points=points,
            broken=broken,
            own=own,
            parameters=asdict(spec.attack) if is_dataclass(spec.attack) else {},
        )

    def _large_eps(self) -> Row:
        """Does accuracy fall to nothing when anything is allowed? If not, the attack is blind."""
        from tinyrob.attack.apgd import APGD

        spec = Spec(
            "apgd-ce (large eps)", "check", APGD(steps=50), cascade=False, samples=LARGE_SAMPLES
        )
        # Half of the input's range: a network that still stands is not being attacked.
        ball = Ball(Norm.LINF, 2.0 ** (8 * self.x.dtype.itemsize - 1))
        return self._attack(spec, self.target, ball, self.x, ~self.clean)


def _count(spec: Spec, x: Int8Array) -> int:
    return min(spec.samples or len(x), len(x))


def check(x: Int8Array, balls: Sequence[Ball]) -> None:
    """Raises TinyrobError where there is nothing to attack, or an eps that means nothing."""
    if not len(x):
        raise TinyrobError("there are no samples to attack", "ask for at least one: --samples 100")
    if not balls:
        raise TinyrobError("there is no eps to attack at", "give some: --eps 1,2,4,8")
    for ball in balls:
        if ball.norm is Norm.SNR:
            if not -40 <= ball.eps <= 120:
                raise TinyrobError(
                    f"a signal-to-noise ratio of {ball.eps:g} dB is outside of -40 to 120",
                    "recordings lie so many decibels above what is added: --snr 40,30,20",
                )
            continue
        if not np.isfinite(ball.eps) or ball.eps <= 0:
            raise TinyrobError(
                f"eps is {ball.eps:g}: it must be greater than 0, and finite",
                "eps is in steps of the input; for images 1 is one pixel level of 256",
            )
        if ball.eps < 1:
            norm = "L-inf" if ball.norm is Norm.LINF else "L2"
            raise TinyrobError(
                f"an {norm} eps of {ball.eps:g} is below one step: no input lies within it",
                "eps is in steps of the input; for images 1 is one pixel level of 256",
            )
