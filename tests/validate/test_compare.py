"""validate: exact where all is right; where one rounding is wrong, the layer is named."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built, need, small
from support.native import folder as scratch
from tinyrob.boards.read import find_board
from tinyrob.build import look_up
from tinyrob.build.job import build
from tinyrob.deployable import Deployable, from_frozen
from tinyrob.errors import RunnerError, ToolMissing, UnsupportedModel
from tinyrob.files.folder import recorded
from tinyrob.files.plan import BuildPlan
from tinyrob.frozen import model as fr
from tinyrob.ir.interp import trace
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.make import run_make
from tinyrob.runners import RUNNERS
from tinyrob.validate import vectors
from tinyrob.validate.compare import choose, validate


def frozen(bits: int) -> fr.FrozenModel:
    """A dense layer on four inputs; its kernel needs ``bits`` bits."""
    high = 2 ** (bits - 1) - 1
    rng = np.random.default_rng(bits)
    kernel = rng.integers(-high, high + 1, (4, 3)).astype(np.int8)
    kernel[0, 0] = high
    grid = fr.Grid(-7, -128, 127)
    bias = np.array([1, -3, 5], np.int64)
    log2 = np.full(3, -bits, np.int16)
    dense = fr.Dense("logits", ("x",), fr.Grid(-6, -128, 127), kernel, log2, bias)
    return fr.FrozenModel("dense", (fr.Input("x", (), grid, (4,)), dense))


def frozen_build(bits: int) -> BuildFolder:
    need("arm-none-eabi-gcc", "make", "cc")
    for module in ("tensorflow", "qkeras"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    out = scratch() / "build"
    build(from_frozen(frozen(bits)), "stm32", out=out)
    return open_build(out)


def test_every_runner_equals_tflm_for_a_tflite() -> None:
    need("cc", "make", "qemu-system-arm")
    folder = built()
    result = validate(folder, vectors.random(30, folder.manifest))
    assert (result.reference, result.exact, result.vectors) == ("tflm", True, 30)
    assert list(result.runners) == ["tflm", "host", "qemu"]
    assert "no frozen model" in result.left_out["keras"]
    for compared in result.runners.values():
        assert (compared.max_lsb, compared.mismatches) == (0, 0)
        assert (compared.argmax_agreement, compared.first_divergence) == (1.0, None)
    assert result.runners["qemu"].instructions_per_inference is not None
    assert result.runners["host"].instructions_per_inference is None


def test_an_exact_frozen_model_is_the_reference() -> None:
    folder = frozen_build(4)
    result = validate(folder, vectors.random(50, folder.manifest), ["tflm", "host"])
    assert (result.reference, result.exact) == ("keras", True)
    assert list(result.runners) == ["keras", "tflm", "host"]


def test_a_frozen_model_that_is_not_exact_is_measured_and_does_not_fail() -> None:
    folder = frozen_build(8)
    assert not folder.manifest.exact
    result = validate(folder, vectors.random(200, folder.manifest), ["keras", "host"])
    assert result.reference == "tflm"
    assert result.measured == {"keras"}
    assert result.runners["host"].mismatches == 0
    assert result.exact


def logits() -> Deployable:
    """The small network without its softmax, which would hide most differences."""
    graph = small().graph
    cut = dataclasses.replace(graph, tensors=graph.tensors[:7], ops=graph.ops[:3], outputs=(6,))
    return Deployable("small", cut, write_tflite(cut))


def break_dense(model: Deployable, wrong: str) -> BuildFolder:
    """A build whose dense layer, and no other, has another threshold for rounding up."""
    need("arm-none-eabi-gcc", "make", "cc")
    portable = dataclasses.replace(find_board("stm32"), isa=("portable",))
    out = scratch() / "build"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(look_up, "find_board", lambda target: portable)
        build(model, "stm32", out=out)
    header = (out / "include" / "tinyrob" / "tr_qmath.h").read_text(encoding="utf-8")
    right = "(mask >> 1) + (x < 0 ? 1 : 0)"
    assert header.count(right) == 1, "the rounding has moved: find it again"
    # The same include guard: the kernel that includes this one first keeps it.
    changed = header.replace(right, wrong)
    (out / "kernels" / "wrong_qmath.h").write_text(changed, encoding="utf-8")
    kernel = out / "kernels" / "tr_fully_connected_s8.c"
    source = '#include "wrong_qmath.h"\n' + kernel.read_text(encoding="utf-8")
    kernel.write_text(source, encoding="utf-8")
    made = run_make(out, ["all"])
    assert made.returncode == 0, made.stderr
    _vouched_for(out)
    return open_build(out)


def _vouched_for(out: Path) -> None:
    """Has the manifest name what the folder holds now: as if a compiler had been wrong."""
    names = recorded(out, "build")
    assert names is not None
    files = {n: (out / n).read_bytes() for n in names if n != "manifest.json"}
    told = json.loads((out / "manifest.json").read_text())
    told["digest"] = BuildPlan(files).digest
    told["elf_digest"] = hashlib.sha256((out / "firmware.elf").read_bytes()).hexdigest()
    (out / "manifest.json").write_text(json.dumps(told))


@pytest.fixture(scope="module")
def broken() -> BuildFolder:
    """Halves of negative numbers are rounded up."""
    return break_dense(logits(), "(mask >> 1)")


def test_a_difference_that_the_softmax_hides_is_found_inside() -> None:
    hidden = break_dense(small(), "mask")  # always down
    made = vectors.random(100, hidden.manifest)
    graph = read_tflite(hidden.tflite.read_bytes())
    ranked = [np.sort(trace(graph, one)["logits"].astype(int).ravel()) for one in made.inputs]
    # One logit is so far ahead that an LSB changes no probability.
    clear = np.array([row[-1] - row[-2] >= 3 for row in ranked])
    result = validate(hidden, dataclasses.replace(made, inputs=made.inputs[clear]), ["host"])
    compared = result.runners["host"]
    assert compared.mismatches == 0
    assert compared.first_divergence is not None
    assert compared.first_divergence.layer == "logits"
    assert not result.exact


@pytest.mark.parametrize("runner", ["host", "qemu"])
def test_one_flipped_rounding_is_caught_and_the_layer_named(
    runner: str, broken: BuildFolder
) -> None:
    need(*(["qemu-system-arm"] if runner == "qemu" else []))
    inputs = vectors.random(400, broken.manifest)
    result = validate(broken, inputs, [runner])
    assert not result.exact
    compared = result.runners[runner]
    assert compared.mismatches > 0
    first = compared.first_divergence
    assert first is not None
    assert first.layer == "logits"
    graph = read_tflite(broken.tflite.read_bytes())
    expected = trace(graph, inputs.inputs[first.input])["logits"]
    assert int(expected[first.index]) == first.expected
    assert first.got == first.expected + 1


def test_the_command_line_says_so_and_exits_with_1(broken: BuildFolder) -> None:
    command = [sys.executable, "-m", "tinyrob", "validate", str(broken.path), "--on", "host"]
    done = subprocess.run([*command, "--vectors", "400"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "exact: no" in done.stdout
    assert "host first differs in layer logits, index (" in done.stdout
    assert "error: host differs from tflm, first in layer logits" in done.stderr
    done = subprocess.run([*command, "--vectors", "400", "--json"], capture_output=True, text=True)
    assert done.returncode == 1
    raw = json.loads(done.stdout)
    assert raw["exact"] is False
    first = raw["runners"]["host"]["first_divergence"]
    assert set(first) == {"layer", "index", "expected", "got", "input"}
    assert first["layer"] == "logits"


def test_a_named_runner_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = built()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="qemu-system-arm"):
        choose(folder, ["qemu"])
    with pytest.raises(RunnerError, match="no frozen model"):
        choose(folder, ["keras"])
    with pytest.raises(RunnerError, match="no runner 'qemo'") as raised:
        choose(folder, ["qemo"])
    assert "did you mean qemu?" in (raised.value.hint or "")
    reference, names, left_out = choose(folder, [])
    assert (reference, names) == ("tflm", ["tflm", "host", "emulator"])
    assert set(left_out) == {"keras", "qemu"}


def test_without_any_reference_nothing_is_called_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ToolMissing("tflite_micro is not installed", "pip install it")
    kind = dataclasses.replace(RUNNERS["tflm"], why_not=lambda folder: missing)
    monkeypatch.setitem(RUNNERS, "tflm", kind)  # type: ignore[arg-type]
    with pytest.raises(ToolMissing, match="tflite_micro"):
        choose(built(), ["host"])


def test_labels_give_accuracy() -> None:
    need("cc", "make")
    folder = built()
    made = vectors.random(20, folder.manifest)
    plain = validate(folder, made, ["host"])
    assert plain.runners["host"].accuracy is None
    labelled = dataclasses.replace(made, labels=np.zeros(20, np.int64))
    shares = {c.accuracy for c in validate(folder, labelled, ["host"]).runners.values()}
    assert len(shares) == 1
    share = shares.pop()
    assert share is not None
    assert 0.0 <= share <= 1.0


def test_a_result_is_json() -> None:
    need("cc", "make")
    folder = built()
    result = validate(folder, vectors.random(3, folder.manifest), ["host"])
    assert json.loads(json.dumps(dataclasses.asdict(result.runners["host"])))["max_lsb"] == 0


def test_where_tflite_micro_reaches_its_limit_it_is_left_out_with_the_reason(
    tmp_path: Path,
) -> None:
    need("arm-none-eabi-gcc", "make", "cc")
    source, dense = frozen(4).nodes
    join = fr.Concatenate("join", (dense.name,) * 11, dense.grid)
    build(from_frozen(fr.FrozenModel("wide", (source, dense, join))), "stm32", out=tmp_path / "b")
    folder = open_build(tmp_path / "b")
    reference, names, left_out = choose(folder, ())
    assert (reference, "tflm" in names) == ("keras", False)
    assert "TFLite Micro joins at most 10 tensors" in left_out["tflm"]
    assert validate(folder, vectors.random(20, folder.manifest), ["host"]).exact
    with pytest.raises(UnsupportedModel, match="joins 11"):
        choose(folder, ["tflm"])
