"""The cycles of one inference on a board, estimated from what the emulator executed.

Exact are the counts: of every step from one basic block to the next, of lines of flash entered, of
data read from flash that the model of the cache has not. Estimated is what each costs: the core's
table and the board's flash. An estimate is called one wherever it is shown, with the error that was
seen where it could be compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.errors import BoardError, RunnerError
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.image import Image, read_image
from tinyrob.run.base import Array
from tinyrob.run.batch import Side
from tinyrob.run.emulator.machine import Machine
from tinyrob.run.emulator.runner import EmulatorRunner
from tinyrob.timing.blocks import TAKEN, price, refill
from tinyrob.timing.decode import Instruction, decode
from tinyrob.timing.flash import DataCache, LineCounter
from tinyrob.timing.tables import Timing, timing_of

SEED = 20260101
LINES, DATA = "flash: instructions", "flash: data"
Block = tuple[int, int]
"""Address and bytes."""
_OBSERVE = re.compile(r"observe(\.\w+)*")
"""What a model's function calls between two layers, where the compiler has not put it in line."""


@dataclass(frozen=True)
class Cycles:
    """Of a layer or an inference: ``causes`` in cycles, and ``instructions`` (exact)."""

    instructions: int
    causes: Counter[str]

    @property
    def cycles(self) -> int:
        """All causes."""
        return sum(self.causes.values())

    @property
    def flash(self) -> int:
        """Those of the flash's wait states."""
        return self.causes[LINES] + self.causes[DATA]


@dataclass(frozen=True)
class Estimate:
    """An inference on a board. ``layers`` are in execution order, what surrounds the calls of
    kernels among them; ``about`` says how far the model can be trusted, ``error_percent`` is the
    largest error seen; None where the flash waits and has no model: a lower bound."""

    board: str
    cpu_hz: int
    total: Cycles
    layers: tuple[Cycles, ...]
    functions: dict[str, Cycles]
    error_percent: float | None
    about: str

    @property
    def sentence(self) -> str:
        """For people, and always with the word."""
        return (
            f"about {self.total.cycles:,} cycles an inference, {self.ms:.2f} ms at "
            f"{self.cpu_hz / 1e6:g} MHz: an estimate, {self.about}"
        )

    @property
    def ms(self) -> float:
        """Milliseconds at the board's clock."""
        return 1e3 * self.total.cycles / self.cpu_hz

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "cycles_estimate": self.total.cycles,
            "ms_estimate": self.ms,
            "instructions": self.total.instructions,
            "flash_cycles_estimate": self.total.flash,
            "error_percent": self.error_percent,
            "about": self.about,
            "layers": [
                {"cycles_estimate": one.cycles, "instructions": one.instructions}
                for one in self.layers
            ],
            "causes": dict(self.total.causes.most_common()),
        }


def random_input(folder: BuildFolder) -> Array:
    """One input of a build, drawn by a fixed seed. What an inference executes depends on values by
    a few clamps only."""
    kind = Side.inputs(read_tflite(folder.tflite.read_bytes())).inner
    return kind.parse(np.random.default_rng(SEED).bytes(kind.bytes))


def check_timing(board: Board) -> Timing:
    """The core's table. Raises BoardError where cycles cannot be estimated for a board."""
    if board.arch != "cortex_m":
        raise BoardError(
            f"there is no timing table for {board.cpu.core}, the core of {board.name}",
            "instructions are counted all the same",
        )
    return timing_of(board.cpu.core)


def estimate(folder: BuildFolder, one: Array) -> Estimate:
    """The cycles of ``one`` inference (*input_shape) of a build.

    Raises BoardError for a core without a table, ToolMissing without the emulator or Capstone,
    RunnerError where the firmware does not run.
    """
    board = find_board(folder.manifest.board)
    timing, image = check_timing(board), read_image(folder.elf)
    counts = _Counts(board, image, folder.manifest.c_name)
    expected, found = _inferred(folder, one, None), _inferred(folder, one, counts)
    if board.flash_timing is not None:
        # A hook on reads can make Unicorn lose a load: what it computes then must not have changed.
        plain = _Counts(board, image, folder.manifest.c_name, reads=False)
        if _inferred(folder, one, plain) != found or plain.edges != counts.edges:
            raise RunnerError(
                "the emulator computed something else while data reads were watched",
                "please report it with the model",
            )
    if found != expected:
        raise RunnerError("the emulator computed something else while blocks were watched")
    return counts.priced(timing, len(folder.manifest.layers))


def _inferred(folder: BuildFolder, one: Array, counts: _Counts | None) -> bytes:
    runner = EmulatorRunner(folder)
    with runner:
        if counts is None:
            return bytes(runner.infer(one).tobytes())
        with counts.watching(runner.machine):
            return bytes(runner.infer(one).tobytes())


def _invoke(functions: Mapping[str, int], model: str) -> str:
    """The symbol of a model's inference; its end says of which build it is."""
    form = re.compile(rf"{re.escape(model)}_invoke(_[0-9a-f]{{8}})?")
    found = next((name for name in functions if form.fullmatch(name)), None)
    if found is None:
        raise RunnerError(f"the firmware has no function {model}_invoke", "build again")
    return found


