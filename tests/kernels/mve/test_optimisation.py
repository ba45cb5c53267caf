"""The kernels compile however a user's project optimises: inline assembly wants registers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.native import WARNINGS, compiler
from tinyrob.files import resources


@pytest.mark.parametrize("level", ["-O1", "-O2", "-O3", "-Os"])
def test_every_kernel_compiles_at_every_level(level: str, tmp_path: Path) -> None:
    firmware = resources.firmware()
    sources = sorted((firmware / "kernels" / "mve").glob("*.c"))
    assert sources
    done = subprocess.run(
        [compiler("arm-none-eabi-gcc"), "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard",
         *WARNINGS, level, "-ffreestanding", "-I", firmware / "include", "-c", *sources],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
