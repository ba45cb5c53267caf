"""The C library from C++: its headers compile, and a sketch links against it and runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built, need
from tinyrob.boards.read import find_board
from tinyrob.files import resources
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.toolchains import toolchain_for
from tinyrob.run.qemu import qemu_command

GOLDEN = Path(__file__).parents[1] / "golden"
ARDUINO = Path(__file__).parents[1] / "support" / "arduino"
FIRMWARE = resources.firmware()
PUBLIC = sorted(
    path
    for folder in ("include/tinyrob", "proto", "ports/common", "ports/stm32")
    for path in (FIRMWARE / folder).glob("*.h")
)
TEMPLATES = sorted(
    path for folder in ("model", "tflm") for path in (resources.templates() / folder).glob("*.h.j2")
)
COMPILERS = {
    "host": ("g++", "-DTR_MMIO_RECORDED"),
    "cortex-m4": ("arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb"),
    "rv32": ("riscv64-unknown-elf-g++", "-march=rv32imac", "-mabi=ilp32", "-ffreestanding"),
}
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
NO_RUNTIME = ("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expected_class(folder: BuildFolder) -> int:
    """The class of an input of zeros."""
    graph = read_tflite(folder.tflite.read_bytes())
    zeros = np.zeros((1, *folder.manifest.input.shape), np.int8)
    return int(interpret(graph, zeros).reshape(-1).argmax())


def sketch(library: Path, tmp_path: Path) -> Path:
    """The example as Arduino's builder hands it to the compiler."""
    text = (library / "examples" / "inference" / "inference.ino").read_text()
    unit = tmp_path / "inference.ino.cpp"
    unit.write_text("#include <Arduino.h>\n" + text)
    return unit


@pytest.mark.parametrize("path", [*PUBLIC, *TEMPLATES], ids=lambda path: path.name)
def test_every_public_header_is_for_cpp_too(path: Path) -> None:
    text = path.read_text()
    opened = re.search(r'^#ifdef __cplusplus\nextern "C" {\n#endif$', text, re.MULTILINE)
    closed = re.search(r"^#ifdef __cplusplus\n}\n#endif\n\n#endif$", text, re.MULTILINE)
    last_include = max((m.end() for m in re.finditer(r"^#include .*$", text, re.M)), default=0)
    declared = re.search(r"^[a-z].*[;{]$", text, re.MULTILINE)
    assert (opened and closed) or not declared
    # What a system's header declares is its own business.
    assert opened is None or opened.start() > last_include


@pytest.mark.parametrize("target", COMPILERS)
def test_every_public_header_compiles_as_cpp_alone(target: str, tmp_path: Path) -> None:
    compiler, *flags = COMPILERS[target]
    need(compiler)
    folder = built("none")
    made = [GOLDEN / "tiny" / "model", GOLDEN / "project" / "ports"]
    beside = [FIRMWARE / name for name in ("include", "proto", "ports/common")]
    includes = [f"-I{path}" for path in (*beside, *made)]
    headers = [*PUBLIC, *(folder.path / "model").glob("*.h")]
    for path in headers:
        (tmp_path / f"{path.stem}.cpp").write_text(f'#include "{path}"\n#include "{path}"\n')
    units = sorted(tmp_path.glob("*.cpp"))
    assert len(units) == len(headers)
    run(compiler, *flags, "-std=c++11", *WARNINGS, *includes, "-fsyntax-only", *units, cwd=tmp_path)


def test_an_arduino_sketch_links_and_runs_here(tmp_path: Path) -> None:
    need("gcc", "g++")
    folder = built("none")
    library = folder.path / "library"
    sources = sorted((library / "src").glob("*.c"))
    run("gcc", "-std=c99", "-O1", "-I", library / "src", "-c", *sources, cwd=tmp_path)
    run(
        *("g++", "-std=gnu++11", *WARNINGS, "-I", library / "src", "-I", ARDUINO),
        *(sketch(library, tmp_path), ARDUINO / "core.cpp", *tmp_path.glob("*.o")),
        *("-o", "program"),
        cwd=tmp_path,
    )
    assert int(run(tmp_path / "program", cwd=tmp_path)) == expected_class(folder)


@pytest.mark.parametrize("board", ["stm32"])
def test_an_arduino_sketch_links_and_runs_on_a_cortex_m(board: str, tmp_path: Path) -> None:
    found = find_board(board)
    toolchain = toolchain_for(found)
    assert found.emulator is not None
    need(toolchain.gcc, f"{toolchain.prefix}g++", found.emulator.program)
    folder = built("none")
    library, ports = folder.path / "library", folder.path / "ports"
    names = ("common", found.arch, found.port, found.family)
    sources = [
        *(library / "src").glob("*.c"),
        *(path for name in names if name for path in (ports / name).glob("*.c")),
    ]
    folders = [library / "src", ports, folder.path / "proto", ARDUINO]
    includes = [f"-I{path}" for path in (*folders, *(ports / name for name in names if name))]
    flags = [*toolchain.cpu_flags.split(), "-O2", "-ffunction-sections", *includes]
    cpp = f"{toolchain.prefix}g++"
    run(toolchain.gcc, "-std=c99", *flags, "-c", *sources, cwd=tmp_path)
    run(
        *(cpp, "-std=gnu++11", *WARNINGS, *NO_RUNTIME, *flags, "-DTR_ON_A_BOARD", "-c"),
        *(sketch(library, tmp_path), ARDUINO / "core.cpp"),
        cwd=tmp_path,
    )
    # Debian's compiler comes without a C++ library, and a sketch like this needs none.
    run(
        *(cpp, *flags, "-nostartfiles", "-nodefaultlibs", "-T", folder.path / "link.ld"),
        *("-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", *sorted(tmp_path.glob("*.o"))),
        *("-lc_nano", "-lgcc", "-o", "program.elf"),
        cwd=tmp_path,
    )
    done = subprocess.run(
        qemu_command(found, tmp_path / "program.elf"),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) == expected_class(folder)
