"""A board's microphone: every register write as the manual has it, and a ring that loses nothing
unsaid."""

from __future__ import annotations

import ctypes
import random
from pathlib import Path

import pytest

from support.firmware import need
from support.listeners import FEATURES, HOW, model
from support.mmio import Writes, microphone
from support.native import folder, gcc
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build.job import build
from tinyrob.errors import BuildError, RunnerError
from tinyrob.files import resources
from tinyrob.listen import ask
from tinyrob.project.build_folder import open_build

BOARD = "b_u585i_iot02a"
ADF, DMA, GPIOE = 0x46024000, 0x40020050, 0x42021000
# RM0456: the bits that hardware sets once a part runs (CCKACTIVE, SITFACTIVE, DFLTACTIVE).
ACTIVE = {ADF + 0x04: (0, 1 << 31), ADF + 0x80: (0, 1 << 31), ADF + 0x88: (0, 1 << 31)}


def writes(ready: dict[int, tuple[int, int]] = ACTIVE) -> Writes:
    need("gcc")
    board = find_board(BOARD)
    after_reset = {GPIOE: (0xFFFFFFFF, 0), 0x46020CE8: (0xFFFFFFFF, 0)}
    return microphone(board, after_reset | ready)


def field(value: int, low: int, bits: int) -> int:
    return value >> low & (1 << bits) - 1


def test_the_clocks_and_the_decimation_make_the_rate() -> None:
    board, last = find_board(BOARD), dict(writes())
    assert board.microphone is not None
    clock, filters, shape = (last[ADF + at] for at in (0x04, 0x8C, 0x90))
    assert field(last[0x46020CE8], 16, 3) == 0, "ADF1SEL: HCLK"
    assert last[0x46020C94] >> 10 & 1, "ADF1 has a clock"
    assert last[0x46020C88] & 1, "and GPDMA1"
    processing = board.clock.cpu_hz / (field(clock, 24, 7) + 1)
    pdm = processing / (field(clock, 16, 4) + 1)
    assert clock & (1 | 1 << 1 | 1 << 5) == 1 | 1 << 1 | 1 << 5, "CCK0 is an output, and runs"
    assert processing >= 2 * pdm, "what the low-frequency SPI mode needs"
    assert 1.2e6 <= pdm <= 3.25e6, "the MP23DB01HP's normal mode"
    assert (field(shape, 0, 1), field(shape, 4, 1)) == (0, 0), "reshaped, one of four"
    assert field(filters, 4, 3) == 5, "Sinc5"
    assert pdm / (field(filters, 8, 9) + 1) / 4 == board.microphone.rate == 16_000
    # 25**5 steps of full scale, and the scale's 27.6 dB: the 24 bits saturate 29 dB below it.
    assert field(filters, 20, 6) == 9


def test_the_dma_goes_round_and_takes_the_upper_half_of_the_data() -> None:
    found = writes()
    last = dict(found)
    one = last[DMA + 0x40]
    assert field(one, 0, 2) == 2, "words from the filter"
    assert field(one, 3, 1) == 0, "always from one address"
    assert field(one, 11, 2) == 1, "left-aligned, cut off on the right"
    assert field(one, 16, 2) == 1, "half words"
    assert field(one, 19, 1) == 1, "to the next one"
    two = last[DMA + 0x44]
    assert (field(two, 0, 7), field(two, 9, 2)) == (98, 0), "ADF1_FLT0 asks for each"
    assert last[DMA + 0x48] == 8192, "bytes of the ring"
    assert last[DMA + 0x4C] == ADF + 0xF0, "DFLTDR"
    # The node has the block's size, the destination and itself: nothing else is loaded.
    assert last[DMA + 0x7C] & 0xFFFF0000 == 1 << 29 | 1 << 27 | 1 << 16
    assert last[DMA + 0x00] & 0xFFFF == 0
    order = [at for at, _ in found]
    enabled = next(i for i, pair in enumerate(found) if pair == (DMA + 0x14, 1))
    filtering = max(i for i, at in enumerate(order) if at == ADF + 0x88)
    assert order.index(DMA + 0x14) < order.index(DMA + 0x40) < enabled < filtering
    assert last[ADF + 0x88] & 3 == 3, "the filter runs, and asks the DMA"


