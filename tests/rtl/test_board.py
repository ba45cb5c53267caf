"""A board's design behind its UART: the framed protocol in Verilog, asked by our own client."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from support import fpga_networks as networks
from support.wires import Wire, harmful
from tinyrob.boards.lattice import find_lattice_board, lattice_boards
from tinyrob.deployable import from_frozen
from tinyrob.errors import BoardError, BuildError, DoesNotFit, RunnerError, UnsupportedModel
from tinyrob.files.plan import BuildPlan
from tinyrob.flash import fpga
from tinyrob.hls.project import Vectors
from tinyrob.ir.interp import interpret
from tinyrob.pipeline import Build, load
from tinyrob.project.build_folder import BuildFolder, SerialOptions, open_build
from tinyrob.rtl import bitstream, tools
from tinyrob.rtl.board import PARTS, divisor_for, with_board
from tinyrob.rtl.pll import pll_for
from tinyrob.rtl.project import rtl_project
from tinyrob.run.child import Child
from tinyrob.run.frames import Frame, Splitter, decode, encode
from tinyrob.run.protocol import Patience
from tinyrob.run.serial import SerialRunner
from tinyrob.runners import check_runner

pytest.importorskip("da4ml")
ULX3S = find_lattice_board("ulx3s")


def _model():
    """Three values a beat in, four out."""
    m = networks.Maker(4)
    x = m.input((4, 4, 3))
    x = m.conv("conv", x, 3, bits=4, strides=(2, 2))
    x = m.flatten("flat", x, 12)
    m.dense("logits", x, 4, grid=networks.Grid(-6, -128, 127), bits=4)
    return m.model("small")


MODEL = from_frozen(_model())


def _plan(board=ULX3S):
    inputs = networks.images(MODEL.frozen, 4)
    vectors = Vectors(inputs, interpret(MODEL.graph, inputs), "4 random")
    return with_board(rtl_project(MODEL.frozen, vectors), MODEL, board, board.hz, board.baud)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ULX3S' project, its design compiled once by Verilator."""
    out = tmp_path_factory.mktemp("board") / "project"
    _plan().write(out, "RTL project")
    tools.make(out / "board", "simulator", f"VERILATOR={tools.verilator()}")
    return out


def _board(project: Path) -> Child:
    return Child("the simulated board", [str(project / "build" / "board" / "simulator")])


def _at(project: Path, wire: Wire) -> BuildFolder:
    return dataclasses.replace(open_build(project), serial=SerialOptions(wire.port))


def _vectors(count: int) -> tuple[np.ndarray, np.ndarray]:
    x = networks.images(MODEL.frozen, count, seed=8)
    return x, interpret(MODEL.graph, x)


def test_every_result_comes_through_loss_and_corruption(project: Path) -> None:
    x, expected = _vectors(60)
    assert len(np.unique(expected, axis=0)) > 40
    spoil, links = harmful(3, 0.0007)
    with (
        Wire(lambda: _board(project), spoil) as wire,
        SerialRunner(_at(project, wire), Patience(1.0, 200)) as runner,
    ):
        result = runner.run(x)
        stats, check = runner.stats(), runner.check()
        assert runner._client is not None
        resent = runner._client.resent
    assert np.array_equal(result.outputs, expected)
    assert sum(link.harm for link in links) > 3
    assert resent > 0
    assert result.cycles is not None
    assert 50 < result.cycles < 500  # 48 values in, one a cycle, and what follows the last
    assert stats.counter == "cycles"
    assert stats.inferences >= len(x)
    assert check.whole


def test_the_folder_validates_as_any_other(project: Path) -> None:
    with Wire(lambda: _board(project)) as wire:
        found = Build.open(project).validate(
            ["serial"], networks.images(MODEL.frozen, 12, seed=2), port=wire.port
        )
    assert found.exact
    assert set(found.runners) == {"keras", "serial"}
    assert found.runners["serial"].max_lsb == 0


