"""Generated C on an emulated board: many networks in one firmware, since linking and starting it
is what costs.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.firmware import need
from support.native import folder, renamed
from tinyrob.boards.read import find_board
from tinyrob.emit.c import CModel, emit_model
from tinyrob.emit.firmware import emit_project
from tinyrob.files.plan import BuildPlan
from tinyrob.ir.graph import Graph
from tinyrob.kernels.table import INSTRUCTION_SETS
from tinyrob.project.make import run_make
from tinyrob.project.toolchains import toolchain_for
from tinyrob.run.qemu import qemu_command

_DRIVER = Path(__file__).with_name("emulated.c").read_text()
_HEADER = """\
#ifndef TR_MODEL_H
#define TR_MODEL_H
#include "tinyrob/tr_observer.h"
#define TR_MODEL_ARENA_BYTES {arena}
typedef void tr_any(void); /* networks of int16 have pointers of theirs */
typedef int8_t *tr_in(void *arena);
typedef const int8_t *tr_out(const void *arena);
typedef struct tr_network {{
    uint32_t samples, arena, input, output;
    const int8_t *inputs;
    tr_in *in;
    tr_out *out;
    int32_t (*invoke)(void *arena, const tr_observer *observer);
    void (*start)(void *arena); /* of networks with a state: their inputs are a sequence */
}} tr_network;
extern const tr_network tr_networks[];
extern const uint32_t tr_networks_count;
#endif
"""
_SLACK = 64
"""Bytes behind the largest arena that are watched too."""


def isa_of(board: str) -> str:
    """The instruction set that a board's firmware is generated for."""
    return next(isa for isa in find_board(board).isa if isa in INSTRUCTION_SETS)


def run_on(
    board: str, graphs: Sequence[Graph], samples: Sequence[NDArray[np.int8]]
) -> list[NDArray[np.int8]]:
    """Each graph's outputs (N, output bytes) for its samples (N, ...), from one firmware."""
    found = find_board(board)
    assert found.emulator is not None
    toolchain = toolchain_for(found)
    need(found.emulator.program, toolchain.gcc, "make")
    models = [emit_model(g, isa_of(board), hashlib.sha256(b"").digest()) for g in graphs]
    home = folder() / board
    _project(board, graphs[0], models, samples).write(home)
    made = run_make(home, ["firmware.elf", f"CROSS={toolchain.prefix}"])
    assert made.returncode == 0, made.stderr
    done = subprocess.run(
        qemu_command(found, home / "firmware.elf"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return _split(done.stdout, models, samples)


def _split(
    data: bytes, models: Sequence[CModel], samples: Sequence[NDArray[np.int8]]
) -> list[NDArray[np.int8]]:
    results = []
    for model, inputs in zip(models, samples, strict=True):
        size = len(inputs) * model.output_bytes
        part, data = data[:size], data[size:]
        results.append(np.frombuffer(part, np.int8).reshape(len(inputs), -1))
    assert not data
    return results


def _project(
    board: str, first: Graph, models: Sequence[CModel], samples: Sequence[NDArray[np.int8]]
) -> BuildPlan:
    """The board's project for the first network, with all of them in its place."""
    project = dict(emit_project(models[0], first, find_board(board), "bench").files)
    for model in models:
        kernels = {k: v for k, v in model.plan.files.items() if not k.startswith("model/")}
        project.update(kernels)
    headers: list[str] = []
    texts: list[str] = []
    rows: list[str] = []
    for i, (model, inputs) in enumerate(zip(models, samples, strict=True)):
        public, text = renamed(model, f"m{i}_")
        headers += public
        texts.append(text)
        values = ", ".join(map(str, inputs.reshape(-1).view(np.int8).tolist()))
        texts.append(f"static const int8_t inputs_{i}[] = {{{values}}};")
        start = f"m{i}_tr_model_reset" if "reset" in model.functions else "0"
        rows.append(
            f"    {{{len(inputs)}, {model.arena_bytes}, {model.input_bytes}, "
            f"{model.output_bytes}, inputs_{i}, (tr_in *)(tr_any *)m{i}_tr_model_input, "
            f"(tr_out *)(tr_any *)m{i}_tr_model_output, "
            f"m{i}_tr_model_invoke, {start}}},"
        )
    unit = [*dict.fromkeys(headers), '#include "tr_model.h"', *texts]
    unit += ["const tr_network tr_networks[] = {", *rows, "};"]
    unit += [f"const uint32_t tr_networks_count = {len(models)};", ""]
    arena = max(model.arena_bytes for model in models) + _SLACK
    for name in list(project):
        if re.match(r"model/", name):
            del project[name]
    project["model/tr_model.h"] = _HEADER.format(arena=arena).encode()
    project["model/tr_model_weights.c"] = "\n".join(unit).encode()
    project["apps/bench.c"] = _DRIVER.encode()
    return BuildPlan(project)
