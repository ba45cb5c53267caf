"""The runtime tflm: which of a tree's files are taken, what is written, every way to be refused.

No TFLite-Micro is here: a small tree of the same layout stands for it. README.md says what was run
on a real one.
"""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from support.firmware import small
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build.job import build
from tinyrob.cli.build import command
from tinyrob.emit.firmware import emit_project
from tinyrob.errors import BuildError, DoesNotFit, RunnerError, ToolMissing, UnsupportedModel
from tinyrob.ir.graph import Graph
from tinyrob.tflm import measure
from tinyrob.tflm.measure import Options, stand_in, tflm_model
from tinyrob.tflm.model import emit_tflm, smallest_arena
from tinyrob.tflm.tree import KERNELS, MICRO, find_tree, kernel_sources, library_plan

DOWNLOADS = f"{MICRO}/tools/make/downloads"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Kernels of each operator; one of them for CMSIS-NN."""
    root = tmp_path / "tree"
    methods = "".join(f"{method}();\n" for _, method in KERNELS.values())
    files = {f"{MICRO}/kernels/{stem}.cc": "" for stem, _ in KERNELS.values()}
    write(root, files)
    write(
        root,
        {
            f"{MICRO}/micro_interpreter.h": '#include "tensorflow/lite/deep.h"\n',
            f"{MICRO}/micro_mutable_op_resolver.h": methods,
            f"{MICRO}/micro_interpreter.cc": f'#include "{MICRO}/micro_interpreter.h"\n',
            f"{MICRO}/micro_interpreter_test.cc": "#error not firmware\n",
            f"{MICRO}/debug_log.cc": "#error ours is taken\n",
            f"{MICRO}/micro_profiler.cc": "#error needs a clock\n",
            "tensorflow/lite/deep.h": "#include <flatbuffers/flatbuffers.h>\n#include <vector>\n",
            "tensorflow/lite/unused.h": "",
            f"{MICRO}/kernels/conv.cc": "reference\n",
            f"{MICRO}/kernels/conv_common.cc": "",
            f"{MICRO}/kernels/cmsis_nn/conv.cc": (
                '#include "Include/arm_nnfunctions.h"\nvoid f() { arm_convolve_s8(); }\n'
            ),
            f"{DOWNLOADS}/flatbuffers/include/flatbuffers/flatbuffers.h": "",
            f"{DOWNLOADS}/gemmlowp/fixedpoint/fixedpoint.h": "",
            f"{DOWNLOADS}/ruy/ruy/profiler/instrumentation.h": "",
        },
    )
    return root


@pytest.fixture
def optimized(tree: Path) -> Path:
    source = f"{DOWNLOADS}/cmsis_nn/Source"
    write(
        tree,
        {
            f"{DOWNLOADS}/cmsis_nn/Include/arm_nnfunctions.h": "",
            f"{source}/arm_convolve_s8.c": "int arm_convolve_s8(void)\n{ arm_deeper(); }\n",
            f"{source}/arm_other_name.c": "void arm_deeper(void)\n{\n}\n",
            f"{source}/arm_svdf_s8.c": "void arm_svdf_s8(void)\n{\n}\n",
            f"{source}/arm_convolve_f16.c": "void arm_convolve_s8(void)\n{\n}\n",
        },
    )
    return tree


def test_the_sources_are_the_operators_and_what_they_include(tree: Path) -> None:
    plan = library_plan(find_tree(tree), ["CONV_2D"])
    names = set(plan.files)
    assert f"tflm/{MICRO}/kernels/conv.cc" in names
    assert f"tflm/{MICRO}/kernels/conv_common.cc" in names
    assert "tflm/third_party/flatbuffers/include/flatbuffers/flatbuffers.h" in names
    assert "tflm/tensorflow/lite/deep.h" in names
    unwanted = ("add.cc", "unused.h", "_test.cc", "debug_log.cc", "profiler.cc", "cmsis_nn")
    assert not [name for name in names if any(word in name for word in unwanted)]


def test_cmsis_nn_takes_the_place_of_a_kernel_with_what_it_calls(optimized: Path) -> None:
    plan = library_plan(find_tree(optimized), ["CONV_2D", "RESHAPE"])
    names = {Path(name).name for name in plan.files if name.startswith("tflm/third_party/cmsis")}
    assert names == {"arm_convolve_s8.c", "arm_other_name.c", "arm_nnfunctions.h"}
    assert f"tflm/{MICRO}/kernels/cmsis_nn/conv.cc" in plan.files
    assert f"tflm/{MICRO}/kernels/conv.cc" not in plan.files
    assert f"tflm/{MICRO}/kernels/reshape.cc" in plan.files


def test_a_depthwise_convolution_links_without_a_convolution(tree: Path) -> None:
    write(tree, {f"{MICRO}/kernels/depthwise_conv.cc": f'#include "{MICRO}/kernels/conv.h"\n'})
    names = set(library_plan(find_tree(tree), ["DEPTHWISE_CONV_2D"]).files)
    assert f"tflm/{MICRO}/kernels/conv_common.cc" in names
    assert f"tflm/{MICRO}/kernels/conv.cc" not in names


def test_a_flat_tree_is_taken_as_well(tree: Path) -> None:
    (tree / DOWNLOADS).rename(tree / "third_party")
    assert find_tree(tree).libraries["ruy"] == tree / "third_party" / "ruy"


def test_the_project_has_the_network_and_its_operators_only(optimized: Path) -> None:
    model = small()
    made = emit_tflm(model.graph, model.tflite, bytes(range(16)), find_tree(optimized), 4096)
    plan = emit_project(made, model.graph, find_board("stm32"), "validate", "tflm")
    source = plan.files["model/tr_model.cc"].decode()
    kinds = {op.kind for op in model.graph.ops}
    used = [method for _, method in KERNELS.values() if f"resolver->{method}();" in source]
    assert sorted(used) == sorted(KERNELS[kind][1] for kind in kinds)
    assert f"MicroMutableOpResolver<{len(kinds)}>" in source
    rows = plan.files["model/tr_weights.c"].decode().split("= {")[1].split("}")[0]
    assert bytes(int(byte, 16) for byte in rows.split(",") if byte.strip()) == model.tflite
    assert [layer.name for layer in made.layers] == [
        model.graph.layer_name(op) for op in model.graph.ops
    ]
    assert "#define TR_MODEL_ARENA_BYTES 4096" in plan.files["model/tr_model.h"].decode()
    assert "-DCMSIS_NN" in plan.files["Makefile"].decode()
    again = emit_tflm(model.graph, model.tflite, bytes(range(16)), find_tree(optimized), 4096)
    assert again.plan.digest == made.plan.digest


def test_int8_kernels_alone_are_registered_where_the_tree_has_them(optimized: Path) -> None:
    """Else the linker keeps every type's, and half of the flash is theirs."""
    header = f"{MICRO}/kernels/fully_connected.h"
    write(optimized, {header: "TFLMRegistration Register_FULLY_CONNECTED_INT8();\n"})
    model = small()
    kinds = {op.kind for op in model.graph.ops}
    assert "FULLY_CONNECTED" in kinds

    def source(graph: Graph) -> str:
        made = emit_tflm(graph, model.tflite, bytes(16), find_tree(optimized), 4096)
        return made.plan.files["model/tr_model.cc"].decode()

    text = source(model.graph)
    assert "resolver->AddFullyConnected(tflite::Register_FULLY_CONNECTED_INT8());" in text
    assert f'#include "{header}"' in text
    assert "resolver->AddConv2D();" in text
    dense = next(op for op in model.graph.ops if op.kind == "FULLY_CONNECTED")
    tensors = list(model.graph.tensors)
    weights = tensors[dense.inputs[1]]
    assert weights.data is not None
    tensors[dense.inputs[1]] = dataclasses.replace(weights, dtype="int4")
    other = source(dataclasses.replace(model.graph, tensors=tuple(tensors)))
    assert "resolver->AddFullyConnected();" in other
    assert header not in other.split("namespace")[0]