@pytest.mark.slow
def test_an_attack_goes_through_the_uart(project: Path, tmp_path: Path) -> None:
    x, expected = _vectors(3)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", expected.argmax(axis=1))
    with Wire(lambda: _board(project)) as wire:
        found = Build.open(project).attack(
            attacks=["square"],
            eps=[200],  # found within a few questions
            eps_l2=[],
            samples=3,
            transfer=[],
            on=["serial"],
            through=["serial"],
            inputs=tmp_path / "x.npy",
            labels=tmp_path / "y.npy",
            port=wire.port,
            out=tmp_path / "attack",
        )
    told = found.to_dict()
    assert found.clean == {"serial": 1.0}
    assert {"square@serial", "hopskipjump@serial"} <= {row["name"] for row in told["attacks"]}
    assert told["runners"]["serial"]["exact"] is True


class _Wire:
    """Frames to and from the simulated board."""

    def __init__(self, child: Child) -> None:
        self.link, self.splitter = child.link, Splitter()

    def ask(self, data: bytes) -> bytes:
        """The frame that answers, as it came."""
        self.link.write(data, 5.0)
        deadline = time.monotonic() + 60.0
        while time.monotonic() < deadline:
            for piece in self.splitter.feed(self.link.read(1.0)):
                return piece
        raise AssertionError("no answer")


