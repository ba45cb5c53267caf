"""The firmware on an emulated board that needs nothing but a wheel, as a runner."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np

from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.errors import RunnerError
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.image import read_image
from tinyrob.run.base import Int8Array, Progress, RunResult
from tinyrob.run.device import DeviceRunner
from tinyrob.run.emulator.cores import core_of
from tinyrob.run.emulator.machine import Machine, unicorn
from tinyrob.run.link import LinkClosed
from tinyrob.run.protocol import Client, Hello, Patience
from tinyrob.run.qemu import bench_figures, check_app

COUNTED = 4
"""Inputs of a run whose instructions are counted: the others run several times as fast."""

_MACS_PER_SECOND = 2e5
"""Far below the slowest seen while it counts."""


class EmulatedBoard:
    """A machine as the other end of a link."""

    def __init__(self, board: Board, folder: BuildFolder) -> None:
        self.who = f"the emulated {board.name}"
        self.machine = Machine(board, read_image(folder.elf))
        self._error: RunnerError | None = None

    @property
    def link(self) -> EmulatedBoard:
        """Itself: what is written is what the firmware receives."""
        return self

    def read(self, timeout: float) -> bytes:
        """What the firmware sends before it waits for more, within ``timeout`` seconds."""
        machine, deadline = self.machine, time.monotonic() + timeout
        while not machine.console.sent:
            left = deadline - time.monotonic()
            if machine.exit_code is not None:
                raise LinkClosed
            if left <= 0 or (machine.waits and not machine.console.received):
                return b""
            try:
                machine.run(left)
            except RunnerError as error:
                self._error = error
                raise LinkClosed from None
        data = bytes(machine.console.sent)
        machine.console.sent.clear()
        return data

    def write(self, data: bytes, timeout: float) -> None:
        """Hands ``data`` to the firmware's receiver, which holds all of it."""
        self.machine.console.received.extend(data)

    def died(self) -> RunnerError:
        """The error for a machine that ended: what it did, or its exit code and last words."""
        if self._error is not None:
            return self._error
        said = self.machine.said.decode(errors="replace").strip()
        words = f"; it said: {said}" if said else ""
        return RunnerError(
            f"{self.who} ended with status {self.machine.exit_code}{words}", "build again"
        )

    def hung(self, error: RunnerError) -> RunnerError:
        """The same error."""
        return error

    def stop(self) -> None:
        """The machine goes with its last reference."""


class EmulatorRunner(DeviceRunner):
    """Runs ``firmware.elf`` on the board's core, emulated in this process; counts instructions.

    The counts are exact, of the first ``COUNTED`` inputs of a run, and whatever the board's own
    counter counts on silicon. Raises BoardError where the emulator has no such core, ToolMissing
    where it is not installed, RunnerError for firmware that does not run.
    """

    name = "emulator"
    greeting = Patience(seconds=30.0, attempts=1)

    def __init__(self, folder: BuildFolder) -> None:
        super().__init__(folder, Patience(30.0 + folder.manifest.macs / _MACS_PER_SECOND, 1))
        self._board: EmulatedBoard | None = None

    def _start(self) -> EmulatedBoard:
        check_app(self.folder)
        self._board = EmulatedBoard(find_board(self.folder.manifest.board), self.folder)
        return self._board

    def _greet(self, client: Client, digest: bytes) -> Hello:
        # Whatever the board's counter counts on silicon, here it counts instructions.
        return dataclasses.replace(super()._greet(client, digest), counter="instructions")

    def run(self, inputs: Int8Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, *output_shape) for int8 inputs (N, *input_shape)."""
        machine = self.machine
        machine.counting = True
        counted = super().run(inputs[:COUNTED], progress)
        machine.counting = False
        rest = super().run(inputs[COUNTED:], progress)
        outputs = np.concatenate([counted.outputs, rest.outputs])
        return RunResult(outputs, instructions=counted.instructions)

    def infer(self, one: Int8Array) -> Int8Array:
        """The output for one input, whatever is counted."""
        output: Int8Array = super().run(one[None]).outputs[0]
        return output

    def profile(self, one: Int8Array) -> tuple[int, ...]:
        """Instructions of each layer for one input, in execution order."""
        machine = self.machine
        machine.counting = True
        try:
            return super().profile(one)
        finally:
            machine.counting = False

    @property
    def machine(self) -> Machine:
        """The board, while the runner is open."""
        if self._board is None:
            raise RuntimeError("a runner is used inside its `with` block")
        return self._board.machine


def check_emulator(board: Board) -> None:
    """Raises BoardError or ToolMissing where the board cannot be emulated here."""
    core_of(board)
    unicorn()


def run_bench(board: Board, elf: Path, macs: int) -> dict[str, int]:
    """What firmware of the app ``bench`` prints. Raises RunnerError where it hangs or fails."""
    machine = Machine(board, read_image(elf))
    machine.counting = True
    seconds = 60.0 + macs / _MACS_PER_SECOND
    deadline = time.monotonic() + seconds
    while machine.exit_code is None:
        left = deadline - time.monotonic()
        if left <= 0 or machine.waits:
            raise RunnerError(f"the emulator ran the bench for {seconds:.0f} s without an end")
        machine.run(left)
    return bench_figures(
        machine.exit_code, bytes(machine.console.sent), bytes(machine.said), "the emulator"
    )
