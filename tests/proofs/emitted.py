"""Small layers as the emitter makes them, some for every kernel of an instruction set.

Their constants are what they are; their inputs are anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from support import recurrent
from support.layers import MAKERS, drawn, fewest_tiles
from support.packed import KINDS, few_levels, packed
from support.sixteen import weighted
from tinyrob.emit.c import CModel, emit_model
from tinyrob.ir import graph as ir
from tinyrob.kernels.table import INSTRUCTION_SETS, KERNELS

MOST_MACS = 3000
MOST_MACS_ROOMY = 12_000
"""Of kernels that are for no smaller layers."""
EACH = 3
"""Layers a kernel."""
_MAIN = """#include <stdint.h>

#include "__fc_builtin.h"
#include "tr_model.h"

int main(void)
{
    static int32_t arena[(TR_MODEL_ARENA_BYTES + 3) / 4 + 1];
    int8_t *in = (int8_t *)tr_model_input(arena);
    for (int32_t i = 0; i < TR_MODEL_INPUT_BYTES; i++) {
        in[i] = (int8_t)Frama_C_interval(-128, 127);
    }
    tr_model_invoke(arena, 0);
    const int8_t *out = (const int8_t *)tr_model_output(arena);
    for (int32_t i = 0; i < TR_MODEL_OUTPUT_BYTES; i++) {
        /*@ assert \\initialized(out + i); */
    }
    return 0;
}
"""


@dataclass(frozen=True)
class Emitted:
    """One network of one or two layers; ``kernel`` is what it is for."""

    kernel: str
    number: int
    model: CModel

    @property
    def name(self) -> str:
        """The proof's."""
        return f"{self.kernel} {self.number}"

    def write(self, folder: Path) -> list[Path]:
        """The C files, with a main function."""
        self.model.plan.write(folder)
        (folder / "main.c").write_text(_MAIN)
        return sorted(folder.rglob("*.c"))


def _mean(seed: int) -> ir.Graph:
    random = np.random.default_rng(seed)
    shape = tuple(int(n) for n in random.integers(1, 6, 3))
    shape = (1, shape[0], shape[1], 3 + shape[2])
    axes = np.array([1, 2], np.int32)
    axes.setflags(write=False)
    grid = ir.Quantization((0.05,), (3,))
    tensors = (
        ir.Tensor("x", shape, "int8", grid),
        ir.Tensor("axes", (2,), "int32", None, axes),
        ir.Tensor("y", (1, shape[3]), "int8", ir.Quantization((0.04,), (-7,))),
    )
    return ir.Graph(tensors, (ir.Op(ir.Mean(False), (0, 1), (2,)),), (0,), (2,))


def _sum(seed: int) -> ir.Graph:
    random = np.random.default_rng(seed)
    shape = (1, *(int(n) for n in random.integers(1, 6, 3)))
    tensors = (
        ir.Tensor("x", shape, "int8", ir.Quantization((0.05,), (3,))),
        ir.Tensor("y", shape, "int8", ir.Quantization((0.11,), (-7,))),
    )
    return ir.Graph(tensors, (ir.Op(ir.Add(), (0, 0), (1,)),), (0,), (1,))


def _recurrent(seed: int) -> Iterator[ir.Graph]:
    for wide in (False, True):
        yield recurrent.lstm(seed=seed, steps=2, in_c=3 + seed % 7, units=1 + seed % 3, wide=wide)
    yield recurrent.svdf(
        seed=seed, wide=bool(seed % 2), rank=1 + seed % 2, memory=1 + seed % 7, in_c=3 + seed % 7,
        units=3,
    )  # fmt: skip


def _models(isa: str, seed: int) -> Iterator[CModel]:
    for graph in (
        *(drawn(kind, seed) for kind in MAKERS),
        _mean(seed),
        _sum(seed),
        *_recurrent(seed),
    ):
        yield emit_model(graph, isa, bytes(16))
    if isa == "dsp":
        for added in (False, True):
            graph = fewest_tiles(np.random.default_rng(seed), added=added)
            yield emit_model(graph, isa, bytes(16), "speed")
        yield emit_model(weighted(seed), isa, bytes(16))
        for kind in KINDS:
            for bits in (2, 4):
                yield packed(few_levels(kind, seed, bits), isa)


def emitted(each: int = EACH) -> list[Emitted]:
    """``each`` layers for every kernel of an instruction set."""
    roomy = {kernel.symbol for kernel in KERNELS if kernel.roomy}
    missing = {
        (isa, kernel.symbol): 0
        for isa, known in INSTRUCTION_SETS.items()
        if isa != "portable"
        for kernel in known.kernels
    }
    found = []
    for seed in range(2000):
        for isa in sorted({isa for isa, _ in missing}):
            for model in _models(isa, seed):
                for key in [k for k in missing if k[0] == isa]:
                    most = MOST_MACS_ROOMY if key[1] in roomy else MOST_MACS
                    if f"kernels/{key[1]}.c" in model.plan.files and model.macs <= most:
                        missing[key] += 1
                        found.append(Emitted(key[1], missing[key], model))
                        if missing[key] == each:
                            del missing[key]
                        break
        if not missing:
            return found
    raise AssertionError(f"no small layer was drawn for {sorted(missing)}")
