"""build: what is in the folder, what it says of itself, and every way to be refused."""

from __future__ import annotations

import dataclasses
import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built, hashes, need, program, small
from support.golden import assert_golden
from support.targets import without_batch_axis
from tinyrob.boards import read as boards
from tinyrob.boards.read import Board, find_board
from tinyrob.build import compiled, look_up
from tinyrob.build.job import build
from tinyrob.cli import main
from tinyrob.deployable import Deployable
from tinyrob.emit.c import emit_model
from tinyrob.emit.firmware import emit_project
from tinyrob.errors import BoardError, BuildError, DataError, DoesNotFit, ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.ir import graph as ir
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project import elf, zig
from tinyrob.project.build_folder import SerialOptions, open_build
from tinyrob.run.emulator import runner as emulator
from tinyrob.run.serial import SerialRunner

CONTRACT = {
    "model": str,
    "target": str,
    "runtime": str,
    "elf": str,
    "macs": int,
    "flash_bytes": int,
    "flash": dict,
    "ram_bytes": int,
    "ram": dict,
    "layers": list,
    "digest": str,
}


def board_with(**changes: object) -> Board:
    """The emulated board with other memory sizes: ``sram=1024``."""
    board = find_board("stm32")
    memory = tuple(
        dataclasses.replace(region, bytes=changes.get(region.name, region.bytes))
        for region in board.memory
    )
    stack = changes.get("stack", board.stack_bytes)
    return dataclasses.replace(board, memory=memory, stack_bytes=stack)


@pytest.fixture
def smaller(monkeypatch: pytest.MonkeyPatch):
    def use(**changes: object) -> None:
        monkeypatch.setattr(look_up, "find_board", lambda target: board_with(**changes))

    return use


def test_the_manifest_keeps_the_contract() -> None:
    raw = json.loads((built().path / "manifest.json").read_text(encoding="utf-8"))
    for key, kind in CONTRACT.items():
        assert isinstance(raw[key], kind), key
    assert set(raw["flash"]) == {"code", "weights", "other"}
    assert set(raw["ram"]) == {"arena", "static", "stack"}
    assert [set(layer) for layer in raw["layers"]] == [
        {"name", "op", "macs", "weights_bytes", "ram_bytes", "removed"}
    ] * 4
    assert [layer["name"] for layer in raw["layers"]] == ["conv", "sum", "logits", "probabilities"]
    assert raw["flash_bytes"] == sum(raw["flash"].values())
    assert raw["ram_bytes"] == sum(raw["ram"].values())


def test_sizes_are_those_that_the_compilers_own_tool_counts() -> None:
    need("arm-none-eabi-size")
    folder = built()
    command = ["arm-none-eabi-size", "-A", str(folder.elf)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in out.splitlines() if line.startswith(".")]
    size = {row[0]: int(row[1]) for row in rows}
    manifest = folder.manifest
    assert manifest.flash.code == size[".vectors"] + size[".text"]
    assert manifest.flash.weights == size[".weights"]
    assert manifest.flash.other == size[".rodata"] + size[".seal"] + size.get(".data", 0)
    assert manifest.ram.arena == size[".arena"]
    assert manifest.ram.static == size.get(".data", 0) + size[".bss"]
    assert manifest.flash_bytes == (folder.path / "firmware.bin").stat().st_size


def test_the_vector_table_starts_flash_and_names_stack_and_reset() -> None:
    folder = built()
    sections = {section.name: section for section in elf.read_sections(folder.elf)}
    assert sections[".vectors"].address == 0x0800_0000
    stack = sections[".stack"]
    assert (stack.address, stack.bytes) == (0x2000_0000, 4096)
    image = (folder.path / "firmware.bin").read_bytes()
    table = struct.unpack_from("<16I", image)
    assert table[0] == stack.address + stack.bytes
    text = sections[".text"]
    for handler in table[1:]:
        assert handler & 1, "Thumb"
        assert text.address <= handler - 1 < text.address + text.bytes
    end = max(s.address + s.bytes for s in sections.values() if s.loaded and not s.stored)
    assert end <= 0x2000_0000 + (128 << 10)


