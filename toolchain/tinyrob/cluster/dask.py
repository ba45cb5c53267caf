"""The workers of a Dask cluster (https://distributed.dask.org), one piece a process at a time."""

from __future__ import annotations

import copyreg
import gc
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from tinyrob.cluster.workers import Item, Result, Task, Watch, unwatched
from tinyrob.errors import RunnerError, TinyrobError, ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.files.version import __version__

PATIENCE = 30
"""Seconds that a scheduler has to answer in, and a first worker to appear."""
_one_at_a_time = threading.Lock()


def _read_only(held: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(held)


# A graph's metadata are read-only, which pickle does not know.
copyreg.pickle(MappingProxyType, lambda held: (_read_only, (dict(held),)))


def _silent(_share: float) -> None:
    """Progress within a piece stays where the piece is."""


def _piece(task: Task[Item, Result], item: Item) -> Result:
    """On a worker. TensorFlow's and ART's generators are a process's, not a thread's."""
    with _one_at_a_time:
        return task(item, _silent)


def _version() -> str:
    return __version__


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ToolMissing("Dask is not installed", install_command("cluster")) from None
    return distributed


@contextmanager
def on_this_machine(count: int) -> Iterator[Spread]:
    """``count`` processes, which end with the block. Raises ToolMissing."""
    distributed = _distributed()
    with (
        distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        yield Spread(client, f"the {count} processes of this machine")


@contextmanager
def from_scheduler(address: str) -> Iterator[Spread]:
    """The workers of the scheduler at ``address``.

    Raises ToolMissing, and TinyrobError where it does not answer, has no workers, or has workers
    with another tinyrob: their pieces would not be this one's.
    """
    client = _connected(address)
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise TinyrobError(
                f"the scheduler at {address} has no workers", f"start some: `dask worker {address}`"
            ) from None
        _check_versions(address, _ask(client))
        yield Spread(client, f"the cluster at {address}")


def _connected(address: str) -> Any:
    distributed = _distributed()
    try:
        return distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    # What is left of the client waits, when it is collected, for a lock that the next one holds.
    gc.collect()
    raise TinyrobError(
        f"no scheduler answers at {address}: {reason[:200]}",
        "start one: `dask scheduler` on one machine, `dask worker ADDRESS` on each",
    )


def _ask(client: Any) -> Mapping[str, Any]:
    """tinyrob's version by worker; an exception where it has none."""
    answers: Mapping[str, Any] = client.run(_version, on_error="return")
    return answers


def _check_versions(address: str, found: Mapping[str, Any]) -> None:
    wrong = [
        f"{worker} has {'none' if isinstance(version, BaseException) else version}"
        for worker, version in sorted(found.items())
        if version != __version__
    ]
    if wrong:
        raise TinyrobError(
            f"workers at {address} have another tinyrob than {__version__}: {', '.join(wrong)}",
            f"install {__version__} there, too: {install_command('cluster')}",
        )


class Spread:
    """``each`` over a cluster: a piece whose worker dies is done by another one."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    @property
    def count(self) -> int:
        """The processes that are there now: more may come."""
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def each(
        self, task: Task[Item, Result], items: Sequence[Item], watch: Watch = unwatched
    ) -> Iterator[tuple[int, Result]]:
        """As they are done, in any order."""
        distributed = _distributed()
        number_of: dict[Any, int] = {}
        try:
            for number, item in enumerate(items):
                future = self._submit(_piece, task, item)
                number_of[future] = number
            for future in distributed.as_completed(list(number_of)):
                result = self._result(distributed, future)
                watch(number_of[future], 1.0)
                yield number_of[future], result
        finally:
            if number_of and self._client.status == "running":
                self._client.cancel(list(number_of), force=True)

    def _submit(self, piece: Callable[..., Any], *arguments: Any) -> Any:
        # pure: equal pieces of two runs would be one to Dask, and a cancelled one would end both.
        return self._client.submit(piece, *arguments, pure=False)

    def _result(self, distributed: Any, future: Any) -> Any:
        try:
            return future.result()
        except distributed.scheduler.KilledWorker as error:
            raise RunnerError(
                f"{self._name}: a piece of the work has ended {error.allowed_failures + 1} "
                f"workers, the last at {error.last_worker.address}",
                "give workers more memory; their logs say how they died",
            ) from None
        except (distributed.CancelledError, distributed.comm.core.CommClosedError):
            raise RunnerError(
                f"{self._name} is gone",
                "what was done is kept: start it, and give the command again",
            ) from None
