"""Pieces of work over a real scheduler and its worker processes, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster

from tinyrob.cluster import dask as spreading
from tinyrob.cluster.choose import workers
from tinyrob.cluster.workers import Here
from tinyrob.errors import DataError, RunnerError, TinyrobError

DASK = (sys.executable, "-m", "dask")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Of three processes; a piece may lose one worker."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        yield cluster.scheduler_address


@contextmanager
def scheduling(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A scheduler as a user starts one, and its address."""
    told = folder / "scheduler.json"
    command = (*DASK, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    with ended(command) as started:
        while not told.is_file() or not told.read_text():
            assert started.poll() is None
            time.sleep(0.05)
        yield started, json.loads(told.read_text())["address"]


@contextmanager
def working(address: str) -> Iterator[None]:
    """A worker as a user starts one."""
    with ended((*DASK, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny")):
        yield


@contextmanager
def ended(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the block."""
    quiet = subprocess.DEVNULL
    started = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def stay(seconds: int, _tell: object) -> None:
    """A piece that takes long."""
    time.sleep(seconds)


def square(item: int, tell: object) -> int:
    """A piece."""
    return item * item


def process(_item: int, _tell: object) -> int:
    """Who did it."""
    return os.getpid()


def refuse(item: int, _tell: object) -> int:
    """A piece that finds a user's mistake."""
    raise DataError(f"item {item} is damaged", "mend it")


def die_once(marker: Path, _tell: object) -> str:
    """The first worker that has it is killed, as by the system when memory ends."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker.name


def die(_item: int, _tell: object) -> None:
    """Nobody survives it."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_every_piece_comes_with_its_number(scheduler: str) -> None:
    seen: list[tuple[int, float]] = []
    with workers(scheduler) as spread:
        found = dict(spread.each(square, range(20), lambda n, share: seen.append((n, share))))
        assert 1 <= spread.count <= 3  # another test may have killed one, which comes again
    assert found == dict(Here().each(square, range(20))) == {n: n * n for n in range(20)}
    assert sorted(seen) == [(n, 1.0) for n in range(20)]


def test_workers_are_other_processes(scheduler: str) -> None:
    with workers(scheduler) as spread:
        assert os.getpid() not in dict(spread.each(process, range(6))).values()
    assert dict(Here().each(process, [0])) == {0: os.getpid()}


def test_an_error_of_a_piece_is_the_users(scheduler: str) -> None:
    with workers(scheduler) as spread, pytest.raises(DataError, match="item 4 is damaged") as error:
        list(spread.each(refuse, [4]))
    assert error.value.hint == "mend it"


def test_a_killed_worker_costs_only_its_piece(scheduler: str, tmp_path: Path) -> None:
    marks = [tmp_path / "a", tmp_path / "b"]
    marks[1].touch()
    with workers(scheduler) as spread:
        assert dict(spread.each(die_once, marks)) == {0: "a", 1: "b"}


def test_a_piece_that_ends_every_worker_is_told_of(scheduler: str) -> None:
    with workers(scheduler) as spread, pytest.raises(RunnerError, match="has ended 2 workers"):
        list(spread.each(die, [0]))
    with workers(scheduler) as spread:
        assert dict(spread.each(square, [3])) == {0: 9}


def test_a_cluster_that_goes_is_told_of(tmp_path: Path) -> None:
    with (
        scheduling(tmp_path) as (process_of_it, address),
        working(address),
        workers(address) as spread,
    ):
        pieces = spread.each(stay, [0, 30])
        next(pieces)
        process_of_it.kill()
        with pytest.raises(RunnerError, match="is gone"):
            list(pieces)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("many", "neither local:N nor"),
        ("local:0", "'0' is no number of processes"),
        ("local:-2", "'-2' is no number of processes"),
        ("local:", "'' is no number of processes"),
        ("http://host:1", "neither local:N nor"),
    ],
)
def test_what_is_no_place_of_workers_is_refused(where: str, message: str) -> None:
    with pytest.raises(TinyrobError, match=message), workers(where):
        pass


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:1", "tcp://127.0.0.1", "tcp://:x"])
def test_a_scheduler_that_does_not_answer_is_told(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "PATIENCE", 1)
    with pytest.raises(TinyrobError, match=f"no scheduler answers at {where}"), workers(where):
        pass


def test_a_scheduler_without_workers_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scheduling(tmp_path) as (_, address):
        monkeypatch.setattr(spreading, "PATIENCE", 5)  # to connect on a busy machine, too
        with pytest.raises(TinyrobError, match="has no workers"), workers(address):
            pass


def test_workers_with_another_tinyrob_are_refused(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "__version__", "9.9")
    with pytest.raises(TinyrobError, match=r"another tinyrob than 9\.9"), workers(scheduler):
        pass


def test_a_worker_without_tinyrob_is_named() -> None:
    with pytest.raises(TinyrobError, match="tcp://a:1 has none"):
        spreading._check_versions("tcp://s:1", {"tcp://a:1": ModuleNotFoundError("tinyrob")})