def test_objects_of_one_network_serve_the_next(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put into place before make runs, newer than all sources; and what make adds is kept."""
    monkeypatch.setattr(measure, "emulator_of", lambda board: None)
    monkeypatch.setattr(measure, "compiler_version", lambda toolchain: "")
    monkeypatch.setattr(measure, "_ask", lambda board, elf: 4096)
    found: list[list[str]] = []

    def make(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        home = folder / "obj" / "tflm"
        there = sorted(home.rglob("*.o"))
        found.append([path.name for path in there])
        newest = max(p.stat().st_mtime_ns for p in (folder / "tflm").rglob("*.cc"))
        assert all(path.stat().st_mtime_ns >= newest for path in there)
        home.mkdir(parents=True, exist_ok=True)
        (home / f"made{len(found)}.o").write_text("")
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(measure, "run_make", make)
    model, objects = small(), tmp_path / "objects"
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        measure.measure_arena(
            model.graph, model.tflite, find_tree(tree), find_board("stm32"), tmp_path / name,
            objects,
        )  # fmt: skip
    assert found == [[], ["made1.o"]]
    assert sorted(path.name for path in objects.iterdir()) == ["made1.o", "made2.o"]


def test_every_cortex_m_board_has_one_to_measure_on() -> None:
    for board in all_boards():
        stand = stand_in(board)
        assert (stand.arch, stand.cpu.dsp, stand.cpu.mve) == (
            board.arch,
            board.cpu.dsp,
            board.cpu.mve,
        )
    assert stand_in(find_board("nucleo_l4r5zi")).cpu.core == "cortex-m4"


def test_no_tree_named_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TFLM_DIR", raising=False)
    with pytest.raises(ToolMissing, match="needs a source tree of TFLite-Micro") as raised:
        build(small(), "stm32", runtime="tflm", out=tmp_path / "b")
    assert "git clone" in (raised.value.hint or "")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_tree_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFLM_DIR", str(tmp_path))
    with pytest.raises(BuildError, match=r"is no source tree of TFLite-Micro"):
        find_tree(None)


def test_a_tree_without_a_library_says_how_to_fetch_it(tree: Path) -> None:
    (tree / DOWNLOADS / "gemmlowp" / "fixedpoint" / "fixedpoint.h").unlink()
    with pytest.raises(BuildError, match=r"has no gemmlowp") as raised:
        find_tree(tree)
    assert "third_party_downloads" in (raised.value.hint or "")


@pytest.mark.parametrize("missing", ["file", "method"])
def test_an_operator_that_the_tree_has_not_is_named(tree: Path, missing: str) -> None:
    resolver = tree / MICRO / "micro_mutable_op_resolver.h"
    if missing == "file":
        (tree / MICRO / "kernels" / "softmax.cc").unlink()
    else:
        resolver.write_text(resolver.read_text().replace("AddSoftmax();", ""))
    with pytest.raises(UnsupportedModel, match="has no operator SOFTMAX"):
        kernel_sources(find_tree(tree), ["CONV_2D", "SOFTMAX"])


def test_an_arena_too_small_is_refused_with_what_is_needed(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "measure_arena", lambda *_: 5000)
    model = small()
    arguments = (model.graph, model.tflite, bytes(16), find_board("stm32"))
    with pytest.raises(DoesNotFit, match="needs 5,000: 1,000 more"):
        tflm_model(*arguments, Options(tree, 4000), tmp_path)
    _, made = tflm_model(*arguments, Options(tree, 6001), tmp_path)
    assert made.arena_bytes == 6016
    assert tflm_model(*arguments, Options(tree), tmp_path)[1].arena_bytes == 5000


def test_without_an_emulator_an_arena_must_be_given(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> int:
        raise ToolMissing("qemu-system-arm is not on PATH")

    monkeypatch.setattr(measure, "measure_arena", missing)
    monkeypatch.setattr(measure.shutil, "which", lambda name: name)
    model = small()
    arguments = (model.graph, model.tflite, bytes(16), find_board("stm32"))
    with pytest.raises(ToolMissing, match="qemu-system-arm"):
        tflm_model(*arguments, Options(tree), tmp_path)
    assert tflm_model(*arguments, Options(tree, 8000), tmp_path)[1].arena_bytes == 8000
    with pytest.raises(DoesNotFit, match=f"needs {smallest_arena(model.graph):,}"):
        tflm_model(*arguments, Options(tree, 1), tmp_path)


def test_a_board_without_a_cpp_library_is_refused(tree: Path, tmp_path: Path) -> None:
    model = small()
    with pytest.raises(BuildError, match=r"needs a C\+\+ library, and rv32_virt's"):
        tflm_model(
            model.graph, model.tflite, bytes(16), find_board("rv32_virt"), Options(tree), tmp_path
        )


def test_no_board_to_measure_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    board = find_board("stm32")
    alone = dataclasses.replace(board, emulator=None)
    monkeypatch.setattr(measure, "all_boards", lambda: (alone,))
    with pytest.raises(BuildError, match="no emulated board is like stm32f405"):
        stand_in(board)


def test_an_emulator_that_says_something_else_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "qemu_command", lambda *_: ["sh", "-c", "echo lost; exit 3"])
    with pytest.raises(RunnerError, match="ended with status 3: lost"):
        measure._ask(find_board("stm32"), tmp_path / "firmware.elf")


def test_options_of_the_other_runtime_are_wrong_usage(tree: Path) -> None:
    done = CliRunner().invoke(command, ["--target", "stm32", "--tflm-dir", str(tree)])
    assert done.exit_code == 2
    assert "are for --runtime tflm" in done.output