@pytest.mark.parametrize("app", ["validate", "bench", "none"])
def test_no_path_of_this_machine_is_in_the_elf(app: str) -> None:
    folder = built(app)
    data = folder.elf.read_bytes()
    for path in (str(folder.path.parent), str(Path.cwd()), "/usr/"):
        assert path.encode() not in data


def test_the_same_inputs_give_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    folder = built()
    build(small(), "stm32", out=tmp_path / "a place with spaces" / "other")
    again = open_build(tmp_path / "a place with spaces" / "other")
    made, earlier = hashes(again.path), dict(hashes(folder.path))
    earlier = {name: value for name, value in earlier.items() if not name.startswith("host/")}
    # The map names the library's place, which is the machine's.
    assert {n for n in made if made[n] != earlier.get(n)} <= {"firmware.map"}
    assert made.keys() == earlier.keys()


def test_the_folder_builds_by_hand_to_the_same_bytes(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built("none").path, tmp_path / "by hand"))
    before = (folder / "firmware.elf").read_bytes()
    subprocess.run(["make", "-s", "-C", str(folder), "clean"], check=True)
    assert not (folder / "firmware.elf").exists()
    subprocess.run(["make", "-s", "-C", str(folder)], check=True)
    assert (folder / "firmware.elf").read_bytes() == before


