"""Networks on an emulated Cortex-M: many of them in one program, run bare metal in QEMU.

Inputs and expected outputs are compiled in; the program prints the networks that differ. It has
its own few lines of start-up, so that kernels are tested apart from the firmware around them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from support.native import WARNINGS, compiler, folder, renamed
from tinyrob.emit.c import CModel
from tinyrob.files.plan import BuildPlan

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Machine:
    """A QEMU machine, the compiler's flags for its core, and where its memory is."""

    name: str
    flags: tuple[str, ...]
    flash: int
    ram: int


MACHINES = {
    "cortex-m4": Machine(
        "mps2-an386", ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"), 0x00000000, 0x20000000
    ),
    "cortex-m33": Machine(
        "mps2-an505", ("-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft"), 0x10000000, 0x38000000
    ),
}


def _array(name: str, values: NDArray[np.int8]) -> str:
    body = ",".join(str(int(v)) for v in values.reshape(-1))
    return f"static const int8_t {name}[] = {{{body}}};"


def differing(
    models: Sequence[CModel],
    inputs: Sequence[NDArray[np.integer[Any]]],
    expected: Sequence[NDArray[np.integer[Any]]],
    core: str = "cortex-m4",
) -> list[int]:
    """Which networks give other outputs than expected for one of their inputs (N, ...)."""
    machine = MACHINES[core]
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    home = folder()
    kernels: dict[str, bytes] = {}
    texts, headers, table = [], [], []
    for i, (model, x, y) in enumerate(zip(models, inputs, expected, strict=True)):
        files = model.plan.files
        kernels |= {name: files[name] for name in files if not name.startswith("model/")}
        public, text = renamed(model, f"m{i}_")
        headers += public
        texts += [text, _array(f"x{i}", x.view(np.int8)), _array(f"y{i}", y.view(np.int8))]
        start = f"m{i}_tr_model_reset" if "reset" in model.functions else "0"
        table.append(
            f"{{m{i}_TR_MODEL_ARENA_BYTES, m{i}_TR_MODEL_INPUT_BYTES, m{i}_TR_MODEL_OUTPUT_BYTES,"
            f" {len(x)}, x{i}, y{i}, (in *)(any *)m{i}_tr_model_input,"
            f" (out *)(any *)m{i}_tr_model_output,"
            f" m{i}_tr_model_invoke, {start}}},"
        )
    BuildPlan(kernels).write(home / "fw")
    driver = (_HERE / "target.c").read_text().replace("/* models */", "\n".join(table))
    (home / "main.c").write_text("\n".join([*dict.fromkeys(headers), *texts, driver]))
    program = home / "main.elf"
    script = (_HERE / "target.ld").read_text()
    script = script.replace("FLASH_AT", hex(machine.flash)).replace("RAM_AT", hex(machine.ram))
    (home / "link.ld").write_text(script)
    sources = sorted((home / "fw" / "kernels").glob("*.c"))
    done = subprocess.run(
        [compiler("arm-none-eabi-gcc"), *machine.flags, *WARNINGS, "-O2", "-ffreestanding",
         "-nostartfiles", "--specs=nano.specs", "-T", home / "link.ld", "-I", home / "fw/include",
         home / "main.c", *sources, "-o", program],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ran = subprocess.run(
        ["qemu-system-arm", "-M", machine.name, "-nographic", "-monitor", "none", "-serial",
         "none", "-semihosting", "-kernel", program],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    assert "done" in said, said
    return [int(number) for number in re.findall(r"differs (\d+)", said)]
