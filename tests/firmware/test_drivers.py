"""Drivers of sensors beside a board: every register as the manual has it, and what a user sees."""

from __future__ import annotations

import ctypes
import random
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from support.firmware import need
from support.listeners import HOW, looking, model
from support.mmio import Driver, driven
from support.native import folder, gcc
from tinyrob.boards.drivers import SENSORS, driver_of, source_of
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build.job import build
from tinyrob.cli import main
from tinyrob.emit.render import render
from tinyrob.errors import BoardError, BuildError, RunnerError
from tinyrob.features import camera
from tinyrob.files import resources
from tinyrob.ir.interp import interpret
from tinyrob.listen import frames
from tinyrob.project import recipe
from tinyrob.project.build_folder import open_build
from tinyrob.project.toolchains import toolchain_for

MICROPHONE = Driver("microphone")
CAMERA_BOARD = "b_u585i_iot02a"
STARTS = """bool tr_{0}_start({1});
bool tr_{0}_start({1}) {{ {2} tr_mmio_write(0x1234, 5); return true; }}"""


def field(value: int, low: int, bits: int) -> int:
    return value >> low & (1 << bits) - 1


@pytest.mark.parametrize(("name", "divider"), [("nucleo_f446re", 4), ("nucleo_f746zg", 0)])
def test_the_i2s_of_an_f4_and_an_f7_makes_the_rate_and_its_dma_goes_round(
    name: str, divider: int
) -> None:
    need("gcc")
    board, spi, dma = find_board(name), 0x40003800, 0x40026058
    f446 = {0xE0042000: (0x10000421 if divider else 0x10000449, 0)}
    pll_on = {0x40023800: (0x83, 1 << 27), 0x40023884: (0x24003010, 0)}
    found = driven(board, MICROPHONE, f446 | pll_on)
    last, order = dict(found), [at for at, _ in found]
    pll = last[0x40023884]
    assert field(pll, 0, 6) == (divider or 0x10), "PLLI2SM, where the part has one: else as it was"
    assert board.clock.pll is not None
    hz = board.clock.pll.input_hz / board.clock.pll.m * field(pll, 6, 9) / field(pll, 28, 3)
    steps = 2 * field(last[spi + 0x20], 0, 8) + field(last[spi + 0x20], 8, 1)
    assert hz / 64 / steps == 16_000, "two channels of 32 bits"
    mode = last[spi + 0x1C]
    assert (field(mode, 11, 1), field(mode, 8, 2), field(mode, 4, 2)) == (1, 3, 0), "master, I2S"
    assert (field(mode, 0, 1), field(mode, 1, 2), field(mode, 10, 1)) == (1, 0, 1), "16 of 32 bits"
    assert last[spi + 0x04] == 1, "RXDMAEN"
    stream = last[dma]
    assert (field(stream, 25, 3), field(stream, 6, 2)) == (0, 0), "SPI2_RX, to memory"
    assert (field(stream, 11, 2), field(stream, 13, 2)) == (1, 1), "half words"
    assert (field(stream, 8, 1), field(stream, 10, 1), stream & 1) == (1, 1, 1), "CIRC, MINC"
    assert (last[dma + 4], last[dma + 8], last[0x40026008]) == (8192, spi + 0xC, 0xF400000)
    assert order.index(dma + 4) < max(i for i, at in enumerate(order) if at == dma)
    assert max(i for i, at in enumerate(order) if at == dma) < order.index(spi + 4)
    assert (last[0x40020400], last[0x40020424]) == (0x8A000000, 0x50550000), "PB12, 13, 15: AF5"
    assert (last[0x40023830] >> 21 & 1, last[0x40023840] >> 14 & 1) == (1, 1), "DMA1, SPI2: clocks"
    with pytest.raises(AssertionError):
        driven(board, MICROPHONE, f446)  # a PLL that never locks is no microphone


