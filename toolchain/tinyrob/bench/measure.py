"""Measures the app ``bench`` of each network on each emulated board."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyrob.bench.networks import NETWORKS
from tinyrob.boards.read import Board, all_boards
from tinyrob.build.job import build
from tinyrob.errors import BoardError, DoesNotFit, ToolMissing
from tinyrob.load import Deployable, load_model
from tinyrob.models import zoo
from tinyrob.run.qemu import emulator_of, run_bench

MLPERF = {"resnet8": "pretrainedResnet_quant.tflite", "dscnn": "kws_ref_model.tflite"}
"""MLPerf Tiny's reference models, by the name they have here: files of the models' folder."""


@dataclass(frozen=True)
class Figures:
    """One network on one board. ``instructions`` is None where the board counts none; bytes are
    of the whole firmware of the app ``bench``."""

    model: str
    board: str
    isa: str
    instructions: int | None
    macs: int
    flash_bytes: int
    flash: Mapping[str, int]
    ram_bytes: int
    ram: Mapping[str, int]

    @property
    def instructions_per_mac(self) -> float | None:
        """None where no instructions are counted, or there is no MAC."""
        return self.instructions / self.macs if self.instructions and self.macs else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "instructions_per_mac": self.instructions_per_mac}


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


def emulated() -> tuple[Board, ...]:
    """The boards that have an emulator, installed or not."""
    return tuple(board for board in all_boards() if board.emulator is not None)


def measure(name: str, model: Deployable, board: Board, **options: Any) -> Figures:
    """Builds, runs one inference and says what it cost; ``options`` go to ``build``.

    Raises what ``build`` and ``run_bench`` raise.
    """
    with tempfile.TemporaryDirectory(prefix="tinyrob-bench-") as scratch:
        out = Path(scratch) / "build"
        manifest = build(model, board.name, "bench", out=out, **options)
        printed = run_bench(board, out / manifest.elf, manifest.macs)
    return Figures(
        name,
        board.name,
        manifest.isa,
        printed.get("instructions"),
        manifest.macs,
        manifest.flash_bytes,
        asdict(manifest.flash),
        manifest.ram_bytes,
        asdict(manifest.ram),
    )


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
                emulator_of(board)
                yield measure(name, model, board)
            except (BoardError, DoesNotFit, ToolMissing) as error:
                yield Skipped(name, board.name, error.message)
