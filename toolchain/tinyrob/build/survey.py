"""One model on every board: does it fit, what does it take, how long may it take."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyrob.boards.board import Board
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.errors import BoardError, DoesNotFit, RunnerError, ToolMissing
from tinyrob.project.build_folder import open_build
from tinyrob.project.manifest import Manifest
from tinyrob.timing.estimate import Estimate, estimate, random_input


@dataclass(frozen=True)
class BoardFit:
    """A board and what came of it. ``why`` tells why the model does not fit, or what keeps figures
    from being known; sizes are of the whole firmware of the app ``validate``, None where it was not
    built. Cycles and milliseconds are estimates, None where there is no model of the core."""

    name: str
    title: str
    fits: bool
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    stack_source: str | None = None
    instructions: int | None = None
    cycles_estimate: int | None = None
    ms_estimate: float | None = None
    error_percent: float | None = None
    about: str | None = None
    uj_estimate: float | None = None
    power: str | None = None
    why: str | None = None


def survey(model: Deployable, boards: Iterable[Board]) -> Iterator[BoardFit]:
    """Builds ``model`` for each board, in a folder that is thrown away, and estimates its cycles
    with one random input. Raises UnsupportedModel where no board can run it."""
    for board in boards:
        with tempfile.TemporaryDirectory(prefix="tinyrob-fit-") as scratch:
            yield _fit(model, board, Path(scratch) / "build")


def best_first(found: Iterable[BoardFit]) -> list[BoardFit]:
    """Boards that fit before those that do not, the fastest first, then the smallest."""
    far = float("inf")
    return sorted(
        found,
        key=lambda one: (
            not one.fits,
            far if one.ms_estimate is None else one.ms_estimate,
            far if one.flash_bytes is None else one.flash_bytes,
            one.name,
        ),
    )


def _fit(model: Deployable, board: Board, out: Path) -> BoardFit:
    try:
        manifest = build(model, board.name, out=out)
    except DoesNotFit as error:
        return BoardFit(board.name, board.title, False, why=error.message)
    except ToolMissing as error:
        return BoardFit(board.name, board.title, False, why=f"not built: {error.message}")
    try:
        folder = open_build(out)
        cycles = estimate(folder, random_input(folder))
    except (BoardError, RunnerError, ToolMissing) as error:
        return _sized(board, manifest, None, error.message)
    return _sized(board, manifest, cycles, None)


def _sized(board: Board, manifest: Manifest, cycles: Estimate | None, why: str | None) -> BoardFit:
    power = board.power
    return BoardFit(
        board.name,
        board.title,
        True,
        manifest.flash_bytes,
        manifest.ram_bytes,
        manifest.stack_source,
        None if cycles is None else cycles.total.instructions,
        None if cycles is None else cycles.total.cycles,
        None if cycles is None else cycles.ms,
        None if cycles is None else cycles.error_percent,
        None if cycles is None else cycles.about,
        None if cycles is None or power is None else power.microjoules(cycles.total.cycles),
        None if power is None else f"{power.conditions} ({power.source})",
        why,
    )