def test_bench_prints_its_cost_and_nothing_else() -> None:
    need("qemu-system-arm")
    folder = built("bench")
    runs = [
        subprocess.run(
            ["make", "-s", "-C", str(folder.path), "run"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        for _ in range(2)
    ]
    names = [line.split()[0] for line in runs[0].stdout.splitlines()]
    assert names == ["instructions", "arena_bytes", "stack_bytes", "memory_intact"]
    assert [run.returncode for run in runs] == [0, 0]
    assert runs[0].stdout == runs[1].stdout


def test_the_measured_stack_is_below_the_computed_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("qemu-system-arm")
    measured = built().manifest
    assert measured.stack_source == "measured on qemu-system-arm"
    no_qemu = dataclasses.replace(find_board("stm32"), emulator=None)
    monkeypatch.setattr(look_up, "find_board", lambda target: no_qemu)
    emulated = build(small(), "stm32", out=tmp_path / "a")
    assert emulated.stack_source == "measured on the emulator"
    assert emulated.ram == measured.ram

    def missing(board: Board) -> None:
        raise ToolMissing("no wheel here")

    monkeypatch.setattr(emulator, "check_emulator", missing)
    bound = build(small(), "stm32", out=tmp_path / "b")
    expected = "computed: an upper bound from the call graph (no wheel here)"
    assert bound.stack_source == expected
    assert 0 < measured.ram.stack <= bound.ram.stack


def test_the_project_of_a_small_model_is_the_golden_one() -> None:
    model, board = small(), find_board("stm32")
    plan = emit_project(
        emit_model(model.graph, "portable", bytes(32)), model.graph, board, "validate"
    )
    names = ("Makefile", "README.md", "link.ld", "ports/tr_board.h")
    assert_golden("project", {name: plan.files[name] for name in names})


def test_the_readme_says_the_shape_of_a_tensor_without_a_batch_axis() -> None:
    graph, board = without_batch_axis((6,), (4,)), find_board("stm32")
    model = emit_model(graph, "portable", bytes(32))
    for app, name in (("validate", "README.md"), ("none", "library/README.md")):
        text = emit_project(model, graph, board, app).files[name].decode()
        assert "| input | 6 |" in text
        assert "| output | 4 |" in text


def test_weights_that_exceed_flash_are_refused_before_compiling(
    smaller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller(flash=500)
    monkeypatch.setattr(compiled, "compile_firmware", lambda *a: pytest.fail("compiled"))
    with pytest.raises(DoesNotFit) as raised:
        build(small(), "stm32", out=tmp_path / "b")
    assert (
        "bytes of flash on stm32f405 for its weights alone; there are 500" in raised.value.message
    )
    assert "The largest layer is 'logits'" in raised.value.message
    assert not list(tmp_path.iterdir())


def test_an_arena_that_exceeds_ram_is_refused_with_the_layer(smaller, tmp_path: Path) -> None:
    smaller(sram=4200)
    with pytest.raises(DoesNotFit, match=r"for its arena of .* and the stack of 4,096") as raised:
        build(small(), "stm32", out=tmp_path / "b")
    assert "too many. The largest layer is 'conv'" in raised.value.message
    assert "RAM" in (raised.value.hint or "")


def test_what_only_the_linker_sees_is_refused_as_well(smaller, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    smaller(flash=4000)
    with pytest.raises(DoesNotFit, match=r"bytes of flash on stm32f405 in all; there are 4,000"):
        build(small(), "stm32", out=tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_a_stack_that_may_overflow_is_refused(smaller, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    smaller(stack=256)
    with pytest.raises(DoesNotFit, match=r"bytes of stack on stm32f405, which has 256"):
        build(small(), "stm32", out=tmp_path / "b")


def test_a_network_too_big_for_the_part_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kernel = rng.integers(-128, 128, (1100, 1000)).astype(np.int8)
    unit = ir.Quantization((1.0,), (0,))
    tensors = (
        ir.Tensor("x", (1, 1000), "int8", unit),
        ir.Tensor("w", kernel.shape, "int8", unit, kernel),
        ir.Tensor("huge", (1, 1100), "int8", ir.Quantization((64.0,), (0,))),
    )
    graph = ir.Graph(tensors, (ir.Op(ir.FullyConnected(), (0, 1, -1), (2,)),), (0,), (2,), "big")
    with pytest.raises(DoesNotFit, match=r"big needs 1,1\d\d,\d\d\d bytes of flash .* 'huge'"):
        build(Deployable("big", graph, write_tflite(graph)), "stm32", out=tmp_path / "b")


def test_no_compiler_at_all_names_both_ways_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(zig, "MODULE", "no_such_wheel")
    with pytest.raises(ToolMissing, match="arm-none-eabi-gcc is not on PATH, and the") as raised:
        build(small(), "stm32", out=tmp_path / "b")
    hint = raised.value.hint or ""
    assert "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi; or" in hint
    assert install_command("firmware") in hint
    assert not list(tmp_path.iterdir())


def test_a_compiler_that_is_named_and_missing_is_not_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="arm-none-eabi-gcc is not on PATH") as raised:
        build(small(), "stm32", out=tmp_path / "b", toolchain="gcc")
    assert "--toolchain clang" in (raised.value.hint or "")
    monkeypatch.setattr(zig, "MODULE", "no_such_wheel")
    with pytest.raises(ToolMissing, match="the wheel no_such_wheel is not installed") as raised:
        build(small(), "stm32", out=tmp_path / "b", toolchain="clang")
    assert raised.value.hint == install_command("firmware")
    with pytest.raises(BuildError, match="no toolchain 'clan'") as wrong:
        build(small(), "stm32", out=tmp_path / "b", toolchain="clan")
    assert "did you mean clang?" in (wrong.value.hint or "")
    with pytest.raises(BuildError, match="tflm needs a C\\+\\+ library"):
        build(small(), "stm32", runtime="tflm", out=tmp_path / "b", toolchain="clang")
    assert not list(tmp_path.iterdir())


def test_no_make_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("arm-none-eabi-gcc")
    expected = built("none").manifest.elf_digest
    (tmp_path / "bin").mkdir()
    real = shutil.which("arm-none-eabi-gcc")
    (tmp_path / "bin" / "arm-none-eabi-gcc").symlink_to(str(real))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    manifest = build(small(), "stm32", "none", out=tmp_path / "b")
    assert manifest.toolchain == "gcc"
    assert manifest.elf_digest == expected


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ("x.c:3:1: error: unknown type name 'zint'", BuildError, "unknown type name 'zint'"),
        ("gcc: fatal error: cannot read spec file 'nano.specs'", ToolMissing, "no C library"),
    ],
)
def test_a_compiler_that_fails_is_quoted_and_out_stays(
    said: str,
    error: type[Exception],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = Path(shutil.copytree(built("none").path, tmp_path / "out"))
    before = hashes(out)
    fail = f'echo "noise" >&2; echo "{said}" >&2; exit 1'
    script = f'case "$1" in --version) echo gcc 12;; *) {fail};; esac'
    program(tmp_path / "bin" / "arm-none-eabi-gcc", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(error, match=words):
        build(small(), "stm32", out=out)
    assert hashes(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "out"]


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(DataError, match="holds files that tinyrob did not write"):
        build(small(), "stm32", out=tmp_path)
    with pytest.raises(DataError, match="is a file, not a folder"):
        build(small(), "stm32", out=tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_a_web_app_is_not_taken_for_a_build(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "manifest.json").write_text('{"name": "my app", "version": 1}', encoding="utf-8")
    (app / "index.html").write_text("<h1>mine</h1>", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["build", "--target", "stm32", "--out", str(app)])
    assert ended.value.code == 1
    assert sorted(p.name for p in app.iterdir()) == ["index.html", "manifest.json"]
    assert (app / "index.html").read_text(encoding="utf-8") == "<h1>mine</h1>"


def test_a_file_added_to_a_build_is_named_before_anything_is_built(tmp_path: Path) -> None:
    out = Path(shutil.copytree(built("none").path, tmp_path / "out"))
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    before = hashes(out)
    with pytest.raises(DataError, match=r"not written by tinyrob: notes\.txt"):
        build(small(), "stm32", app="bench", out=out)
    assert hashes(out) == before


def test_an_earlier_build_is_replaced_whole(tmp_path: Path) -> None:
    out = Path(shutil.copytree(built("none").path, tmp_path / "out"))
    (out / "host").mkdir()
    (out / "host" / "firmware").write_text("made by `tinyrob validate`", encoding="utf-8")
    build(small(), "stm32", app="bench", out=out)
    assert not (out / "host").exists()
    assert open_build(out).manifest.app == "bench"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no app 'game'"):
        build(small(), "stm32", app="game", out=tmp_path / "b")
    with pytest.raises(BuildError, match="no runtime 'java'"):
        build(small(), "stm32", runtime="java", out=tmp_path / "b")
    with pytest.raises(BoardError, match="no board 'pdp11'"):
        build(small(), "pdp11", out=tmp_path / "b")
    assert boards.find_board("stm32").name == "stm32f405"


def test_an_emulator_that_fails_does_not_fail_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("arm-none-eabi-gcc")
    program(tmp_path / "bin" / "qemu-system-arm", "echo no such machine >&2; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    manifest = build(small(), "stm32", out=tmp_path / "b")
    assert manifest.stack_source.startswith("computed")
    assert "ended with status 3; it said: no such machine" in manifest.stack_source


@pytest.mark.slow
def test_another_speed_reaches_the_firmware_its_readme_and_the_serial_runner(
    tmp_path: Path,
) -> None:
    need("arm-none-eabi-gcc")
    manifest = build(small(), "pico", out=tmp_path / "b", baud=921_600)
    folder = open_build(tmp_path / "b")
    assert manifest.baud == folder.manifest.baud == SerialRunner(folder).baud == 921_600
    header = (folder.path / "ports" / "tr_board.h").read_text()
    assert "#define TR_BOARD_CONSOLE_BAUD 921600UL" in header
    readme = (folder.path / "README.md").read_text()
    assert "UART0 at 921,600 baud" in readme
    assert "copy `firmware.uf2` to the drive" in readme
    named = dataclasses.replace(folder, serial=SerialOptions(baud=9_600))
    assert SerialRunner(named).baud == 9_600
