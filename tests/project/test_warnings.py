"""All C of every board under clang's -Weverything, less what is listed here with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import listeners
from support.firmware import small
from tinyrob.boards.drivers import SENSORS, driver_of, source_of
from tinyrob.boards.read import all_boards
from tinyrob.build.listening import emit_camera, emit_sound
from tinyrob.emit.c import emit_model, firmware_files
from tinyrob.emit.firmware import APPS, emit_project
from tinyrob.features.camera import DEFAULT
from tinyrob.files import resources
from tinyrob.project.compile import CompilerFailed, compile_units
from tinyrob.project.recipe import COMMON, INCLUDES, Unit
from tinyrob.project.toolchains import CLANG, toolchain_for

LEFT_OUT = {
    "unsafe-buffer-usage": "it forbids pointer arithmetic: that is for C++ with std::span",
    "padded": "a struct's padding is nothing to mend: no struct goes over a wire",
    "declaration-after-statement": "it is for C89; the code is C99",
    "implicit-void-ptr-cast": "it is for C++; in C a void pointer is converted without a cast",
    "reserved-identifier": "__aeabi_memcpy and its kin have the names that the ABI gives them",
    "overlength-strings": "inner loops in assembly are one string of more than 4,095 characters",
    "unused-macros": "a port names its registers and a kernel its steps; not each part has all",
}
BOARDS = {board.name: board for board in all_boards()}
FIRST = {toolchain_for(board, CLANG).cpu_flags: board.name for board in reversed(BOARDS.values())}
"""A board of each core: kernels are the same on the others."""


@pytest.mark.parametrize("name", BOARDS)
def test_clang_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    board, model = BOARDS[name], small()
    toolchain = toolchain_for(board, CLANG)
    for app in APPS:
        c_model = emit_model(model.graph, board.isa[0], bytes(32))
        emit_project(c_model, model.graph, board, app, toolchain=toolchain).write_into(tmp_path)
    emit_sound(listeners.model(), listeners.FEATURES, "listen", None, "tr_model").write_into(
        tmp_path
    )
    emit_camera(listeners.looking(), DEFAULT, "tr_model", "look").write_into(tmp_path)
    for sensor in SENSORS:
        name_of_driver = driver_of(board, sensor)
        if name_of_driver is not None:
            (tmp_path / "apps" / name_of_driver).write_bytes(source_of(board, sensor))
    parts = ["model", "proto", "apps", "ports"]
    if name in FIRST.values():
        kernels = resources.firmware() / "kernels"
        named = [f"{isa}/{path.name}" for isa in board.isa for path in (kernels / isa).glob("*.c")]
        firmware_files(named).write_into(tmp_path)
        parts.append("kernels")
    sources = [path for part in parts for path in sorted((tmp_path / part).rglob("*.c"))]
    units = [Unit(p.relative_to(tmp_path).as_posix()) for p in sources if "host" not in p.parts]
    ports = [board.arch, *([board.family] if board.family else [])]
    flags = [
        *toolchain.cpu_flags.split(), *COMMON, *INCLUDES, *(f"-Iports/{port}" for port in ports),
        "-ffreestanding", "-O1", "-fno-sanitize=all", "-Weverything", "-Werror",
        *(f"-Wno-{warning}" for warning in LEFT_OUT),
    ]  # fmt: skip
    try:
        compile_units(tmp_path, toolchain.command(), flags, units, "obj")
    except CompilerFailed as error:
        pytest.fail(error.said)