@pytest.mark.parametrize(
    ("name", "resets", "adc", "pad", "clock", "at"),
    [
        ("rp2040", 0x4000C000, 0x4004C000, 0x4001C06C, 0x40008060, (5, 6, 10, 15, 36)),
        ("rp2350", 0x40020000, 0x400A0000, 0x4003806C, 0x4001006C, (6, 8, 12, 17, 48)),
    ],
)
def test_the_adc_of_an_rp2_takes_the_crystal_and_its_dma_goes_round(
    name: str, resets: int, adc: int, pad: int, clock: int, at: tuple[int, ...]
) -> None:
    need("gcc")
    ready = {resets + 8: (0, 5), adc: (0, 1 << 8), resets: (5, 0)}
    found = driven(find_board(name), MICROPHONE, ready)
    last, (written, size, ring, request, wanted) = dict(found), at
    assert last[resets] & 5 == 0, "ADC and DMA are out of reset"
    assert last[clock] == 1 << 11 | 3 << 5, "clk_adc: on, the crystal"
    assert 12e6 / (field(last[adc + 0x10], 8, 16) + 1) == 16_000
    assert field(last[adc + 0x10], 8, 16) >= 96, "no conversion takes longer than the interval"
    assert (last[adc + 8] & 9, field(last[adc + 8], 24, 4)) == (9, 1), "FIFO: on, a DREQ each"
    assert [value for to, value in found if to == adc][-1] == 1 << 3 | 1, "START_MANY, input 0"
    assert last[pad] == 1 << 7, "GPIO26 is analogue"
    control = last[0x5000000C]
    assert (control & 1, field(control, 2, 2), field(control, 4, 1)) == (1, 1, 0), "half words"
    assert (field(control, written, 1), field(control, ring, 1)) == (1, 1), "a ring of writes"
    assert (field(control, size, 4), field(control, request, 6)) == (13, wanted)
    assert (last[0x50000000], last[0x50000004] % 8192) == (adc + 0xC, 0), "aligned to its size"
    assert found[-1][0] == adc, "the ADC begins last"


@pytest.mark.parametrize(
    ("name", "pdm", "gpio"),
    [("nrf52840dk", 0x4001D000, 0x50000500), ("nrf5340dk", 0x50026000, 0x50842500)],
)
def test_the_pdm_of_an_nrf_makes_16_khz_and_is_given_the_next_half(
    name: str, pdm: int, gpio: int
) -> None:
    need("gcc")
    found = driven(find_board(name), MICROPHONE, {pdm + 0x100: (0, 1)})
    last = dict(found)
    assert (last[pdm + 0x504], last[pdm + 0x520]) == (0x0A000000, 1), "32 MHz / 25 / 80"
    assert (last[pdm + 0x508], last[pdm + 0x518], last[pdm + 0x500]) == (1, 0x28, 1), "mono, 0 dB"
    assert (last[pdm + 0x540], last[pdm + 0x544], last[pdm + 0x564]) == (26, 25, 4096)
    assert (last[gpio + 0x268], last[gpio + 0x264]) == (3, 0), "the clock is an output"
    pointers = [value for at, value in found if at == pdm + 0x560]
    assert pointers[1] - pointers[0] == 2 * 4096, "the other half, once the first has begun"
    order = [at for at, _ in found]
    assert order.index(pdm + 0x560) < order.index(pdm) < len(order) - 1, "it is started in between"
    with pytest.raises(AssertionError):
        driven(find_board(name), MICROPHONE, {})


@pytest.mark.parametrize(
    ("name", "clocks", "dma", "bits"),
    [
        ("nucleo_l4r5zi", {0x40021048: 5}, 0x40020008, 1 << 10 | 1 << 8 | 1 << 7 | 1 << 5 | 1),
        ("nucleo_g0b1re", {0x40021038: 1}, 0x40020008, 1 << 10 | 1 << 8 | 1 << 7 | 1 << 5 | 1),
        (
            "nucleo_h743zi",
            {0x580244D8: 1, 0x580244DC: 1 << 29},
            0x40020010,
            1 << 13 | 1 << 11 | 1 << 10 | 1 << 8 | 1,
        ),
    ],
)
def test_a_source_of_ones_own_gets_a_dma_that_goes_round(
    name: str, clocks: dict[int, int], dma: int, bits: int
) -> None:
    need("gcc")
    board = find_board(name)
    own = Driver("microphone", STARTS.format("source", "uint32_t rate", "(void)rate;"))
    found = driven(board, own, {dma: (0xFFFF, 0)})
    last = dict(found)
    assert all(last[at] & on == on for at, on in clocks.items())
    assert (last[dma], last[dma + 4]) == (bits, 4096), "half words, MINC, CIRC, EN"
    assert found[-1] == (0x1234, 5), "the user's source begins once the DMA waits"
    assert (dma, 0) in found[:4], "one that ran already is stopped"
    if name == "nucleo_h743zi":
        assert last[dma + 0xC] == 0x30000000, "DMA1 does not reach the core's own memory"
    with pytest.raises(AssertionError):
        driven(board, MICROPHONE, {})  # as it is printed: it says that it has no source


