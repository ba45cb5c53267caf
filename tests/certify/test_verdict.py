"""Verdicts: proofs that hold, counterexamples that are some, and refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.certified import dense
from tinyrob.certify.verdict import Verdict, classes, decided, judge
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir

# Class 0 where x0 > x1; first of the greatest where they are equal.
CHOICE = dense([[1, 0], [0, 1]])


def search(x, y, eps):
    """The corner that is worst for CHOICE."""
    way = np.where(y[:, None] == 0, np.array([-1, 1]), np.array([1, -1]))
    return np.clip(x + eps * way, -128, 127).astype(np.int8)


def test_a_proof_reaches_as_far_as_the_class_does() -> None:
    x, y = np.array([[10, 0]], np.int8), np.array([0])
    assert judge(CHOICE, x, y, 4)[0].verdict is Verdict.CERTIFIED
    assert judge(CHOICE, x, y, 6, search)[0].verdict is Verdict.FALSIFIED
    assert judge(CHOICE, x, y, 6)[0].verdict is Verdict.UNKNOWN


def test_a_tie_is_no_proof() -> None:
    x, y = np.array([[10, 0], [0, 10]], np.int8), np.array([0, 1])
    found = judge(CHOICE, x, y, 5, search)
    # (5, 5) is class 0: right for the first, wrong for the second.
    assert [one.verdict for one in found] == [Verdict.UNKNOWN, Verdict.FALSIFIED]


def test_an_input_of_another_class_falsifies_by_itself() -> None:
    x = np.array([[0, 9]], np.int8)
    (found,) = judge(CHOICE, x, np.array([0]), 0)
    assert (found.verdict, found.by) == (Verdict.FALSIFIED, "clean")
    np.testing.assert_array_equal(found.example, x[0])


def test_counterexamples_are_checked() -> None:
    x, y = np.array([[10, 0]], np.int8), np.array([0])
    (found,) = judge(CHOICE, x, y, 6, lambda x, y, eps: x)
    assert found.verdict is Verdict.UNKNOWN
    (found,) = judge(CHOICE, x, y, 6, search)
    assert classes(CHOICE, found.example[None])[0] != 0
    with pytest.raises(AssertionError, match="went 7 steps"):
        judge(CHOICE, x, y, 6, lambda x, y, eps: search(x, y, 7))


def test_forms_prove_what_intervals_do_not() -> None:
    graph = dense([[1, 1], [1, 1], [0, 1]], [[1, -1, 0], [0, 0, 1]])
    x, y = np.array([[0, -60]], np.int8), np.array([0])
    (found,) = judge(graph, x, y, 20)
    assert (found.verdict, found.by) == (Verdict.CERTIFIED, "affine forms")


def test_what_a_last_softmax_takes_decides() -> None:
    grid = ir.Quantization((1 / 256,), (-128,))
    end = ir.Tensor("p", (1, 2), "int8", grid)
    graph = replace(
        CHOICE,
        tensors=(*CHOICE.tensors, end),
        ops=(*CHOICE.ops, ir.Op(ir.Softmax(1.0), CHOICE.outputs, (len(CHOICE.tensors),))),
        outputs=(len(CHOICE.tensors),),
    )
    assert decided(graph) == CHOICE.outputs[0]


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="1 outputs of 1 numbers"):
        decided(dense([[1, 1]]))
    with pytest.raises(UnsupportedModel, match="2 outputs"):
        decided(replace(CHOICE, outputs=(CHOICE.outputs[0], CHOICE.outputs[0])))
    short = [replace(t, dtype="int16") if t.name == "x" else t for t in CHOICE.tensors]
    with pytest.raises(UnsupportedModel, match="computes int16 to int8"):
        decided(replace(CHOICE, tensors=tuple(short)))
