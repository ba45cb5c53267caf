"""Layers in bands of rows: the same bits, in less memory."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from support.dead import planted
from support.graphs import inputs
from support.native import Native
from support.streams import Line, wide
from tinyrob import passes
from tinyrob.emit.c import CModel, emit_model
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.kernels.kernel import Kernel
from tinyrob.network.layers import Copy, Layer, Network, Window
from tinyrob.passes.bands import banded as writing
from tinyrob.passes.bands.banded import Segment, banded
from tinyrob.passes.bands.choose import accepted, kernels_of
from tinyrob.passes.bands.rows import NotByRows, rows_of

CLOSE = ir.Activation.NONE


def residual() -> ir.Graph:
    """A sum at the end of two convolutions, and another whose shortcut has a stride."""
    line = Line(3, 18, 6, 3)
    first = line.conv((3, 3), 8, padding="SAME")
    line.conv((3, 3), 8, padding="SAME")
    line.conv((3, 3), 8, padding="SAME", activation=CLOSE)
    both = line.plus(first)
    line.conv((3, 3), 12, (2, 2), padding="SAME")
    long = line.conv((3, 3), 12, padding="SAME", activation=CLOSE)
    line.x = both
    line.conv((1, 1), 12, (2, 2), padding="SAME", activation=CLOSE)
    line.plus(long)
    line.dense(4)
    return line.graph("residual")


def separable() -> ir.Graph:
    """Depthwise and pointwise layers; a third of the channels dead."""
    line = Line(5, 24, 8, 3)
    line.conv((3, 3), 12, (2, 2), padding="SAME")
    line.depthwise((3, 3), padding="SAME")
    line.conv((1, 1), 16)
    line.depthwise((3, 3), (2, 2), padding="SAME")
    line.conv((1, 1), 24)
    line.dense(3)
    return planted(line.graph("separable"), 4)


def uneven() -> ir.Graph:
    """Windows that leave rows out, reach over several, or lie in the padding for the most part."""
    line = Line(8, 31, 4, 4)
    line.conv((1, 1), 6, (3, 1))
    line.pad(2, 3)
    line.conv((5, 2), 6, dilation=(2, 1), padding="SAME")
    line.pool((3, 2), (2, 1))
    line.depthwise((4, 1), (1, 1), padding="SAME")
    line.pool((2, 1), (1, 1), mean=True)
    line.dense(3)
    return line.graph("uneven")


def elementwise() -> ir.Graph:
    """Operators of one value each, of operands that repeat, and channels side by side."""
    line = Line(9, 20, 5, 4)
    start = line.conv((3, 3), 8, padding="SAME")
    shape, grid = line.shape, line.tensors[start].quantization
    line.put(ir.LeakyRelu(0.25), (line.x,), shape)
    alone = line.constant(np.arange(-40, 40, 10).astype(np.int8), line.grid())
    line.put(ir.Mul(), (line.x, alone), shape)
    left = line.put(ir.Logistic(), (line.x,), shape, ir.Quantization((1 / 256,), (-128,)))
    line.x = line.put(ir.Relu6(), (start,), shape, grid)
    right = line.depthwise((3, 1), padding="SAME")
    line.put(ir.Sub(), (left, right), shape)
    joined = line.tensors[line.x].quantization
    line.put(ir.Concatenation(3), (line.x, line.x), (*shape[:3], 16), joined)
    line.conv((2, 2), 6, (2, 2))
    line.dense(4)
    return line.graph("elementwise")


def column() -> ir.Graph:
    """One column, which becomes one row: its bands are of columns."""
    line = Line(11, 60, 1, 4)
    line.conv((3, 1), 8, padding="SAME")
    line.conv((5, 1), 8, (2, 1), padding="SAME")
    line.depthwise((3, 1), padding="SAME")
    line.conv((1, 1), 4)
    line.dense(3)
    return line.graph("column")


GRAPHS = {
    graph.name: graph
    for graph in (residual(), separable(), uneven(), elementwise(), column(),
                  replace(wide(column()), name="int16"))
}  # fmt: skip
Bander = Callable[..., tuple[Network, list[Kernel]]]


def forced(number: int, step: int, stay: bool, did: list[int]) -> Bander:
    """Bands where they are told to be, whether that saves memory or not: the longest run of layers
    that there can be, without the last ``number`` of them."""

    def bands(network: Network, kernels: list[Kernel], kernel_of, memory):
        constants = {i for i, value in enumerate(network.values) if value.data is not None}
        rows = {layer: rows_of(layer, constants.__contains__) for layer in network.layers}
        known = {layer: found for layer, found in rows.items() if found is not None}
        last = next((i for i, layer in enumerate(network.layers) if layer not in known), len(rows))
        try:
            changed = banded(network, Segment(0, last - number, step, stay, known))
            taken = kernels_of(network, kernels, changed, kernel_of)
            taken = accepted(changed, taken, kernel_of)
        except NotByRows:
            return network, kernels
        did.append(number)
        return changed, taken

    return bands


@functools.cache
def forced_models(isa: str) -> list[tuple[str, CModel]]:
    found: list[tuple[str, CModel]] = []
    with pytest.MonkeyPatch.context() as patch:
        for label, graph in GRAPHS.items():
            did: list[int] = []
            for number, step, stay in ((0, 1, True), (1, 2, False), (2, 1, False)):
                patch.setattr(passes, "band_rows", forced(number, step, stay, did))
                model = emit_model(graph, isa, bytes(16), "ram")
                found.append((f"{label} -{number} {step} {stay}", model))
            assert len(did) >= 2, label
    return found


@pytest.mark.parametrize("isa", ["portable", "dsp", "mve"])
def test_bands_of_any_height_give_the_same_bits(isa: str) -> None:
    found = forced_models(isa)
    native = Native([model for _, model in found])
    for index, (label, _) in enumerate(found):
        graph = GRAPHS[label.partition(" ")[0]]
        given = inputs(graph, 3)
        expected = interpret(graph, given).reshape(len(given), -1).view(np.int8)
        np.testing.assert_array_equal(native.run(index, given), expected, label)


def test_parts_of_a_layer_are_all_of_it_once() -> None:
    for label, model in forced_models("portable"):
        parts: dict[str, list[tuple[int, int]]] = {}
        for layer in model.layers:
            if layer.part is not None:
                parts.setdefault(layer.name, []).append((layer.part.first, layer.part.count))
        for spans in parts.values():
            assert [first for first, _ in spans] == np.cumsum(
                [0, *(count for _, count in spans[:-1])]
            ).tolist(), label
    assert any(len(model.layers) > 20 for _, model in forced_models("portable"))


def test_bands_are_chosen_where_they_save_memory_and_told() -> None:
    line = Line(6, 40, 8, 3)
    line.conv((3, 3), 16, padding="SAME")
    line.conv((3, 3), 16, padding="SAME")
    line.conv((3, 3), 8, (2, 2), padding="SAME")
    line.dense(3)
    graph = line.graph()
    plain = emit_model(graph, "dsp", bytes(16))
    less = emit_model(graph, "dsp", bytes(16), "ram")
    assert less.arena_bytes < 0.7 * plain.arena_bytes
    (told,) = less.bands
    assert told.whole_bytes == plain.arena_bytes
    assert told.calls == sum(layer.part is not None for layer in less.layers)
    assert sum(layer.macs for layer in less.layers) == sum(layer.macs for layer in plain.layers)
    assert less.weights_bytes == plain.weights_bytes
    assert plain.bands == ()
    left_out = emit_model(graph, "dsp", bytes(16), "ram", without=("band_rows",))
    assert left_out.plan.files == plain.plan.files


def test_where_bands_save_nothing_the_network_stays_as_it_is() -> None:
    line = Line(4, 3, 3, 4)
    line.conv((3, 3), 4, padding="SAME")
    line.dense(200)
    less = emit_model(line.graph(), "dsp", bytes(16), "ram")
    assert less.plan.files == emit_model(line.graph(), "dsp", bytes(16)).plan.files


def test_more_calls_than_are_worth_it_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(writing, "MOST_CALLS", 12)
    less = emit_model(GRAPHS["residual"], "dsp", bytes(16), "ram")
    assert all(told.calls <= 12 for told in less.bands)


def test_rows_are_put_aside_by_copies_that_nobody_is_shown() -> None:
    model = emit_model(GRAPHS["residual"], "portable", bytes(16), "ram")
    text = model.plan.files["model/tr_model.c"].decode()
    assert "tr_copy(" in text
    assert text.count("observe(observer, ") == len(model.layers)
    assert f"LAYERS {len(model.layers)}\n" in model.plan.files["model/tr_model.h"].decode()


def test_a_window_in_nothing_but_padding_has_no_rows() -> None:
    window = Window(4, 4, 12, 4, 1, 1, 1, 1, 1, 1, 2, 0)
    spec = passes_layer(window)
    rows = rows_of(spec, lambda value: False)
    assert rows is not None
    assert rows.needs(0, (2, 6)) == (0, 4)
    with pytest.raises(NotByRows):
        rows.needs(0, (8, 9))


def passes_layer(window: Window) -> Layer:
    from tinyrob.network.layers import MaxPool

    return Layer("p", "MAX_POOL_2D", MaxPool(window, 1, 2), (0,), 1, ((1, 4, 4, 2), (1, 12, 4, 2)))


def test_copies_have_no_clamp() -> None:
    assert not Copy.clamps