@dataclass
class _Counts:
    """What is counted while the model's function runs, by layer."""

    board: Board
    image: Image
    model: str
    reads: bool = True
    edges: Counter[tuple[Block, Block, int]] = field(default_factory=Counter)
    lines: Counter[tuple[int, int]] = field(default_factory=Counter)
    missed: Counter[tuple[int, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        functions = self.image.functions
        name = _invoke(functions, self.model)
        self._invoke = functions[name]
        own = [start for one, start in functions.items() if one == name or _OBSERVE.fullmatch(one)]
        ends = sorted(functions.values())
        self._between = [(a, next((b for b in ends if b > a), a + 4)) for a in own]
        self._on = self._inside = False
        self._return, self._layer = 0, -1
        self._last: Block = (0, 0)
        flash = self.board.flash_timing
        self._stream = LineCounter(flash.line_bytes) if flash else None
        self._cache = DataCache(flash) if flash else None

    def watching(self, machine: Machine) -> Any:
        """A context in which the machine's blocks, and reads of its flash, are counted."""
        region = self.board.region("weights")
        read = self._read if self.reads and self._cache is not None else None
        return machine.watched(
            lambda at, size: self._block(machine, at, size), read, region.start, region.end - 1
        )

    def _block(self, machine: Machine, at: int, size: int) -> None:
        if not self._on:
            if at != self._invoke:
                return
            self._on, self._return = True, machine.return_address
        elif at == self._return:
            self._on = False
            return
        inside = any(start <= at < end for start, end in self._between)
        if inside and not self._inside:
            self._layer += 1
        self._inside = inside
        self.edges[self._last, (at, size), self._layer] += 1
        if self._stream is not None:
            entered = self._stream.entered(at, size)
            if entered:
                self.lines[at, self._layer] += entered
        self._last = (at, size)

    def _read(self, address: int) -> None:
        if self._on and self._cache is not None and self._cache.missed(address):
            self.missed[self._last[0], self._layer] += 1

    def priced(self, timing: Timing, layers: int) -> Estimate:
        """The counts times what each costs."""
        books: dict[int, Counter[str]] = defaultdict(Counter)
        functions: dict[str, Counter[str]] = defaultdict(Counter)
        executed: Counter[int] = Counter()
        by_function: Counter[str] = Counter()
        code = _Code(self.image)
        for at, layer, why, count in self._costs(timing, code):
            books[layer][why] += count
            functions[self.image.function_at(at) or "?"][why] += count
        for (_, block, layer), count in self.edges.items():
            executed[layer] += count * len(code.block(block))
            by_function[self.image.function_at(block[0]) or "?"] += count * len(code.block(block))
        found = tuple(Cycles(executed[i], books[i]) for i in sorted(executed))
        if len(found) == layers + 1:  # what is left after the last call
            last = found[-1]
            merged = found[-2].causes + last.causes
            before = found[-2].instructions + last.instructions
            found = (*found[:-2], Cycles(before, merged))
        total = Cycles(sum(executed.values()), sum(books.values(), Counter()))
        return Estimate(
            self.board.name,
            self.board.clock.cpu_hz,
            total,
            found,
            {name: Cycles(by_function[name], functions[name]) for name in by_function},
            None if _waits_unmodelled(self.board) else timing.error_percent,
            _about(self.board, timing),
        )

    def _costs(self, timing: Timing, code: _Code) -> Iterator[tuple[int, int, str, int]]:
        """(address, layer, cause, cycles) of everything."""
        for (source, block, layer), count in self.edges.items():
            for why, cycles in price(code.block(block), timing).items():
                yield block[0], layer, why, count * cycles
            if source[0] and sum(source) != block[0]:
                last, target = code.block(source)[-1], code.block(block)[0]
                yield source[0], layer, TAKEN, count * refill(last, target, timing)
        flash = self.board.flash_timing
        if flash is not None:
            for (at, layer), count in self.lines.items():
                yield at, layer, LINES, count * flash.line_cycles
            for (at, layer), count in self.missed.items():
                yield at, layer, DATA, count * flash.miss_cycles


class _Code:
    """Blocks of the image, disassembled once."""

    def __init__(self, image: Image) -> None:
        self._segments = sorted(image.segments)
        self._known: dict[Block, tuple[Instruction, ...]] = {}

    def block(self, block: Block) -> tuple[Instruction, ...]:
        """The instructions of a block."""
        if block not in self._known:
            at, size = block
            index = bisect_right([start for start, _ in self._segments], at) - 1
            start, content = self._segments[index]
            self._known[block] = decode(content[at - start : at - start + size], at)
        return self._known[block]


def _about(board: Board, timing: Timing) -> str:
    if board.flash_timing is not None:
        return f"the model: {timing.measured}"
    if _waits_unmodelled(board):
        assert board.clock.pll is not None
        return (
            f"without the flash's {board.clock.pll.wait_states} wait states, of which the board "
            f"file has no model: a lower bound; the model elsewhere: {timing.measured}"
        )
    return f"at zero wait states; the model elsewhere: {timing.measured}"


def _waits_unmodelled(board: Board) -> bool:
    pll = board.clock.pll
    return board.flash_timing is None and pll is not None and pll.wait_states > 0
