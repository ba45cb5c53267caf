"""The networks that are measured, and the app ``bench`` of each on each emulated board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench.networks import NETWORKS
from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.build.measure import Figures, emulated, measure
from tinyrob.build.streaming import as_stream
from tinyrob.cluster.workers import Tell
from tinyrob.deployable import Deployable, load_model
from tinyrob.errors import BoardError, DoesNotFit, ToolMissing
from tinyrob.models import zoo
from tinyrob.run.qemu import emulator_of

MLPERF = {
    "resnet8": "pretrainedResnet_quant.tflite",
    "dscnn": "kws_ref_model.tflite",
    "vww": "vww_96_int8.tflite",
    "ad": "ad01_int8.tflite",
    "str-ww": "str_ww_ref_model.tflite",
    "resnet-large": "pretrainedResnet_large_int8.tflite",
}
"""MLPerf Tiny's reference models, by the name they have here: files of the models' folder."""
STREAM = "str-ww-stream"
"""The streaming wake word, a step at a time: what a push costs."""
TIMED = "nucleo_l4r5zi"
"""The board of MLPerf Tiny's published latencies: its cycles are estimated."""


def boards() -> tuple[Board, ...]:
    """Those that an emulator counts on, and the one whose cycles are estimated."""
    return (*emulated(), find_board(TIMED))


@dataclass(frozen=True)
class Skipped:
    """What was not measured, and why."""

    model: str
    board: str
    why: str


def subjects(models: Path | None) -> dict[str, Callable[[], Deployable] | str]:
    """Networks by name: how to get each, or why it is not to be had.

    The zoo's, MLPerf Tiny's reference models in the folder ``models``, and those of
    ``bench/networks.py``.
    """
    found: dict[str, Callable[[], Deployable] | str] = {}
    for name, file in MLPERF.items():
        path = models / file if models else None
        found[name] = (
            _loader(str(path)) if path and path.is_file()
            else f"{file} is not there: set TINYROB_MODELS to the folder that holds it"
        )  # fmt: skip
    whole = found["str-ww"]
    found[STREAM] = whole if isinstance(whole, str) else lambda: as_stream(whole(), 0)
    for name in zoo.names():
        found[name] = _loader(name)
    for name in NETWORKS:
        found[name] = _generator(name)
    return found


def _loader(name: str) -> Callable[[], Deployable]:
    return lambda: load_model(name)


def _generator(name: str) -> Callable[[], Deployable]:
    def make() -> Deployable:
        from tinyrob.ir.tflite_write import write_tflite

        graph = NETWORKS[name]()
        return Deployable(name, graph, write_tflite(graph))

    return make


@dataclass(frozen=True)
class Share:
    """A network on some boards: what one process measures."""

    name: str
    models: Path | None
    boards: tuple[Board, ...]


def measured(share: Share, _tell: Tell) -> list[Figures | Skipped]:
    """In any process."""
    return list(sweep({share.name: subjects(share.models)[share.name]}, share.boards))


def sweep(
    chosen: Mapping[str, Callable[[], Deployable] | str], boards: tuple[Board, ...]
) -> Iterator[Figures | Skipped]:
    """Every network on every board, one after the other.

    A board whose tools are missing, a network that is not there or does not fit, is skipped.
    """
    for name, make in chosen.items():
        if isinstance(make, str):
            yield Skipped(name, "", make)
            continue
        model = make()
        for board in boards:
            try:
                if board.emulator is not None:
                    emulator_of(board)
                yield measure(name, model, board)
            except (BoardError, DoesNotFit, ToolMissing) as error:
                yield Skipped(name, board.name, error.message)