def test_it_answers_as_the_firmware_does(project: Path) -> None:
    digest = open_build(project).model_digest
    ours = int.from_bytes(digest[:2], "little")
    one = networks.images(MODEL.frozen, 1, seed=5)[0]
    child = _board(project)
    try:
        wire = _Wire(child)

        def ask(*fields, body: bytes = b"") -> Frame:
            answer = decode(wire.ask(encode(Frame(*fields, body))))
            assert answer is not None
            return answer

        hello = ask(1, 0, 0, 77)
        assert (hello.type, hello.code, hello.model, hello.sequence) == (0x81, 0, ours, 77)
        numbers = struct.unpack("<8I16s", hello.body)
        assert numbers[:7] == (3, 48, 4, 0, 0, 0, 2)
        assert numbers[8] == digest
        infer = ask(2, 0, ours, 0x01020304, body=one.tobytes())
        assert infer.sequence == 0x01020304
        assert infer.body[8:] == interpret(MODEL.graph, one[None])[0].tobytes()
        # What it cannot, and what is not for it.
        assert ask(3, 0, ours, 5, body=one.tobytes()).code == 2  # TRACE
        assert ask(7, 0, ours, 6).code == 2
        assert ask(2, 0, ours, 7, body=b"\0").code == 3
        assert ask(1, 0, ours, 8, body=b"\1\2").code == 3
        assert ask(2, 0, ours ^ 1, 9, body=one.tobytes()).code == 4
        assert ask(1, 0, ours ^ 1, 10).code == 0  # who says hello may not know yet
        # Damage: a flipped bit, a frame cut short, one that is longer than any memory.
        whole = encode(Frame(2, 0, ours, 11, one.tobytes()))
        at = len(whole) // 2
        for bad in (
            whole[:at] + bytes([whole[at] ^ 0x40 or 1]) + whole[at + 1 :],
            whole[: at // 2] + b"\0",
            encode(Frame(2, 0, ours, 12, bytes(300))),
            b"\0\xff\1\2\0",
        ):
            answer = decode(wire.ask(bad))
            assert answer is not None
            assert (answer.code, answer.sequence, answer.body) in ((1, 0, b""), (3, 12, b""))
        again = ask(2, 0, ours, 13, body=one.tobytes())
        assert again.body == infer.body
    finally:
        child.stop()


def test_frames_are_coded_byte_for_byte_as_ours(project: Path) -> None:
    child = _board(project)
    try:
        raw = _Wire(child).ask(encode(Frame(5, 0, _tag(project), 0x10000)))
        answer = decode(raw)
        assert answer is not None
        assert b"\0" + raw + b"\0" == encode(answer)
    finally:
        child.stop()


def _tag(project: Path) -> int:
    return int.from_bytes(open_build(project).model_digest[:2], "little")


def test_a_bitstream_of_other_verilog_is_told(project: Path) -> None:
    folder = open_build(project)

    class Other(SerialRunner):
        def _sealed(self) -> int:
            return 1

    with Wire(lambda: _board(project)) as wire:
        options = dataclasses.replace(folder, serial=SerialOptions(wire.port))
        with pytest.raises(RunnerError, match="what is in flash is not"), Other(options):
            pass


@pytest.mark.parametrize("widths", [(1, 8, 0), (3, 8, -3), (2, 4, 5), (7, 1, 0)])
def test_its_verilog_is_clean_whatever_the_network(
    project: Path, widths: tuple[int, int, int]
) -> None:
    import subprocess

    lanes, bits, zero = widths
    values = [f"-GIN_LANES={lanes}", f"-GIN_BITS={bits}", f"-GIN_ZERO={zero}"]
    values += [f"-GOUT_LANES={lanes}", f"-GOUT_BITS={bits}", f"-GOUT_ZERO={zero}"]
    done = subprocess.run(
        f"{tools.verilator()} --lint-only -Wall -Wno-DECLFILENAME --top-module board_server "
        f"{' '.join(values)} board_server.v board_stream.v board_crc.v",
        shell=True, cwd=project / "board", capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_folder_has_no_firmware_to_run(project: Path) -> None:
    folder = open_build(project)
    for name in ("host", "qemu", "emulator"):
        with pytest.raises(RunnerError, match="holds Verilog for ulx3s-85f, and no firmware"):
            check_runner(name, folder)
    check_runner("verilator", folder)
    assert load(str(project)).tflite == MODEL.tflite


def test_the_same_model_gives_the_same_bytes() -> None:
    assert _plan().digest == _plan().digest


@pytest.mark.parametrize("board", lattice_boards(), ids=lambda board: board.name)
def test_every_board_has_its_pins_and_clock_in_the_project(board) -> None:
    files = _plan(board).files
    constraints = files["board/pins.lpf" if board.family == "ecp5" else "board/pins.pcf"].decode()
    for port, site in board.pins:
        assert f'"{port}" SITE "{site}"' in constraints or f" {port} {site}\n" in constraints
    top = files["board.v"].decode()
    primitive = {"ecp5": "EHXPLLL", "ice40": "SB_PLL40_PAD"}[board.family]
    assert (primitive in top) == (board.hz != board.input_hz)
    assert f"DIVISOR({round(board.hz / board.baud)})" in top
    assert set(PARTS) <= {name.removeprefix("board/") for name in files}


@pytest.mark.parametrize("mhz", [5, 20, 33, 50, 66, 74, 100, 133, 200])
def test_a_pll_stays_within_its_limits(mhz: int) -> None:
    pll = pll_for(ULX3S, mhz * 1_000_000)
    assert pll is not None
    phase = 25e6 / pll.reference
    assert phase >= 3.125e6
    assert pll.hz == round(phase * pll.feedback)
    assert 400e6 <= phase * pll.feedback * pll.output <= 800e6
    assert 0.95 * mhz * 1e6 <= pll.hz <= mhz * 1e6


def test_plls_are_those_of_the_parts_own_tools() -> None:
    """ecppll -i 25 -o 50 and -i 48 -o 40, icepll -i 12 -o 24."""
    crab = dataclasses.replace(ULX3S, input_hz=48_000_000)
    ice = find_lattice_board("icebreaker")
    made = [pll_for(ULX3S, 50_000_000), pll_for(crab, 40_000_000), pll_for(ice, 24_000_000)]
    assert [(p.reference, p.feedback, p.output) for p in made if p] == [
        (1, 2, 12),
        (6, 5, 15),
        (1, 64, 5),
    ]
    assert made[2] is not None
    assert made[2].filter == 1


def test_what_a_board_cannot_make_is_told() -> None:
    with pytest.raises(BoardError, match="PLL cannot make 12 MHz of 25 MHz") as raised:
        pll_for(ULX3S, 12_000_000)
    assert "the nearest below it is 10.71 MHz" in (raised.value.hint or "")
    with pytest.raises(BoardError, match="PLL cannot make 2 MHz of 25 MHz"):
        pll_for(ULX3S, 2_000_000)
    with pytest.raises(BoardError, match=r"cannot speak 11,000,000 baud: a bit would be 4\.55"):
        divisor_for(ULX3S, 50_000_000, 11_000_000)
    with pytest.raises(BoardError, match="no board 'ulx3' for the open tools") as raised:
        find_lattice_board("ulx3")
    assert "ulx3s" in (raised.value.hint or "")
    with pytest.raises(BoardError, match="stm32f405 is no board for the open tools"):
        find_lattice_board("stm32f405")


def test_an_input_larger_than_a_boards_memory_is_told() -> None:
    plan = rtl_project(MODEL.frozen, Vectors(*(np.zeros((0, n), np.int8) for n in (48, 4)), "none"))
    about = json.loads(plan.files["manifest.json"])
    about["streams"][0]["shape"] = [1024, 1025, 1]
    large = BuildPlan({**plan.files, "manifest.json": json.dumps(about).encode()})
    with pytest.raises(UnsupportedModel, match="small takes 1,049,600 values, more than a board"):
        with_board(large, MODEL, ULX3S, ULX3S.hz, ULX3S.baud)


def test_a_bitstream_needs_a_board(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="a bitstream is a board's, and none is named"):
        load("digits-stq-jr").export_rtl(tmp_path / "out", bitstream=True)
    with pytest.raises(BoardError, match="PLL cannot make"):
        load("digits-stq-jr").export_rtl(tmp_path / "out", board="ulx3s", mhz=450)
    assert not (tmp_path / "out").exists()


def _statistic(path: Path, **cells: int) -> Path:
    path.write_text(json.dumps({"design": {"num_cells_by_type": cells}}))
    return path


def test_what_is_too_small_is_named_with_each_resource(tmp_path: Path) -> None:
    crab = find_lattice_board("orangecrab")
    bitstream.check_fits(_statistic(tmp_path / "s", LUT4=20_000, CCU2C=2_144), crab)
    full = _statistic(tmp_path / "s", LUT4=20_000, CCU2C=2_145, DP16KD=57, TRELLIS_FF=9)
    with pytest.raises(DoesNotFit) as raised:
        bitstream.check_fits(full, crab)
    assert "at least 24,290 LUTs of 24,288 and at least 57 block RAMs of 56" in str(raised.value)
    ice = find_lattice_board("icebreaker")
    with pytest.raises(DoesNotFit, match="at least 5,281 flip-flops of 5,280"):
        bitstream.check_fits(_statistic(tmp_path / "s", SB_DFFE=5_000, SB_DFFSR=281), ice)
    (tmp_path / "s").write_text("{")
    with pytest.raises(BuildError, match="not a statistic of Yosys"):
        bitstream.check_fits(tmp_path / "s", ice)


def _report(folder: Path, achieved: float, cells: list[str]) -> Path:
    steps = [{"delay": 1.0, "to": {"cell": cell}} for cell in cells]
    report = {
        "fmax": {"clk": {"achieved": achieved, "constraint": 50.0}},
        "utilization": {"TRELLIS_COMB": {"used": 10, "available": 24_288}},
        "critical_paths": [
            {"from": "posedge clk", "to": "posedge clk", "path": steps},
            {
                "from": "<async>",
                "to": "posedge clk",
                "path": [{"delay": 99.0, "to": {"cell": "x"}}],
            },
        ],
    }
    path = folder / "report.json"
    path.write_text(json.dumps(report))
    return path


def test_a_clock_that_cannot_be_met_names_the_layer(project: Path, tmp_path: Path) -> None:
    stream = json.loads((project / "manifest.json").read_text())["streams"][1]["stream"]
    cells = [
        f"core.net.{stream}_pipe.r1_TRELLIS_FF_Q",
        f"core.net.{stream}_pipe.a",
        "core.server.x",
    ]
    met = bitstream.read_clock(_report(tmp_path, 51.0, cells), project)
    assert met == {"clock_mhz": 50.0, "fmax_mhz": 51.0, "lut": [10, 24_288]}
    with pytest.raises(BuildError, match=r"allows 43\.2 MHz, and it is in layer 'conv'") as raised:
        bitstream.read_clock(_report(tmp_path, 43.2, cells), project)
    assert "--mhz 43" in (raised.value.hint or "")
    with pytest.raises(BuildError, match="it is in the UART's server"):
        bitstream.read_clock(_report(tmp_path, 43.2, ["core.server.at"]), project)


@pytest.fixture
def made(project: Path, tmp_path: Path) -> BuildFolder:
    """The project with a file where its bitstream would be."""
    copy = tmp_path / "made"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("build"))
    file = bitstream.bitstream_file(copy, ULX3S)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"bits")
    return open_build(copy)