def test_the_dcmi_takes_a_frame_by_one_block_of_the_dma() -> None:
    need("gcc")
    board, dcmi, dma = find_board(CAMERA_BOARD), 0x4202C000, 0x400200D0
    pins = {0x42020000 + 0x400 * port: (0xFFFFFFFF, 0) for port in (0, 1, 2, 4, 7, 8)}
    found = driven(board, Driver("camera", STARTS.format("sensor", "void", "")), pins)
    last, order = dict(found), [at for at, _ in found]
    assert (last[0x46020C8C] >> 12 & 1, last[0x46020C88] & 1) == (1, 1), "DCMI, GPDMA1: clocks"
    assert last[dcmi] == 1 << 14 | 1 << 7 | 1 << 5 | 1 << 1 | 1, "a snapshot is taken"
    assert last[dma + 0x40] == 2 << 16 | 2 | 1 << 19, "words, to the next one"
    assert (last[dma + 0x44], last[dma + 0x48], last[dma + 0x4C]) == (86, 38_400, dcmi + 0x28)
    assert (last[dma + 0x7C], last[dma + 0x14]) == (0, 1), "one block"
    assert (
        order.index(dma + 0x48)
        < len(order) - 1
        == max(i for i, at in enumerate(order) if at == dcmi)
    ), "the capture begins last"
    # UM2839's connector CN2: PA6, PH8, PB7, PC6 to PC8, PE1, PH14, PI4, PI6, PI7.
    used = {0: (6,), 1: (7,), 2: (6, 7, 8), 4: (1,), 7: (8, 14), 8: (4, 6, 7)}
    for port, numbers in used.items():
        assert last[0x42020000 + 0x400 * port] == 0xFFFFFFFF ^ sum(1 << 2 * n for n in numbers)
    with pytest.raises(AssertionError):
        driven(board, Driver("camera"), pins)  # as it is printed: it says that it has no sensor


READER = """
#include "tr_reader.h"
uint32_t now, where;
uint32_t tr_port_count(void) { return now; }
static uint32_t at(void) { return where; }
static tr_reader reader;
void start(uint32_t samples, uint32_t rate) { tr_reader_start(&reader, samples, rate); }
void note(void) { (void)tr_reader_note(&reader, at()); }
uint32_t take(void) { return tr_reader_take(&reader); }
uint32_t waiting(void) { return reader.ring.waiting; }
uint32_t lost(void) { return reader.ring.lost; }
"""


@pytest.mark.parametrize("seed", range(5))
def test_a_reader_counts_what_it_comes_too_late_for_by_the_time_that_has_passed(seed: int) -> None:
    need("gcc")
    home, dice = folder(), random.Random(seed)
    (home / "tr_board.h").write_text("#define TR_BOARD_CLOCK_HZ 1600000UL\n")
    (home / "reader.c").write_text(READER)
    common = resources.firmware() / "ports" / "common"
    gcc("-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", f"-I{home}", f"-I{common}",
        home / "reader.c", "-o", home / "reader.so")  # fmt: skip
    library, size = ctypes.CDLL(str(home / "reader.so")), 64
    now, where = (ctypes.c_uint32.in_dll(library, name) for name in ("now", "where"))
    now.value = 2**32 - 5000  # the counter begins anew meanwhile
    library.start(size, 16_000)
    written = taken = 0
    for _ in range(300):
        came = dice.choice((0, 1, 20, 63, 64, 100, 257)) if dice.random() < 0.3 else 7
        written += came
        now.value += 100 * came
        where.value = written % size
        library.note()
        assert taken + library.waiting() + library.lost() == written
        for _ in range(dice.randint(0, library.waiting())):
            expected = (written - library.waiting()) % size
            assert library.take() == expected
            taken += 1
    assert library.lost() > 0


PDM = """
#include "driver.c"
static uint32_t begun; /* halves, when the event was cleared last */
uint64_t passed;
uint32_t finished; /* halves, then */
uint32_t tr_mmio_read(uint32_t address)
{
    return address == STARTED ? passed / HALF_CYCLES + 1U != begun : 0U;
}
void tr_mmio_write(uint32_t address, uint32_t value)
{
    if (address == START) {
        begun = value - 1U;
    } else if (address == STARTED) {
        finished = (uint32_t)(passed / HALF_CYCLES);
        begun = finished + 1U;
    }
}
uint32_t tr_port_count(void) { return (uint32_t)(passed += 50U); }
uint32_t accounted(void) { return lost + (heard.whole ? HALF - heard.taken : 0U); }
uint32_t half_cycles(void) { return HALF_CYCLES; }
"""


