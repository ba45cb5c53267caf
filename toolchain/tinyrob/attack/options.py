"""What the methods that attack take beside their own arguments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from tinyrob.attack import evaluate, score
from tinyrob.attack.places import Place
from tinyrob.attack.settings import Array
from tinyrob.deployable import Deployable
from tinyrob.validate.gate import Gate


class AttackOptions(TypedDict, total=False):
    """Each may be left to the suite, the model or the data.

    ``on``: the runners that score (the reference). ``inputs`` (N, ...) int8 and ``labels`` (N,):
    arrays or .npy files, in place of the dataset's. ``eps_l2``: L2 balls, in int8 steps.
    ``attacks``: these by name, and no suite. ``samples``: how many examples. ``through``: runners
    that are attacked by their answers alone. ``transfer``: networks whose adversarial inputs are
    tried. ``surrogate``: a Keras file of the same network, which takes ``surrogate_input``.
    ``gate``: demands (a file, or a Gate), whose outcome is also written as ``junit``.
    ``workers``: who searches (``tinyrob.cluster.choose``). ``out``: the run's folder, where a
    second call goes on (runs/attack/<model>). ``watch`` and ``watch_score`` are told how far it is.
    ``at``: where the attacker stands (``places.PLACES``). For ``samples``: ``snr``: balls of so
    many decibels; ``rooms`` that each recording is played in, of up to ``room_gain`` (dB) and
    ``room_shift`` (ms). ``frame`` (height, width): a camera's.
    """

    on: str | Sequence[str]
    inputs: Array | None
    labels: Array | None
    eps_l2: float | Sequence[float] | None
    attacks: Sequence[str]
    samples: int | None
    through: Sequence[str]
    transfer: Sequence[str | Deployable] | None
    dataset: str | None
    data_dir: Path | str | None
    surrogate: Path | str | None
    surrogate_input: str
    target: str
    port: str | None
    baud: int | None
    seed: int
    workers: str | None
    out: Path | str | None
    gate: Path | str | Gate | None
    junit: Path | None
    at: Place
    snr: float | Sequence[float] | None
    rooms: int
    room_gain: float
    room_shift: float
    frame: tuple[int, int] | None
    watch: evaluate.Watch
    watch_score: score.Watch
