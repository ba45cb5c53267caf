"""The network as a Wishbone peripheral, driven through its bus; what a LiteX system is given."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support import fpga_networks as networks
from tinyrob.deployable import from_frozen
from tinyrob.files.plan import BuildPlan
from tinyrob.hls.project import Vectors
from tinyrob.ir.interp import interpret
from tinyrob.rtl import tools
from tinyrob.rtl.litex import with_litex
from tinyrob.rtl.project import rtl_project

pytest.importorskip("da4ml")
MASTER = Path(__file__).resolve().parents[1] / "support" / "wishbone.cpp"


def _model():
    """An input of 27 bytes and six outputs: neither fills its last word."""
    m = networks.Maker(4)
    x = m.input((3, 3, 3))
    x = m.conv("conv", x, 2, bits=4)
    x = m.flatten("flat", x, 18)
    m.dense("logits", x, 6, grid=networks.Grid(-6, -128, 127), bits=4)
    return m.model("small")


MODEL = from_frozen(_model())


def _plan() -> BuildPlan:
    inputs = networks.images(MODEL.frozen, 12)
    vectors = Vectors(inputs, interpret(MODEL.graph, inputs), "12 random")
    return with_litex(rtl_project(MODEL.frozen, vectors), MODEL, vectors)


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that drives the peripheral's bus, compiled once by Verilator."""
    out = tmp_path_factory.mktemp("litex") / "project"
    _plan().write(out, "RTL project")
    (out / "build").mkdir()
    flags = "CFG_CXXFLAGS_PCH_I=-include OPT_SLOW=-O0 OPT_FAST=-O0 OPT_GLOBAL=-O0"
    subprocess.run(
        f"{tools.verilator()} -MAKEFLAGS '{flags}' --cc --exe --build -Wno-fatal -Wno-lint -j 1 "
        f"--top-module network_wishbone -Mdir build/bus rtl/*.v litex/*.v {MASTER}",
        shell=True, cwd=out, check=True, capture_output=True,
    )  # fmt: skip
    return out / "build" / "bus" / "Vnetwork_wishbone"


def _asked(master: Path, orders: list[str]) -> list[int]:
    """What the reads among ``orders`` gave."""
    done = subprocess.run(
        [str(master)], input="\n".join(orders), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [int(line, 16) for line in done.stdout.split()]


def _words(values: np.ndarray) -> list[int]:
    data = values.tobytes()
    return np.frombuffer(data + bytes(-len(data) % 4), "<u4").tolist()


def _window(master: Path) -> int:
    return int(json.loads((master.parents[2] / "manifest.json").read_text())["window"])


def test_every_result_comes_over_the_bus(master: Path) -> None:
    x = networks.images(MODEL.frozen, 40, seed=3)
    expected = interpret(MODEL.graph, x)
    assert len(np.unique(expected, axis=0)) > 30
    base, orders = 1 << _window(master), []
    for one in x:
        orders += [f"w {base + i} {word:x} 15" for i, word in enumerate(_words(one))]
        orders += ["w 1 1 1", "wait", "r 1", f"r {2 * base}", f"r {2 * base + 1}"]
    found = np.array(_asked(master, orders)).reshape(len(x), 3)
    assert (found[:, 0] == 2).all()  # done, and no longer busy
    got = [np.frombuffer(np.array(row, "<u4").tobytes(), np.int8)[:6] for row in found[:, 1:]]
    assert np.array_equal(got, expected)


def test_the_registers_tell_what_it_is(master: Path) -> None:
    import hashlib

    digest = int.from_bytes(hashlib.sha256(MODEL.tflite).digest()[:4], "little")
    start = ["w 1 1 1", "wait"]
    found = _asked(master, ["r 0", "r 3", "r 4", "r 1", "r 5", *start, *start, "r 5", "r 2"])
    assert found[:6] == [digest, 27, 6, 0, 0, 2]
    assert 27 < found[6] < 500  # cycles


def test_an_input_is_written_byte_by_byte_and_not_while_it_is_read(master: Path) -> None:
    one = networks.images(MODEL.frozen, 1, seed=9)[0]
    base, words = 1 << _window(master), _words(one)
    junk = [f"w {base + i} {~word & 0xFFFFFFFF:x} 15" for i, word in enumerate(words)]
    fix = [f"w {base + i} {word:x} {sel}" for i, word in enumerate(words) for sel in (1, 2, 4, 8)]
    late = ["w 1 1 1", f"w {base + 6} deadbeef 15", "wait", f"r {2 * base}", f"r {2 * base + 1}"]
    found = _asked(master, [*junk, *fix, *late])
    got = np.frombuffer(np.array(found, "<u4").tobytes(), np.int8)[:6]
    assert np.array_equal(got, interpret(MODEL.graph, one[None])[0])


@pytest.mark.parametrize("widths", [(1, 8, 0), (3, 8, -3), (2, 4, 5)])
def test_its_verilog_is_clean(master: Path, widths: tuple[int, int, int]) -> None:
    lanes, bits, zero = widths
    values = [
        f"-G{end}_LANES={lanes} -G{end}_BITS={bits} -G{end}_ZERO={zero}" for end in ("IN", "OUT")
    ]
    done = subprocess.run(
        f"{tools.verilator()} --lint-only -Wall -Wno-DECLFILENAME --top-module board_registers "
        f"{' '.join(values)} board_registers.v board_stream.v",
        shell=True, cwd=master.parents[2] / "litex", capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_cores_program_holds_the_vectors_and_the_files_are_python_and_c() -> None:
    files = _plan().files
    for name in ("litex/soc.py", "litex/network.py"):
        compile(files[name], name, "exec")
    program = files["litex/main.c"].decode()
    first = networks.images(MODEL.frozen, 12)[0]
    assert f"{{ 0x{_words(first)[0]:08x}U," in program
    assert "#define VECTORS 10" in program
    assert "#define INPUTS 27" in program
    assert _plan().digest == _plan().digest