@pytest.mark.parametrize("seed", range(3))
def test_the_pdm_of_an_nrf_counts_every_half_that_was_written_over(seed: int) -> None:
    """A model of its two halves in turn: what was not taken was lost, whenever one looks."""
    need("gcc")
    home, dice, board = folder(), random.Random(seed), find_board("nrf52840dk")
    (home / "tr_board.h").write_bytes(render("project/tr_board.h.j2", board=board, watch=False))
    (home / "tr_model_frontend.h").write_text("#define TR_MODEL_RATE 16000UL\n")
    (home / "driver.c").write_bytes(source_of(board, "microphone"))
    (home / "pdm.c").write_text(PDM)
    common = resources.firmware() / "ports" / "common"
    gcc("-shared", "-fPIC", "-DTR_MMIO_RECORDED", f"-I{home}", f"-I{common}", home / "pdm.c",
        "-o", home / "pdm.so")  # fmt: skip
    library, half = ctypes.CDLL(str(home / "pdm.so")), 4096
    passed = ctypes.c_uint64.in_dll(library, "passed")
    finished = ctypes.c_uint32.in_dll(library, "finished")
    assert library.tr_microphone_start()
    taken, samples = 0, (ctypes.c_int16 * half)()
    for _ in range(60):
        passed.value += int(dice.choice((0.1, 0.4, 0.9, 1.6, 1.9, 3.5)) * library.half_cycles())
        count = dice.randint(1, half)
        assert library.tr_microphone_read(samples, count)
        taken += count
    assert library.tr_microphone_lost() > 0
    assert taken + library.accounted() == half * finished.value


FAKE = """
#include "tr_camera.h"
#include "tr_port.h"
static uint8_t bytes[62];
static uint32_t frames, rows, lost;
bool tr_camera_start(tr_camera_frame *frame)
{
    frame->format = TR_CAMERA_RGB565;
    frame->width = 31;
    frame->height = 20;
    return true;
}
void tr_camera_begin(void)
{
    rows = 0;
    if (++frames == 20U) {
        tr_port_exit(0);
    }
}
const uint8_t *tr_camera_row(void)
{
    if (frames == 2U && rows == 5U) {
        lost++;
        return 0;
    }
    for (uint32_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(frames * 7U + rows * 31U + i * i);
    }
    rows++;
    return bytes;
}
uint32_t tr_camera_lost(void) { return lost; }
"""


def test_a_camera_is_seen_as_the_reference_sees_it_and_a_damaged_frame_is_said(
    tmp_path: Path,
) -> None:
    """The app on this machine, with a driver that makes frames of its own."""
    need("arm-none-eabi-gcc", "gcc")
    (tmp_path / "fake.c").write_text(FAKE)
    out, network = tmp_path / "build", looking()
    manifest = build(network, CAMERA_BOARD, app="camera", out=out, driver=tmp_path / "fake.c")
    assert manifest.app == "camera"
    assert (out / recipe.DRIVER).read_text() == FAKE
    sources = [f for part in ("kernels", "model", "proto") for f in sorted(out.glob(f"{part}/*.c"))]
    sources += [out / "apps/look.c", out / recipe.DRIVER, out / "ports/host/port.c"]
    sources += [out / f"ports/common/{name}.c" for name in recipe.HOST_COMMON]
    includes = [f"-I{out / flag[2:]}" for flag in recipe.INCLUDES]
    gcc(*recipe.COMMON, *recipe.WARNINGS, *includes, *sources, "-o", tmp_path / "app")
    said = subprocess.run([tmp_path / "app"], capture_output=True, text=True, check=True).stdout
    lines = said.splitlines()
    assert lines.count("lost 1") == 1
    assert sum(line.startswith("looking model ") for line in lines) == 2, "it says again who it is"
    pictures = [line for line in lines if line.startswith("picture ")]
    size = network.input_shape
    row, of_row = np.arange(20)[:, None] * 31, np.arange(62)[None] ** 2
    for number, line in zip([1, *range(3, 20)], pictures, strict=True):
        raw = (number * 7 + row + of_row).astype(np.uint8)
        made = camera.picture(raw, "rgb565", (size[0], size[1], size[2]))
        assert line == f"picture {zlib.crc32(made.tobytes()):08x}"
        output = interpret(network.graph, made[None]).tobytes()
        after = lines[lines.index(line) + 1]
        assert f" logits {zlib.crc32(output):08x} " in after
    with pytest.raises(RunnerError, match="does not look") as caught:
        frames.look(open_build(out), [], "host")
    assert "tinyrob monitor" in (caught.value.hint or "")


