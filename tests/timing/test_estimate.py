"""Estimates add up, count exactly, and say what they are worth."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from support.firmware import built, need, small
from support.native import folder
from tinyrob.boards.board import FlashTiming
from tinyrob.boards.read import find_board
from tinyrob.build.job import build
from tinyrob.cli.run import command
from tinyrob.errors import BoardError
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.run.emulator.runner import EmulatorRunner
from tinyrob.timing import estimate as estimating
from tinyrob.timing.estimate import Estimate, check_timing, estimate
from tinyrob.timing.flash import DataCache, LineCounter


def one(of: BuildFolder) -> np.ndarray:
    return np.random.default_rng(2).integers(-128, 128, of.manifest.input.shape).astype(np.int8)


def on(board: str) -> BuildFolder:
    need("arm-none-eabi-gcc", "make")
    out = folder() / f"timed-{board}"
    if not out.is_dir():
        build(small(), board, out=out)
    return open_build(out)


@pytest.fixture(scope="module")
def found() -> Estimate:
    of = on("nucleo_l4r5zi")
    return estimate(of, one(of))


def test_layers_and_functions_add_up(found: Estimate) -> None:
    assert len(found.layers) == len(on("nucleo_l4r5zi").manifest.layers)
    assert sum(layer.cycles for layer in found.layers) == found.total.cycles
    assert sum(layer.instructions for layer in found.layers) == found.total.instructions
    assert sum(f.cycles for f in found.functions.values()) == found.total.cycles
    assert sum((layer.causes for layer in found.layers), Counter()) == found.total.causes
    assert found.ms == pytest.approx(1e3 * found.total.cycles / 120e6)


def test_instructions_are_those_of_the_runner_but_for_the_counters_own(found: Estimate) -> None:
    of = on("nucleo_l4r5zi")
    with EmulatorRunner(of) as runner:
        counted = runner.run(one(of)[None]).instructions
    assert counted is not None
    assert 0 <= counted - found.total.instructions <= 20


def test_the_flash_costs_where_the_board_says_so(found: Estimate) -> None:
    fast = estimate(on("stm32f405"), one(on("stm32f405")))
    assert fast.total.flash == 0
    assert found.total.flash > 0
    assert found.total.cycles - found.total.flash == pytest.approx(fast.total.cycles, rel=0.02)
    assert "zero wait states" in fast.about
    assert "NUCLEO-L4R5ZI" in found.about


def test_wait_states_without_a_model_make_a_lower_bound() -> None:
    of = on("nucleo_f446re")
    assert "a lower bound" in estimate(of, one(of)).about


def test_a_core_whose_table_is_assumed_says_that_the_error_is_unknown() -> None:
    of = on("mps2_an500")
    found = estimate(of, one(of))
    assert found.error_percent is None
    assert "the error is unknown" in found.sentence


def test_the_same_input_gives_the_same_estimate(found: Estimate) -> None:
    of = on("nucleo_l4r5zi")
    assert estimate(of, one(of)) == found


@pytest.mark.parametrize("board", ["mps3_an547", "rv32_virt"])
def test_cores_without_a_table_are_named(board: str) -> None:
    with pytest.raises(BoardError, match="no timing table"):
        check_timing(find_board(board))


def test_a_run_shows_cycles_as_an_estimate_with_its_error() -> None:
    of = on("nucleo_l4r5zi")
    arguments = [str(of.path), "--on", "emulator", "--profile", "--why"]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert "cycles (estimate)" in " ".join(done.output.split())
    assert "an estimate, the model: nine images" in done.output
    assert "LDM, STM words" in done.output
    told = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).stdout)["estimate"]
    assert told["cycles_estimate"] == sum(layer["cycles_estimate"] for layer in told["layers"])
    assert told["error_percent"] == 3.5


def test_a_core_without_a_table_is_run_all_the_same() -> None:
    done = CliRunner().invoke(
        command, [str(on("rv32_virt").path), "--on", "emulator", "--profile", "--json"]
    )
    assert done.exit_code == 0, done.output
    assert "estimate" not in json.loads(done.stdout)
    assert "no estimate of cycles" in done.stderr


def test_what_the_emulator_got_wrong_is_not_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([b"right", b"wrong"])
    monkeypatch.setattr(estimating, "_inferred", lambda *_: next(answers))
    of = built()
    with pytest.raises(estimating.RunnerError, match="computed something else"):
        estimate(of, one(of))


CACHE = FlashTiming(32, 1, 8, 4, 2, 4)


@pytest.mark.parametrize(
    ("reads", "misses"),
    [
        ([0, 4, 7], 1),  # a row
        ([0, 8, 16, 24], 4),  # a row a miss
        ([0, 8, 0, 8], 2),
        ([0, 32, 64, 0], 4),  # two lines: the oldest went
        ([0, 32, 0, 64, 0], 3),  # the one used last stayed
    ],
)
def test_the_cache_keeps_what_was_used_last(reads: list[int], misses: int) -> None:
    cache = DataCache(CACHE)
    assert sum(cache.missed(address) for address in reads) == misses


def test_without_a_cache_every_read_waits() -> None:
    cache = DataCache(replace(CACHE, cache_lines=0))
    assert [cache.missed(0), cache.missed(0)] == [True, True]


def test_lines_are_counted_as_they_are_entered() -> None:
    stream = LineCounter(32)
    assert [stream.entered(*b) for b in ((0, 8), (8, 24), (32, 2), (0, 64), (60, 8))] == [
        1, 0, 1, 2, 1,
    ]  # fmt: skip
