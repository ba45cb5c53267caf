"""Networks as libraries on this machine: emitted, compiled and linked in every usual way."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from support.native import gcc
from support.surgery import small_network
from support.targets import without_batch_axis
from tinyrob.boards.read import find_board
from tinyrob.data.units import Units
from tinyrob.emit.c import emit_model
from tinyrob.emit.firmware import emit_networks, emit_project
from tinyrob.emit.library import Part
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret

STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror")


def two() -> tuple[Graph, Graph]:
    """Two networks of different shapes."""
    return small_network(), without_batch_axis((6,), (4,))


def part(graph: Graph, name: str, classes: Sequence[str] = (), units: Units | None = None) -> Part:
    """A network under a name of its own in C."""
    digest = hashlib.sha256(graph.name.encode() + name.encode()).digest()
    model = emit_model(graph, "portable", digest, name=name, classes=classes, units=units)
    return Part(model, graph)


def library(where: Path, parts: Sequence[Part], name: str) -> Path:
    """The folder ``library/src`` of networks, one or several."""
    board = find_board("stm32")
    if len(parts) == 1:
        plan = emit_project(parts[0].model, parts[0].graph, board, "none")
    else:
        plan = emit_networks(parts, name, board)
    plan.write_into(where)
    return where / "library" / "src"


def objects(source: Path, where: Path, *flags: str) -> list[Path]:
    """Each source of a library as an object."""
    where.mkdir()
    made = []
    for path in sorted(source.glob("*.c")):
        made.append(where / f"{path.stem}.o")
        gcc("-std=c99", "-O1", *STRICT, *flags, "-I", source, "-c", path, "-o", made[-1])
    return made


def archive(made: Sequence[Path], path: Path) -> Path:
    """The objects in one archive."""
    subprocess.run(["ar", "rcs", path, *made], check=True)
    return path


def asked(name: str, stem: str = "") -> str:
    """C that runs network ``name`` on an input of its own and prints the output's bytes."""
    upper = name.upper()
    return f"""
static void ask_{name}{stem}(void)
{{
    static unsigned char arena[{upper}_ARENA_BYTES] __attribute__((aligned(16)));
    for (int i = 0; i < {upper}_INPUT_BYTES; i++) {{
        {name}_input(arena)[i] = (signed char)(7 * i % 251 - 125);
    }}
    if ({name}_invoke(arena, 0) != TR_OK) {{
        printf("refused ");
    }}
    for (int i = 0; i < {upper}_OUTPUT_BYTES; i++) {{
        printf("%d ", {name}_output(arena)[i]);
    }}
}}
"""


def expected(graph: Graph) -> list[int]:
    """What ``asked`` prints for a network."""
    shape = graph.tensors[graph.inputs[0]].sample_shape
    count = int(np.prod(shape))
    values = (7 * np.arange(count) % 251 - 125).astype(np.int8).reshape(1, *shape)
    return [int(value) for value in interpret(graph, values).reshape(-1)]
