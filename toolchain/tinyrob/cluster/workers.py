"""Who does the pieces of a long work: this process, or the workers of a Dask cluster.

A piece is a pure function of its item, so what comes out does not depend on who does it, on how
many there are, or on what becomes of one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[float], None]
"""Told how much of a piece is done, 0 to 1."""
Task = Callable[[Item, Tell], Result]
"""A function of a module, or an object that can be pickled: workers import it."""
Watch = Callable[[int, float], None]
"""Told the number of an item, and how much of it is done."""


def unwatched(_number: int, _share: float) -> None:
    """Nobody looks."""


class Workers(Protocol):
    """``count`` processes that work at the same time."""

    @property
    def count(self) -> int: ...

    def each(
        self, task: Task[Item, Result], items: Sequence[Item], watch: Watch = unwatched
    ) -> Iterator[tuple[int, Result]]:
        """The number of each item, counted from 0, and what ``task`` makes of it, as they come.

        Raises what a task raises, and RunnerError where a piece kills its workers or the cluster is
        gone. Leaving the loop early drops what is not done.
        """
        ...


class Here:
    """This process: one item after the other."""

    count = 1

    def each(
        self, task: Task[Item, Result], items: Sequence[Item], watch: Watch = unwatched
    ) -> Iterator[tuple[int, Result]]:
        """In the items' order."""
        for number, item in enumerate(items):
            yield number, task(item, _telling(watch, number))


def _telling(watch: Watch, number: int) -> Tell:
    return lambda share: watch(number, share)