def test_flashing_without_a_bitstream_says_how_to_make_it(made: BuildFolder) -> None:
    file = bitstream.bitstream_file(made.path, ULX3S)
    past = time.time() - 3600
    os.utime(file, (past, past))
    with pytest.raises(BuildError, match="is older than the Verilog"):
        fpga.program(made, None, None, None, dry_run=True)
    file.unlink()
    with pytest.raises(BuildError, match="has no bitstream yet") as raised:
        fpga.program(made, None, None, None, dry_run=True)
    assert "bitstream" in (raised.value.hint or "")


def test_a_dry_run_prints_the_loaders_command(made: BuildFolder) -> None:
    done = Build.open(made.path).flash(dry_run=True, probe="D00123")
    file = bitstream.bitstream_file(made.path, ULX3S)
    words = f"openFPGALoader -b ulx3s -f --verify --ftdi-serial D00123 {file}"
    assert (done.command, done.verified) == (words, False)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("unable to open ftdi device: -3 (device not found)", "no board was found"),
        ("DFU init failed with: No DFU compatible device found", "no board was found"),
        ("unable to open ftdi device: -4 (LIBUSB_ERROR_ACCESS)", "this user may not open it"),
        ("smoke", "failed with status 1: smoke"),
    ],
)
def test_what_the_loader_says_becomes_an_error(
    made: BuildFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, message: str
) -> None:
    from support.fake_tools import Bench

    (tmp_path / "tools").mkdir()
    bench = Bench(tmp_path / "tools", monkeypatch)
    bench.has("openFPGALoader", f"echo '{said}'; exit 1")
    with pytest.raises(RunnerError, match=message):
        Build.open(made.path).flash()
    bench.has("openFPGALoader", "echo Done")
    assert Build.open(made.path).flash().verified
    file = bitstream.bitstream_file(made.path, ULX3S)
    assert bench.calls()[-1] == f"openFPGALoader -b ulx3s -f --verify {file}"


def test_a_design_goes_onto_its_own_board_only(made: BuildFolder) -> None:
    with pytest.raises(BoardError, match="a design for ulx3s-85f, not for icebreaker"):
        fpga.program(made, "icebreaker", None, None, dry_run=True)
    with pytest.raises(BoardError, match="'pyocd' does not program ulx3s-85f"):
        fpga.program(made, None, None, "pyocd", dry_run=True)


def test_the_crc_of_the_image_is_of_every_file(project: Path) -> None:
    from tinyrob.project.image_crc import verilog_crc

    files = {"rtl/a.v": b"a", "rtl/b.v": b"b", "board.v": b"top"}
    expected = zlib.crc32(b"b", zlib.crc32(b"rtl/b.v", zlib.crc32(b"a", zlib.crc32(b"rtl/a.v"))))
    assert verilog_crc(files) == expected
    assert verilog_crc({**files, "board.v": b"other"}) == expected
