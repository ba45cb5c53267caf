"""Which workers a user means by ``--workers``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tinyrob.cluster.workers import Here, Workers
from tinyrob.errors import TinyrobError

LOCAL = "local:"
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


@contextmanager
def workers(where: str | None) -> Iterator[Workers]:
    """Opens workers: None for this process, ``local:4`` for four processes of this machine, a Dask
    scheduler's address (``tcp://host:8786``) for its workers, which share no state with this one.

    Raises TinyrobError for another text, and for a scheduler that does not answer, has no workers,
    or has workers with another tinyrob; ToolMissing without Dask.
    """
    if where is None:
        yield Here()
        return
    if not where.startswith((LOCAL, *SCHEMES)):
        raise TinyrobError(
            f"--workers {where}: neither local:N nor a scheduler's address",
            "local:4 starts four processes here; tcp://host:8786 is what `dask scheduler` prints",
        )
    from tinyrob.cluster.dask import from_scheduler, on_this_machine

    if where.startswith(LOCAL):
        with on_this_machine(_number(where)) as found:
            yield found
    else:
        with from_scheduler(where) as found:
            yield found


def _number(where: str) -> int:
    text = where.removeprefix(LOCAL)
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise TinyrobError(
            f"--workers {where}: {text!r} is no number of processes from 1 to 1024",
            "local:4 starts four",
        )
    return int(text)
