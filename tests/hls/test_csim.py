"""hls4ml's projects, compiled with g++: every value of every layer is the graph's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from support import fpga_networks as networks
from support import testbench
from tinyrob.errors import BuildError, DataError, RunnerError, ToolMissing
from tinyrob.files.plan import BuildPlan
from tinyrob.frozen.io import frozen_bytes
from tinyrob.frozen.to_graph import to_graph
from tinyrob.hls.boards import find_fpga_board
from tinyrob.hls.csim import CsimRunner, open_project
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Overrides
from tinyrob.hls.project import Vectors, project
from tinyrob.hls.schedule import plan
from tinyrob.ir.interp import interpret, trace

pytest.importorskip("hls4ml")
MODEL = networks.mixed()
GRAPH = to_graph(MODEL)


def _plan(
    model=MODEL, io_type="io_stream", backend="vitis", board="pynq-z2", count=40
) -> BuildPlan:
    target, network = find_fpga_board(board), to_hls(model)
    inputs = networks.images(model, count)
    vectors = Vectors(inputs, interpret(to_graph(model), inputs), f"{count} random")
    asked = Overrides(io_type)
    overlay = plan(network, target, asked, shared=False) if target.accelerator else None
    schedule = plan(network, target, asked)
    return project(network, schedule, target, backend, vectors, frozen_bytes(model), overlay)


@pytest.fixture(scope="session")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> CsimRunner:
    """Every kind of layer, io_stream, compiled once."""
    out = tmp_path_factory.mktemp("hls") / "mixed"
    _plan().write(out)
    return CsimRunner(open_project(out))


def test_every_output_bit_is_the_references(streamed: CsimRunner) -> None:
    inputs = networks.images(MODEL, 200, seed=7)
    assert np.array_equal(streamed.run(inputs).outputs, interpret(GRAPH, inputs))


def test_the_inputs_tell_networks_apart() -> None:
    for model in (MODEL, networks.residual(8, 4)):
        outputs = interpret(to_graph(model), networks.images(model, 40))
        assert len(np.unique(outputs, axis=0)) > 30


def test_a_residual_network_in_parallel_for_vivado_is_the_reference(tmp_path: Path) -> None:
    model = networks.residual(8, 4)
    _plan(model, "io_parallel", "vivado", "alveo-u250", 5).write(tmp_path / "p")
    runner = CsimRunner(open_project(tmp_path / "p"))
    inputs = networks.images(model, 50, seed=11)
    assert np.array_equal(runner.run(inputs).outputs, interpret(to_graph(model), inputs))


def test_every_layer_is_the_references(streamed: CsimRunner) -> None:
    one = networks.images(MODEL, 1, seed=9)[0]
    expected, got = trace(GRAPH, one), streamed.layers(one)
    assert set(got) == {node.name for node in MODEL.nodes[1:]}
    for name, values in got.items():
        if name in expected:
            assert np.array_equal(values, expected[name].reshape(values.shape)), name


def test_inputs_of_another_shape_are_refused(streamed: CsimRunner) -> None:
    with pytest.raises(RunnerError, match="csim: inputs are int8"):
        streamed.run(np.zeros((1, 3, 3, 1), np.int8))


def test_the_testbench_finds_one_wrong_bit(streamed: CsimRunner) -> None:
    testbench.finds_one_wrong_bit(streamed._project.path, 40)


def test_the_same_export_gives_the_same_bytes_and_no_path_of_this_machine() -> None:
    one, other = _plan(count=3), _plan(count=3)
    assert one.digest == other.digest
    import tempfile

    for name, content in one.files.items():
        assert tempfile.gettempdir().encode() + b"/tmp" not in content, name
        assert str(Path.home()).encode() + b"/" not in content, name
    config = one.files["hls4ml_config.yml"].decode()
    assert "OutputDir: ." in config
    assert "Stamp: '00000000'" in config


def test_no_parser_of_keras_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """hls4ml will drop that of Keras 2: what is made here must not change with it."""
    from hls4ml.converters import keras_v2_to_hls, keras_v3_to_hls

    before = _plan(count=3).digest

    def gone(*arguments: object, **named: object) -> None:
        raise AssertionError("a parser of Keras was called")

    for module in (keras_v2_to_hls, keras_v3_to_hls):
        for name, value in vars(module).items():
            if callable(value) and getattr(value, "__module__", None) == module.__name__:
                monkeypatch.setattr(module, name, gone)
    assert _plan(count=3).digest == before


def test_a_known_board_gets_its_overlay_and_driver_another_an_ip_script() -> None:
    known, other = _plan(count=2), _plan(board="kv260", count=2)
    assert {"overlay/axi_stream_driver.py", "overlay/design.tcl"} <= set(known.files)
    assert not [name for name in other.files if name.startswith("overlay/")]
    assert b"export_design -format ip_catalog" in other.files["package_ip.tcl"]
    assert b"NeuralNetworkOverlay" in known.files["README.md"]


def test_an_alveo_cards_kernel_is_of_this_network_and_its_readme_of_xrt() -> None:
    files = _plan(board="alveo-u250", count=2).files
    assert "overlay/src/tr_mixed_kernel.v" in files
    assert b"tr_mixed_axi_0" in files["overlay/src/krnl_rtl_int.sv"]
    assert not [
        name for name, content in files.items() if b"myproject" in content and "src" in name
    ]
    readme = files["README.md"].decode()
    assert 'NeuralNetworkOverlay("tr_mixed_kernel.xclbin")' in readme
    assert "hls4ml_nn.bit" not in readme


def test_the_overlay_computes_the_same_bits_from_the_drivers_floats(tmp_path: Path) -> None:
    from tinyrob.project.make import run_make

    model = networks.plain()
    _plan(model, "io_stream", "vivado").write(tmp_path / "p")
    made = run_make(tmp_path / "p", ["overlay"])
    assert made.returncode == 0, made.stderr
    assert "PASS: 40 vectors through the overlay" in made.stdout
    expected = tmp_path / "p" / "overlay" / "tb_data" / "expected.dat"
    first, rest = expected.read_text().split(" ", 1)
    expected.write_text(f"{int(first) + 1} {rest}")
    made = run_make(tmp_path / "p", ["overlay"])
    assert made.returncode != 0
    assert "FAIL: vector 0, output 0" in made.stderr


def test_the_readme_is_of_this_project() -> None:
    text = _plan(count=2).files["README.md"].decode()
    for needed in ("# mixed on TUL PYNQ-Z2", "xc7z020clg400-1", "| stem | Conv2D |", "make test"):
        assert needed in text
    assert "Estimates" in text


def test_the_vivado_backend_writes_the_same_network() -> None:
    files = _plan(backend="vivado", io_type="io_parallel", count=2).files
    assert json.loads(files["manifest.json"])["backend"] == "vivado"
    assert b'set backend "vivado"' in files["project.tcl"]


def test_a_project_that_does_not_compile_shows_its_first_error(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("csim:\n\t@echo 'a.cpp:3:1: error: nonsense' >&2; exit 1\n")
    from tinyrob.hls.csim import compile_csim

    with pytest.raises(BuildError, match=r"a\.cpp:3:1: error: nonsense"):
        compile_csim(tmp_path, "csim")


def test_a_missing_compiler_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinyrob.hls.csim import cxx_compiler

    monkeypatch.setenv("CXX", "no-such-g++")
    with pytest.raises(ToolMissing, match="no-such-g\\+\\+ is not on PATH"):
        cxx_compiler()


@pytest.mark.parametrize("content", [None, "{", '{"kind": "mcu"}', '{"kind": "hls"}'])
def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DataError):
        open_project(tmp_path)


def test_every_file_that_a_tools_script_adds_is_there() -> None:
    files = _plan(count=2).files
    for prefix in ("", "overlay/"):
        script = files[f"{prefix}build_prj.tcl"].decode()
        assert "add_files -tb ${project_name}_test.cpp" in script
        assert "add_files -tb tb_data" in script
        assert f"{prefix}tb_data/inputs.dat" in files
        assert f"{prefix}tr_mixed_test.cpp" in files
        assert "add_files firmware/${project_name}" in script
        assert f"{prefix}firmware/tr_mixed{'_axi' if prefix else ''}.cpp" in files


def test_vitis_takes_its_options_from_a_file_and_vivado_from_the_command() -> None:
    vitis, vivado = _plan(count=2).files, _plan(backend="vivado", count=2).files
    assert b"export     1" in vitis["build_opt.tcl"]
    assert b"build_opt.tcl" in vitis["build_prj.tcl"]
    assert b"vitis_hls -f build_prj.tcl\n" in vitis["Makefile"]
    assert b"$::argv" in vivado["build_prj.tcl"]
    assert b"'reset=1 csim=1 synth=1" in vivado["Makefile"]


def _refused(arguments: list[str], out: Path) -> ToolMissing:
    from click.testing import CliRunner

    from tinyrob.cli.export_hls import command

    done = CliRunner().invoke(command, [*arguments, "--out", str(out)])
    assert isinstance(done.exception, ToolMissing)
    assert not out.exists()
    return done.exception


def test_without_a_compiler_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-g++")
    said = _refused(["digits-stq-jr", "--vectors", "1"], tmp_path / "p")
    assert "no-such-g++ is not on PATH" in str(said)


def test_synthesis_without_the_tool_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    said = _refused(["--synthesize"], tmp_path / "p")
    assert "vitis_hls or vitis-run is not on PATH" in str(said)