def test_the_pins_have_their_function_and_no_other_changes() -> None:
    last = dict(writes())
    assert last[GPIOE + 0x24] == 3 << 4 | 3 << 8, "PE9 and PE10: AF3"
    assert last[GPIOE] == 0xFFFFFFFF ^ (1 << 18 | 1 << 20), "alternate function, the rest analogue"
    assert last[0x46020C8C] >> 4 & 1, "port E has a clock"


def test_what_is_set_up_anew_is_stopped_first() -> None:
    found = writes()
    for register in (0x88, 0x80, 0x04):
        values = [value for at, value in found if at == ADF + register]
        assert values[0] == 0, f"{register:#x}"
    assert found[[at for at, _ in found].index(DMA + 0x14)][1] == 2, "the channel is reset"


def test_a_filter_that_never_runs_is_no_microphone() -> None:
    with pytest.raises(AssertionError):
        writes({})


class Ring(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("samples", "at", "waiting", "lost")]


@pytest.fixture(scope="module")
def ring() -> ctypes.CDLL:
    need("gcc")
    home = folder()
    (home / "ring.c").write_text(
        '#include "tr_ring.h"\n'
        "void start(tr_ring *r, uint32_t n, uint32_t at) { tr_ring_start(r, n, at); }\n"
        "void note(tr_ring *r, uint32_t at, bool t, uint32_t p) { tr_ring_note(r, at, t, p); }\n"
        "uint32_t oldest(const tr_ring *r) { return tr_ring_oldest(r); }\n"
    )
    common = resources.firmware() / "ports" / "common"
    gcc("-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", f"-I{common}", home / "ring.c",
        "-o", home / "ring.so")  # fmt: skip
    return ctypes.CDLL(str(home / "ring.so"))


@pytest.mark.parametrize("seed", range(20))
def test_every_sample_of_a_ring_is_taken_or_counted_as_lost(ring: ctypes.CDLL, seed: int) -> None:
    """A reader that is away for up to four turns, and whose clock is 1 % off."""
    dice, size = random.Random(seed), 64
    state = Ring(size, 0, 0, 0)
    ring.start(ctypes.byref(state), size, 0)
    written = taken = noted = 0
    for _ in range(300):
        came = dice.choice((0, 1, 5, 20, 63, 64, 100, 257)) if dice.random() < 0.3 else 7
        written += came
        turned = written // size > noted // size
        noted = written
        passed = round(came * dice.uniform(0.99, 1.01))
        ring.note(ctypes.byref(state), written % size, turned, passed)
        assert state.waiting < size
        assert taken + state.waiting + state.lost == written
        assert ring.oldest(ctypes.byref(state)) == (written - state.waiting) % size
        some = dice.randint(0, state.waiting)
        state.waiting -= some
        taken += some
    assert state.lost > 0


def test_firmware_with_the_boards_microphone_is_built_and_heard_over_serial(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    manifest = build(model(), BOARD, app="microphone", out=tmp_path / "build", decisions=HOW)
    assert manifest.app == "microphone"
    assert manifest.features == FEATURES.to_dict()
    header = (tmp_path / "build" / "apps" / "tr_listen.h").read_text()
    assert "#define TR_LISTEN_MICROPHONE 1" in header
    with pytest.raises(RunnerError, match="the board hears its own microphone") as caught:
        ask.listen(open_build(tmp_path / "build"), tmp_path / "any.wav", "host")
    assert "--on serial" in (caught.value.hint or "")


def test_a_board_without_a_microphone_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="stm32f405 has no microphone") as caught:
        build(model(), "stm32", app="microphone", out=tmp_path / "build")
    having = [board.name for board in all_boards() if board.microphone]
    assert having == [BOARD]
    assert BOARD in (caught.value.hint or "")
