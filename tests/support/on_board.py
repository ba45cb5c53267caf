"""A library, as the app ``none`` made it, in a firmware of a test's own on QEMU's board."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.firmware import need
from tinyrob.boards.read import find_board
from tinyrob.project.recipe import COMMON, WARNINGS
from tinyrob.project.toolchains import toolchain_for
from tinyrob.run.qemu import qemu_command


def run_library(out: Path, board_name: str, text: str, where: Path) -> bytes:
    """What the program ``text`` (a ``main``, with ``tr_port.h``) writes to the console."""
    board = find_board(board_name)
    toolchain = toolchain_for(board)
    assert board.emulator is not None
    need("arm-none-eabi-gcc", board.emulator.program)
    main, elf = where / "main.c", where / "program.elf"
    main.write_text(text)
    ports = [port for port in ("common", board.arch, board.port, board.family) if port]
    sources = [
        main,
        *sorted((out / "library" / "src").glob("*.c")),
        *(path for port in ports for path in sorted((out / "ports" / port).glob("*.c"))),
    ]
    folders = [out / "library" / "src", out / "ports", out / "proto"]
    folders += [out / "ports" / port for port in ports]
    command = [
        toolchain.gcc, *COMMON, *WARNINGS, *toolchain.cpu_flags.split(), "-O2",
        "-ffunction-sections", "-fdata-sections", *(f"-I{folder}" for folder in folders),
        *map(str, sources), "-nostartfiles", "--specs=nano.specs", "-T", str(out / "link.ld"),
        "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-o", str(elf),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run(
        qemu_command(board, elf), stdin=subprocess.DEVNULL, capture_output=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout
