"""Every table over operators or kinds of nodes has all of them, and the page names every place."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from tinyrob.attack.operators import OPERATORS as DIFFERENTIABLE
from tinyrob.frozen import model as fr
from tinyrob.frozen.reference import LAYERS
from tinyrob.frozen.shapes import SHAPES
from tinyrob.frozen.to_graph import OPERATORS
from tinyrob.hls.frontend import BUILDERS
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import RUN
from tinyrob.ir.islands import UNARY
from tinyrob.ir.moves import MOVES
from tinyrob.ir.raw import Foreign
from tinyrob.ir.rules import CHECKS
from tinyrob.ir.tflite_schema import LAYOUTS
from tinyrob.kernels.portable.rows import PORTABLE
from tinyrob.network import layers
from tinyrob.network.lowering import SPECS
from tinyrob.rtl.logic import VALUES
from tinyrob.rtl.network import FRONTS
from tinyrob.tflm.tree import KERNELS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "firmware" / "kernels" / "README.md"
NAMES = [kind.kind for kind in ir.KINDS]
# What keeps a state has no gradient for one input, and is lowered by name.
STATEFUL = (ir.ReadVariable, ir.AssignVariable, ir.UnidirectionalSequenceLstm, ir.Svdf)

# Becomes a table behind it: the float32 that there is between integers.
ISLANDS = (ir.Dequantize, ir.Cast, *(set(UNARY) - {ir.Elu, ir.Abs}))


def specs(kind: type[layers.Spec] = layers.Spec) -> set[type[layers.Spec]]:
    return {kind}.union(*map(specs, kind.__subclasses__()))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([layout.attributes for layout in LAYOUTS], [*ir.KINDS, *ir.UNSEEN]),
        (CHECKS, ir.KINDS),
        (RUN, ir.KINDS),
        ([*SPECS, *MOVES, *STATEFUL, *ISLANDS], ir.KINDS),
        ([*DIFFERENTIABLE, *STATEFUL], ir.KINDS),
        (KERNELS, NAMES),
    ],
    ids=["schema", "rules", "interpreter", "network", "attack", "tflm"],
)
def test_every_operator_has_its_row(
    table: Collection[object], expected: Collection[object]
) -> None:
    assert set(table) == set(expected)
    assert len(table) == len(expected)


@pytest.mark.parametrize(
    ("table", "missing"),
    [(SHAPES, ()), (LAYERS, (fr.Input,)), (OPERATORS, ()), (BUILDERS, ()), (VALUES, ()),
     (FRONTS, ())],
    ids=["shapes", "reference", "graph", "hls", "rtl logic", "rtl streams"],
)  # fmt: skip
def test_every_kind_of_node_has_its_row(table: Collection[type], missing: tuple[type, ...]) -> None:
    assert {*table, *missing} == set(fr.KINDS)


def test_the_kinds_are_all_that_there_are() -> None:
    def leaves(kind: type) -> set[type]:
        below = kind.__subclasses__()
        return set().union(*map(leaves, below)) if below else {kind}

    assert leaves(fr.Node) == set(fr.KINDS)
    assert leaves(ir.Attributes) == {*ir.KINDS, *ir.UNSEEN, Foreign}


def test_every_layer_has_a_kernel_or_is_made_by_a_pass_for_one() -> None:
    kinds = {kernel.kind for kernel in PORTABLE.kernels}
    plain = {s.kind for s in specs() if hasattr(s, "kind")}
    joined = {kind for kind in plain if "CONV_2D_ADD" in kind}  # where the instruction set has it
    assert plain - joined == kinds


def test_the_page_names_every_place_that_an_operator_is_in() -> None:
    """MEAN stands for all: every file that knows it, by any of its names, is on the page."""
    names = re.compile(r"\b(Mean|MEAN|AddMean|tr_mean\w*|run_mean|check_mean|mean_factor)\b")
    page = PAGE.read_text(encoding="utf-8")
    rows = page[page.index("**To add an operator**") : page.index("Kernels for `dsp/`")]
    places = re.findall(r"`((?:toolchain|firmware|tests)/[\w./]+)`", rows)
    assert len(places) >= 12
    for place in places:
        assert (ROOT / place).exists(), place
    knowing = [
        path.relative_to(ROOT).as_posix()
        for folder in ("toolchain", "firmware", "templates", "tests/support")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".c", ".h", ".j2")
        and "/dsp/" not in path.relative_to(ROOT).as_posix()
        and "mve" not in path.relative_to(ROOT).as_posix()
        and names.search(path.read_text(encoding="utf-8"))
    ]
    assert knowing
    unnamed = [k for k in knowing if not any(k == p or k.startswith(p) for p in places)]
    assert unnamed == []
    idle = [p for p in places if not any(k == p or k.startswith(p) for k in knowing)]
    assert idle == []
