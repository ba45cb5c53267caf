"""Attacks and proofs over a cluster: the bits of one machine, whoever dies."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client, LocalCluster

from support.listeners import FEATURES, listener
from support.sounds import stream
from tinyrob.attack import pieces, session
from tinyrob.attack.attacks import Ball
from tinyrob.attack.front_sound import integer_front
from tinyrob.attack.fronts import FrontTarget
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD
from tinyrob.attack.pieces import Piece, search, shards
from tinyrob.attack.settings import Settings
from tinyrob.certify.ask import certify, check_certificate
from tinyrob.cluster.choose import workers
from tinyrob.cluster.workers import Here
from tinyrob.deployable import from_frozen

ATTACKS = ("noise", "pgd-20")


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


def attacked(out: Path, **more: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The result but for seconds, and what the store has."""
    watch = more.pop("watch", lambda _label, _share: None)
    settings = Settings(
        model="digits-stq-jr", attacks=ATTACKS, linf=(16.0,), samples=30, on=("tflm",),
        transfer=(), out=out, **more,
    )  # fmt: skip
    found, _ = session.attack(settings, watch)
    for row in found["attacks"]:
        del row["seconds"]
    arrays = {}
    for path in sorted((out / "state").glob("*.npz")):
        with np.load(path) as file:
            arrays[path.name] = b"".join(file[k].tobytes() for k in file.files if k != "seconds")
    return found, arrays


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SHARD", 12)


def test_three_workers_find_what_one_process_finds_though_one_is_killed(
    small_shards: None, scheduler: str, tmp_path: Path
) -> None:
    killer = Killer(scheduler)
    alone = attacked(tmp_path / "alone")
    shared = attacked(tmp_path / "shared", workers=scheduler, watch=killer)
    assert killer.killed
    assert json.dumps(shared[0]) == json.dumps(alone[0])
    assert shared[1] == alone[1]
    assert len(shared[1]) >= 3 * len(ATTACKS)  # of three shards each


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
