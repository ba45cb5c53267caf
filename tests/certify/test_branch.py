"""Branch and bound: what it says of a ball is what trying every input says."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.certified import dense
from tinyrob.certify import branch
from tinyrob.certify.branch import decide, least_lead, sparse
from tinyrob.certify.certificate import Certificate, data_digest, recheck
from tinyrob.certify.intervals import ball
from tinyrob.certify.program import program
from tinyrob.certify.verdict import Verdict, classes, decided, judge
from tinyrob.errors import ToolMissing
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret

EPS = 5


def rectified(*layers: list[list[int]]) -> ir.Graph:
    """As ``dense``, with a rectifier behind all but the last layer."""
    graph = dense(*layers)
    ops = [
        replace(op, attributes=ir.FullyConnected(activation=ir.Activation.RELU))
        for op in graph.ops[:-1]
    ]
    return replace(graph, ops=(*ops, graph.ops[-1]))


def everything(x: np.ndarray, eps: int) -> np.ndarray:
    """All inputs (N, 2) of the ball around x (2,)."""
    ways = np.arange(-eps, eps + 1)
    far = np.stack(np.meshgrid(ways, ways), axis=-1).reshape(-1, 2)
    return np.unique(np.clip(x + far, -128, 127), axis=0).astype(np.int8)


def weights(rows: int, columns: int) -> st.SearchStrategy[list[list[int]]]:
    row = st.lists(st.integers(-3, 3), min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows)


@st.composite
def cases(draw: st.DrawFn) -> tuple[ir.Graph, np.ndarray]:
    """A network of two inputs and three classes, and an input."""
    graph = rectified(draw(weights(4, 2)), draw(weights(3, 4)), draw(weights(3, 3)))
    x = draw(st.lists(st.integers(-20, 20), min_size=2, max_size=2))
    return graph, np.array([x], np.int8)


@settings(max_examples=30)
@given(case=cases())
def test_a_decision_is_what_all_inputs_of_the_ball_show(case) -> None:
    graph, x = case
    label = int(classes(graph, x)[0])
    found = decide(graph, decided(graph), ball(x, EPS), label, 60)
    others = classes(graph, everything(x[0], EPS)) != label
    if found is None:
        return
    if found.example is None:
        assert not others.any()
    else:
        assert np.abs(found.example.astype(int) - x[0]).max() <= EPS
        assert classes(graph, found.example[None])[0] != label


@settings(max_examples=20)
@given(case=cases())
def test_no_input_leads_by_less_than_the_bound(case) -> None:
    graph, x = case
    part = program(graph, decided(graph), ball(x, EPS))
    assert part is not None
    outputs = interpret(graph, everything(x[0], EPS)).reshape(-1, 3).astype(int)
    for label, other in ((0, 1), (2, 0)):
        bound, _ = least_lead(part, sparse(part), label, other)
        assert bound <= (outputs[:, label] - outputs[:, other]).min()


HARD = rectified(
    [[2, 2], [3, 2], [2, 0], [-3, 2]],
    [[0, 2, 1, -1], [3, 1, 0, -2], [-3, -3, 3, -3]],
    [[3, -3, 0], [-1, -3, 3]],
)
X, Y, FAR = np.array([[14, 6]], np.int8), np.array([0]), 7
"""All of this ball is of class 0."""


def test_what_forms_leave_open_is_decided() -> None:
    assert judge(HARD, X, Y, FAR)[0].verdict is Verdict.UNKNOWN
    assert judge(HARD, X, Y, FAR, parts=1)[0].verdict is Verdict.UNKNOWN
    (found,) = judge(HARD, X, Y, FAR, parts=40)
    assert (found.verdict, found.by) == (Verdict.CERTIFIED, branch.NAME)
    assert (classes(HARD, everything(X[0], FAR)) == 0).all()


def test_an_input_of_another_class_turns_up() -> None:
    graph = rectified([[1, 1], [1, -1], [-1, 1], [-1, -1]], [[1, 1, 1, 1], [3, 0, 0, 0]])
    x, y = np.array([[-9, 5]], np.int8), np.array([0])
    (found,) = judge(graph, x, y, 14, parts=60)
    assert (found.verdict, found.by) == (Verdict.FALSIFIED, branch.NAME)
    assert classes(graph, found.example[None])[0] == 1


def test_a_certificate_of_parts_is_checked_by_parts() -> None:
    findings = tuple(judge(HARD, X, Y, FAR, parts=40))
    kept = Certificate("n", "d", None, "s", data_digest(X, Y), FAR, findings)
    recheck(kept, HARD, {"model_digest": "d", "elf_digest": None}, X, Y)


def test_a_network_of_other_operators_is_left_open() -> None:
    last = len(HARD.tensors) - 1
    graph = replace(
        HARD,
        tensors=(*HARD.tensors, replace(HARD.tensors[last], name="end")),
        ops=(*HARD.ops, ir.Op(ir.Relu(), (last,), (last + 1,))),
        outputs=(last + 1,),
    )
    assert program(graph, decided(graph), ball(X, FAR)) is None
    assert judge(graph, X, Y, FAR, parts=40)[0].verdict is Verdict.UNKNOWN


def test_scipy_is_asked_for_where_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ToolMissing, match="SciPy is not installed"):
        judge(HARD, X, Y, FAR, parts=40)