def test_every_driver_compiles_for_every_board_without_a_warning(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    (tmp_path / "tr_model_frontend.h").write_text("#define TR_MODEL_RATE 16000UL\n")
    firmware, there = resources.firmware(), set()
    for board in all_boards():
        header = render("project/tr_board.h.j2", board=board, watch=False)
        (tmp_path / "tr_board.h").write_bytes(header)
        for sensor in SENSORS:
            name = driver_of(board, sensor)
            if name is not None:
                there.add(name)
                (tmp_path / name).write_bytes(source_of(board, sensor))
                gcc(*recipe.COMMON, *recipe.WARNINGS, *toolchain_for(board).cpu_flags.split(),
                    "-Os", f"-I{tmp_path}", f"-I{firmware / 'ports' / 'common'}", "-c",
                    tmp_path / name, "-o", tmp_path / "driver.o",
                    by="arm-none-eabi-gcc")  # fmt: skip
    files = {path.name for path in (firmware / "drivers").glob("*.c")}
    assert there == files, "and no file is left over"


def test_firmware_with_a_driver_is_built_and_its_makefile_has_the_driver(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make")
    board, out = find_board("nucleo_f446re"), tmp_path / "build"
    (tmp_path / "mine.c").write_bytes(source_of(board, "microphone"))
    build(model(), board.name, app="microphone", out=out, driver=tmp_path / "mine.c", decisions=HOW)
    told = subprocess.run(["make", "-n", "-C", out], capture_output=True, text=True, check=True)
    assert f"-c {recipe.DRIVER}" in told.stdout


def test_a_driver_is_printed_and_a_board_without_one_says_which_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["boards", "rp2040", "--driver", "microphone"])
    printed = capsys.readouterr().out
    assert printed.encode() == source_of(find_board("rp2040"), "microphone")
    with pytest.raises(BoardError, match="no driver of a camera for rp2040") as caught:
        source_of(find_board("rp2040"), "camera")
    assert CAMERA_BOARD in (caught.value.hint or "")
    with pytest.raises(BoardError) as own:
        source_of(find_board(CAMERA_BOARD), "microphone")
    assert "--app microphone" in (own.value.hint or "")
    with pytest.raises(SystemExit, match="2"):
        main(["boards", "rp2040"])


@pytest.mark.parametrize(
    ("board", "app", "hint"),
    [
        ("nucleo_f446re", "microphone", "tinyrob boards nucleo_f446re --driver microphone"),
        (CAMERA_BOARD, "camera", f"tinyrob boards {CAMERA_BOARD} --driver camera"),
        ("rp2040", "camera", "--driver FILE.c"),
    ],
)
def test_an_app_without_its_sensor_says_how_to_get_one(
    board: str, app: str, hint: str, tmp_path: Path
) -> None:
    network = model() if app == "microphone" else looking()
    with pytest.raises(BuildError, match=f"no {app} that tinyrob reads by itself") as caught:
        build(network, board, app=app, out=tmp_path / "build")
    assert hint in (caught.value.hint or "")


def test_a_driver_that_no_app_takes_or_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.c").write_text("int own;\n")
    with pytest.raises(BuildError, match="the app listen takes no driver"):
        build(model(), "stm32", app="listen", out=tmp_path / "b", driver=tmp_path / "own.c")
    with pytest.raises(BuildError, match="with the driver: ") as caught:
        build(model(), "rp2040", app="microphone", out=tmp_path / "b", driver=tmp_path / "own.c")
    assert "apps/driver.c" in (caught.value.hint or "")
    with pytest.raises(BuildError, match="cannot be read"):
        build(model(), "rp2040", app="microphone", out=tmp_path / "b", driver=tmp_path / "none.c")
    with pytest.raises(BuildError, match="it is a device, not a file"):
        build(model(), "rp2040", app="microphone", out=tmp_path / "b", driver=Path("/dev/zero"))
