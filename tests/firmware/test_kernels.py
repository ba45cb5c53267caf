"""What the C library promises of itself: warnings, no library calls, one function a file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support.native import WARNINGS, compiler, folder
from tinyrob.emit.c import CHECKING
from tinyrob.files import resources
from tinyrob.kernels.table import KERNELS

FIRMWARE = resources.firmware()
SOURCES = sorted(FIRMWARE.glob("kernels/*/*.c"))
TARGETS = {
    "x86-64": ("gcc",),
    "cortex-m4": ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"),
    "cortex-m0plus": ("arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"),
    "rv32": ("riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-ffreestanding"),
}


def test_dsp_kernels_compile_without_a_warning() -> None:
    name, *flags = TARGETS["cortex-m4"]
    sources = [str(path) for path in SOURCES if path.parent.name == "dsp"]
    done = subprocess.run(
        [compiler(name), *flags, *WARNINGS, "-O2", "-I", FIRMWARE / "include", "-c", *sources],
        cwd=folder(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("target", TARGETS)
def test_portable_kernels_compile_without_a_warning(target: str) -> None:
    name, *flags = TARGETS[target]
    portable = [str(path) for path in SOURCES if path.parent.name == "portable"]
    done = subprocess.run(
        [compiler(name), *flags, *WARNINGS, "-O2", "-I", FIRMWARE / "include", "-c", *portable],
        cwd=folder(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_kernel_file_has_one_public_function_named_like_it(path: Path) -> None:
    """What kernels share may have several forms: their names begin with the file's."""
    public = re.findall(r"^\w[\w ]*\b(\w+)\(", path.read_text(), re.MULTILINE)
    public = [
        name
        for name in public
        if not re.search(rf"^(?:static|TR_INLINE) [^;]*\b{name}\(", path.read_text(), re.MULTILINE)
    ]
    if path.stem.startswith(("tr_dsp_", "tr_mve_")):
        public = [name for name in public if not name.startswith(f"{path.stem}_")] or [path.stem]
    assert public == [path.stem]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_kernels_include_no_library_header(path: Path) -> None:
    assert set(re.findall(r"#include <(.*)>", path.read_text())) <= {"stdint.h", "stddef.h"}


def test_the_table_and_the_folders_hold_the_same_kernels() -> None:
    assert {source for kernel in KERNELS for source in kernel.sources}.union(CHECKING) == {
        path.relative_to(FIRMWARE / "kernels").as_posix() for path in SOURCES
    }


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.symbol)
def test_a_kernel_is_declared_in_its_header(kernel) -> None:
    text = (FIRMWARE / "include" / kernel.header).read_text()
    assert re.search(rf"void {kernel.symbol}\(const tr_\w+ \*\w+, const int(?:8|16|32)_t \*", text)
