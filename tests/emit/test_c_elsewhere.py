"""The portable C on machines of another word size and byte order, against the NumPy interpreter.

Compiled by the wheel's clang, without a C library; big-endian programs run in QEMU's user mode.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from support.dead import planted
from support.graphs import inputs
from support.layers import MAKERS, drawn
from support.native import compiler, folder, unit_of
from support.packed import few_levels
from support.surgery import small_network
from tinyrob.emit.c import CModel, emit_model
from tinyrob.files.plan import BuildPlan
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret
from tinyrob.project.zig import zig_program

DRIVER = Path(__file__).resolve().parent.parent / "support" / "elsewhere.c"
MACHINES = {
    "32 bits": ("x86-linux-none", ()),
    "32 bits, big-endian": ("powerpc-linux-none", ("qemu-ppc",)),
    "64 bits, big-endian": ("s390x-linux-none", ("qemu-s390x",)),
}


def networks() -> list[Graph]:
    """Each maker's layers, dead channels, packed weights, softmax."""
    layers = [drawn(kind, seed) for kind in MAKERS for seed in range(4)]
    packed = [few_levels("CONV_2D", seed, bits) for seed in (1, 2) for bits in (2, 4)]
    return [*layers, *(planted(layer, 5) for layer in layers[:8]), *packed, small_network()]


def program(models: list[CModel], target: str) -> Path:
    """One static program for a machine."""
    home = folder()
    files = {name: data for model in models for name, data in model.plan.files.items()}
    BuildPlan(files).write(home / "fw")
    (home / "models.c").write_text(unit_of(models, DRIVER.read_text()))
    kernels = sorted((home / "fw" / "kernels").glob("*.c"))
    flags = [
        "-target", target, "-O1", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie",
        "-fno-sanitize=all", "-Wall", "-Wextra", "-Werror", "-I", home / "fw" / "include",
    ]  # fmt: skip
    command = [zig_program(), "cc", *flags, home / "models.c", *kernels, "-o", home / "models"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return home / "models"


@pytest.mark.parametrize("machine", MACHINES)
def test_networks_equal_the_interpreter(machine: str) -> None:
    target, emulator = MACHINES[machine]
    runs = [compiler(name) for name in emulator]
    graphs = networks()
    made = program([emit_model(g, "portable", bytes(16), "size") for g in graphs], target)
    for index, graph in enumerate(graphs):
        given = inputs(graph, 4)
        done = subprocess.run(
            [*runs, made], input=bytes([index]) + given.tobytes(), capture_output=True
        )
        assert done.returncode == 0, done.stderr
        expected = interpret(graph, given).reshape(len(given), -1)
        got = np.frombuffer(done.stdout, np.int8).reshape(expected.shape)
        np.testing.assert_array_equal(got, expected, f"network {index}: {graph.ops}")
