"""Attacks and proofs over a cluster: the bits of one machine, whoever dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import Client, LocalCluster

from support.listeners import FEATURES, listener
from support.sounds import stream
from support.targets import linear
from tinyrob.attack import pieces, session
from tinyrob.attack.attacks import Ball
from tinyrob.attack.evaluate import Evaluation, Row, Watch
from tinyrob.attack.front_sound import integer_front
from tinyrob.attack.fronts import FrontTarget
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD
from tinyrob.attack.pieces import Piece, search, shards
from tinyrob.attack.settings import Settings
from tinyrob.attack.square import Square
from tinyrob.attack.store import Store
from tinyrob.attack.suites import ATTACKS, Suite
from tinyrob.certify.ask import certify, check_certificate
from tinyrob.cluster.choose import workers
from tinyrob.cluster.workers import Here, Workers
from tinyrob.deployable import from_frozen
from tinyrob.errors import TinyrobError


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


class Killer:
    """Kills one of a scheduler's workers when the first piece is done."""

    def __init__(self, scheduler: str) -> None:
        with Client(scheduler) as client:
            self.pids = dict(client.run(os.getpid))
        self.killed = 0

    def __call__(self, _label: str, share: float) -> None:
        if share > 0 and not self.killed:
            self.killed = next(iter(self.pids.values()))
            os.kill(self.killed, signal.SIGKILL)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SHARD", 12)


def attacked(out: Path, spread: Workers, watch: Watch) -> tuple[list[Row], dict[str, bytes]]:
    """The rows of a network of NumPy alone, and what the store has, both but for seconds."""
    target, x, y = linear(classes=3)
    specs = [ATTACKS[name] for name in ("noise", "fgsm", "pgd-20", "square")]
    specs[-1] = replace(specs[-1], attack=Square(queries=60))
    specs.append(replace(ATTACKS["apgd-t"], cascade=True))
    run = Evaluation(target, target, x, y, Store(out), workers=spread, watch=watch)
    rows = run.run(Suite("t", tuple(specs), 100), [Ball(Norm.LINF, 4), Ball(Norm.LINF, 8)])
    arrays = {}
    for path in sorted(out.glob("*.npz")):
        with np.load(path) as file:
            arrays[path.name] = b"".join(file[k].tobytes() for k in file.files if k != "seconds")
    return rows, arrays


def test_three_workers_find_what_one_process_finds_though_one_is_killed(
    small_shards: None, scheduler: str, tmp_path: Path
) -> None:
    killer = Killer(scheduler)
    alone, kept = attacked(tmp_path / "alone", Here(), lambda _label, _share: None)
    with workers(scheduler) as spread:
        shared, found = attacked(tmp_path / "shared", spread, killer)
    assert killer.killed
    assert found == kept
    assert len(found) > 4 * 5  # four attacks that stand alone, on five shards each, and more
    for mine, theirs in zip(alone, shared, strict=True):
        assert (mine.name, mine.eps, mine.gained) == (theirs.name, theirs.eps, theirs.gained)
        assert (mine.points == theirs.points).all()
        assert (mine.broken == theirs.broken).all()


def test_an_attack_asks_for_the_workers_that_its_settings_name(tmp_path: Path) -> None:
    settings = Settings(
        model="digits-stq-jr", attacks=("noise",), linf=(8.0,), samples=2, on=("tflm",),
        out=tmp_path, workers="nowhere",
    )  # fmt: skip
    with pytest.raises(TinyrobError, match="--workers nowhere"):
        session.attack(settings)


def test_a_certificate_of_three_workers_is_that_of_one_process(scheduler: str) -> None:
    alone = certify("digits-certified", 6, 40, Settings())
    shared = certify("digits-certified", 6, 40, Settings(workers=scheduler))
    assert shared.to_dict() == alone.to_dict()
    assert len({one.verdict for one in alone.findings}) > 1


def test_a_certificate_is_checked_by_three_workers(scheduler: str, tmp_path: Path) -> None:
    made = certify("digits-certified", 6, 20, Settings())
    made.write(tmp_path / "c.json")
    again = check_certificate("digits-certified", tmp_path / "c.json", Settings(workers=scheduler))
    assert again.counts == made.counts


def test_a_shard_is_a_matter_of_the_inputs_place_alone(small_shards: None) -> None:
    index = np.array([0, 3, 11, 12, 25, 35, 36])
    found = {number: part.tolist() for number, part in shards(index)}
    assert found == {0: [0, 3, 11], 1: [12], 2: [25, 35], 3: [36]}
    assert shards(index[:0]) == []


def test_a_network_behind_a_microphone_travels_as_what_it_is_made_of(scheduler: str) -> None:
    model, front = from_frozen(listener()), integer_front(FEATURES)
    target = FrontTarget(model.graph, front, GraphTarget(model.graph, exact=True))
    x = np.stack(list(stream(4)))[:, : front.shape[0]]
    y = target.logits(x).argmax(axis=1)
    piece = Piece("n", "k", target, PGD(steps=3), Ball(Norm.LINF, 200), np.arange(4), x, y, 5)
    alone = dict(Here().each(search, [piece]))[0].arrays
    with workers(scheduler) as spread:
        shared = dict(spread.each(search, [piece]))[0].arrays
    assert shared.dtype == np.int16
    assert (shared == alone).all()
    assert (shared != x).any()
