"""build, run, validate, export-tflite, boards, doctor: as typed, with --json, and mistaken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.firmware import built, need
from support.surgery import small_file
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite


def tinyrob(
    *arguments: object, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tinyrob", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **env},
    )


def as_json(*arguments: object, cwd: Path | None = None) -> dict[str, Any]:
    done = tinyrob(*arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert isinstance(result, dict)
    return result


def refused(*arguments: object, **env: str) -> str:
    done = tinyrob(*arguments, **env)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_build_and_validate_work_with_no_other_argument(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make")
    done = tinyrob("build", "--target", "stm32", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "digits-stq-jr on stm32f405" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["build"]
    done = tinyrob("validate", "build", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("exact: yes")
    assert "all 397 of the test split of digits" in done.stdout


def test_build_prints_the_contracts_keys(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make")
    (tmp_path / "mine.tflite").write_bytes(small_file())
    out = tmp_path / "out"
    got = as_json("build", tmp_path / "mine.tflite", "--target", "stm32", "--out", out)
    keys = [
        "model",
        "target",
        "runtime",
        "elf",
        "macs",
        "flash_bytes",
        "flash",
        "ram_bytes",
        "ram",
        "layers",
        "digest",
    ]
    assert set(keys) <= set(got)
    assert (got["model"], got["target"], got["runtime"]) == ("mine", "stm32", "native")
    assert Path(got["elf"]).is_file()


def test_run_writes_what_the_network_says(tmp_path: Path) -> None:
    need("cc", "make")
    graph = read_tflite(small_file())
    x = np.random.default_rng(8).integers(-128, 128, (7, 6, 6, 2), dtype=np.int8)
    np.save(tmp_path / "x.npy", x)
    arguments = ("--input", tmp_path / "x.npy", "--output", tmp_path / "deep" / "y.npy")
    got = as_json("run", built().path, "--on", "host", *arguments)
    assert got == {"runner": "host", "n": 7, "instructions_per_inference": None}
    assert np.array_equal(np.load(tmp_path / "deep" / "y.npy"), interpret(graph, x))


def test_validate_prints_the_contracts_keys() -> None:
    need("cc", "make")
    got = as_json("validate", built().path, "--on", "tflm,host", "--vectors", "5")
    assert (got["reference"], got["vectors"], got["exact"]) == ("tflm", 5, True)
    keys = "max_lsb mismatches argmax_agreement accuracy first_divergence"
    for compared in got["runners"].values():
        assert set(compared) == {*keys.split(), "instructions_per_inference"}


def test_export_writes_a_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "digits.tflite"
    got = as_json("export-tflite", "-o", path)
    assert set(got) == {"tflite", "bytes", "exact", "operators", "rewritten"}
    assert (got["exact"], got["bytes"]) == (True, path.stat().st_size)
    assert "CONV_2D" in got["operators"]
    assert [p.name for p in path.parent.iterdir()] == ["digits.tflite"]
    refused = tinyrob("export-tflite", "-o", tmp_path)
    assert (refused.returncode, "is a folder" in refused.stderr) == (1, True)


def test_boards_lists_the_contracts_keys() -> None:
    boards = as_json("boards")["boards"]
    keys = {"name", "kind", "cpu", "flash_bytes", "ram_bytes", "emulated"}
    stm32 = next(board for board in boards if board["name"] == "stm32f405")
    assert keys <= set(stm32)
    assert (stm32["flash_bytes"], stm32["ram_bytes"], stm32["emulated"]) == (1 << 20, 1 << 17, True)
    pynq = next(board for board in boards if board["name"] == "pynq-z2")
    assert pynq["kind"] == "fpga"
    assert pynq["ram_bytes"] == 280 * 18 * 1024 // 8
    printed = tinyrob("boards").stdout
    assert "stm32f405" in printed
    assert "xc7z020clg400-1" in printed


def test_doctor_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    tools = {tool["name"]: tool for tool in as_json("doctor")["tools"]}
    assert set(tools["make"]) == {"name", "found", "version", "enables", "hint"}
    done = tinyrob("doctor", "--json", PATH=str(tmp_path))
    assert done.returncode == 0
    missing = {tool["name"]: tool for tool in json.loads(done.stdout)["tools"]}
    assert missing["arm-none-eabi-gcc"]["found"] is False
    assert "apt-get install gcc-arm-none-eabi" in missing["arm-none-eabi-gcc"]["hint"]
    assert "missing: " in tinyrob("doctor", PATH=str(tmp_path)).stdout


def test_mistakes_are_answered_without_a_traceback(tmp_path: Path) -> None:
    folder = built().path
    assert "no board 'stm33'" in refused("build", "--target", "stm33", "--out", tmp_path / "b")
    assert "no model 'nothing'" in refused(
        "build", "nothing", "--target", "stm32", "--out", tmp_path / "b"
    )
    no_compiler = refused(
        "build", "--target", "stm32", "--toolchain", "gcc", "--out", tmp_path / "b", PATH="/nowhere"
    )
    assert "hint: apt-get install gcc-arm-none-eabi" in no_compiler
    assert "is not a build folder" in refused("validate", tmp_path)
    assert "there is no folder" in refused("run", tmp_path / "gone", "--on", "host")
    assert "no runner 'hots'" in refused("run", folder, "--on", "hots")
    assert "unknown dataset 'mnist'" in refused("validate", folder, "--dataset", "mnist")
    no_qemu = refused("validate", folder, "--on", "qemu", PATH="/nowhere")
    assert "qemu-system-arm is not on PATH" in no_qemu
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["build"],
        ["build", "--target", "stm32", "--app", "game"],
        ["run", "x"],
        ["validate", "x", "--vectors", "0"],
        ["validate", "x", "--input", "a.npy", "--vectors", "3"],
        ["validate", "x", "--on", ","],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], tmp_path: Path) -> None:
    arguments = [str(built().path) if word == "x" else word for word in arguments]
    done = tinyrob(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert not list(tmp_path.iterdir())
