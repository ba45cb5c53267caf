"""Small layers as the emitter makes them, some for every kernel of an instruction set.

Their constants are what they are; their inputs are anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from support import recurrent
from support.layers import MAKERS, drawn, few_values, fewest_tiles
from support.packed import KINDS, few_levels, packed
from support.sixteen import grouped, transposed, weighted
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
    """One network of one or two layers, ``kernel`` what it is for, ``which`` a number or form."""

    kernel: str
    which: str
    model: CModel

    @property
    def name(self) -> str:
        """The proof's."""
        return f"{self.kernel} {self.which}"

    def write(self, folder: Path) -> list[Path]:
        """The C files, with a main function."""
        self.model.plan.write(folder)
        (folder / "main.c").write_text(_MAIN)
        return sorted(folder.rglob("*.c"))


@dataclass(frozen=True)
class Form:
    """Layers of a kernel that go another way through it and its helpers than most do."""

    kernel: str
    what: str
    fits: Callable[[ir.Op, tuple[int, ...], tuple[int, ...]], bool]
    """Of the first operator and the shapes of its input and output."""


def _attribute(name: str, of: Callable[[Any], bool]) -> Callable[..., bool]:
    return lambda op, into, out: hasattr(op.attributes, name) and of(getattr(op.attributes, name))


def _padded(op: ir.Op, into: tuple[int, ...], out: tuple[int, ...]) -> bool:
    """Rows of padding, and four channels of as many."""
    same = getattr(op.attributes, "padding", "") == "SAME"
    return same and into[3] == out[3] >= 4 and into[1] == out[1] > 1


def _few(op: ir.Op, into: tuple[int, ...], out: tuple[int, ...]) -> bool:
    """Windows of up to 16 values, and two pixels at least that have 16 in their row."""
    if not isinstance(op.attributes, ir.Conv2D) or len(into) < 4 or out[3] % 4 != 0:
        return False
    if op.attributes.padding != "VALID" or op.attributes.stride != (1, 1):
        return False
    taps = (into[1] - out[1] + 1) * (into[2] - out[2] + 1) * into[3]
    return taps <= 16 and out[2] + (taps - 16) // into[3] >= 2


FORMS = (
    Form("tr_depthwise_conv2d_3x3_dsp_s8", "stride 2", _attribute("stride", lambda s: s[0] == 2)),
    Form("tr_depthwise_conv2d_3x3_dsp_s8", "three channels", lambda op, i, o: i[3] % 4 == 3),
    Form("tr_depthwise_conv2d_dsp_s8", "padded", _padded),
    Form("tr_depthwise_conv2d_dsp_s8", "four of one", _attribute("multiplier", lambda m: m == 4)),
    Form("tr_conv2d_dsp_s8", "apart", _attribute("dilation", lambda d: d[1] > 1)),
    Form("tr_conv2d_mve_s8", "few values", _few),
    Form("tr_max_pool_dsp_s8", "three channels", lambda op, i, o: i[3] < 4),
    Form("tr_max_pool_dsp_s8", "five channels", lambda op, i, o: i[3] > 4),
    Form("tr_fully_connected_dsp_s8", "two left over", lambda op, i, o: o[1] % 4 == 2),
    Form("tr_fully_connected_dsp_s8", "long", lambda op, i, o: i[1] >= 700),
)
"""What the first that are drawn left out, as reached.py has found."""


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


def _models(isa: str, seed: int) -> Iterator[tuple[ir.Graph, CModel]]:
    for graph in (
        *(drawn(kind, seed) for kind in MAKERS),
        _mean(seed),
        _sum(seed),
        *_recurrent(seed),
        weighted(seed),
        transposed(seed),
        grouped(seed),
    ):
        yield graph, emit_model(graph, isa, bytes(16))
    if isa == "mve":
        graph = few_values(np.random.default_rng(seed))
        yield graph, emit_model(graph, isa, bytes(16))
    if isa == "dsp":
        for added in (False, True):
            graph = fewest_tiles(np.random.default_rng(seed), added=added)
            yield graph, emit_model(graph, isa, bytes(16), "speed")
        for kind in KINDS:
            for bits in (2, 4):
                graph = few_levels(kind, seed, bits)
                yield graph, packed(graph, isa)


def emitted(each: int = EACH, kernels: Collection[str] | None = None) -> list[Emitted]:
    """``each`` layers for every kernel of an instruction set, and one of each form.

    Where ``kernels`` are named the drawing ends once theirs are there; they are the same layers.
    """
    sets = {kernel.symbol: kernel.isa for kernel in KERNELS}
    missing = {
        (isa, kernel.symbol): 0
        for isa, known in INSTRUCTION_SETS.items()
        if isa != "portable"
        for kernel in known.kernels
    }
    forms = list(FORMS)
    found = []
    for seed in range(2000):
        left = {symbol for _, symbol in missing} | {form.kernel for form in forms}
        if not (left if kernels is None else left & set(kernels)):
            return found
        for isa in sorted({isa for isa, _ in missing} | {sets[form.kernel] for form in forms}):
            for graph, model in _models(isa, seed):
                for key in [k for k in missing if k[0] == isa and _small(model, k[1])]:
                    missing[key] += 1
                    found.append(Emitted(key[1], str(missing[key]), model))
                    if missing[key] == each:
                        del missing[key]
                    break
                else:
                    fit = [f for f in forms if _small(model, f.kernel) and _fits(graph, f)]
                    for form in fit[:1]:
                        forms.remove(form)
                        found.append(Emitted(form.kernel, form.what, model))
    raise AssertionError(f"no small layer was drawn for {sorted(missing)} {forms}")


def _small(model: CModel, symbol: str) -> bool:
    """Whether the model calls the kernel, and is small enough to be proved."""
    roomy = any(kernel.roomy for kernel in KERNELS if kernel.symbol == symbol)
    most = MOST_MACS_ROOMY if roomy else MOST_MACS
    return f"kernels/{symbol}.c" in model.plan.files and model.macs <= most


def _fits(graph: ir.Graph, form: Form) -> bool:
    op = graph.ops[0]
    return form.fits(op, graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape)
