"""For each input: is its class proved for a whole ball, is there a counterexample, or neither?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tinyrob.certify import affine, branch, intervals
from tinyrob.certify.affine import Form
from tinyrob.certify.intervals import Box, ball
from tinyrob.cluster.workers import Here, Tell, Workers
from tinyrob.errors import UnsupportedModel
from tinyrob.ir.graph import Graph, Softmax
from tinyrob.ir.interp import interpret

Int8Array = NDArray[np.int8]
Labels = NDArray[np.int64]
Search = Callable[[Int8Array, Labels, int], Int8Array]
"""Looks for inputs within eps of x (N, ...) that are not of class y (N,)."""
_BATCH = 16
_MOST_SLOPES = 1 << 26
"""Numbers that the affine forms of one input may take at once: 512 MiB."""
_MARGIN = 1e-6


class Verdict(str, Enum):
    """What is known of a ball."""

    CERTIFIED = "certified"
    FALSIFIED = "falsified"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """``by`` is what proved or found it: intervals, affine forms, clean (the input itself is of
    another class), search, branch and bound; ``example`` is the input (*sample shape) of another
    class."""

    verdict: Verdict
    by: str | None = None
    example: Int8Array | None = None


def decided(graph: Graph) -> int:
    """The tensor whose greatest element is the class: the output, or what a last SOFTMAX takes.

    Raises UnsupportedModel for a network of several inputs or outputs, with a state, or of one
    number.
    """
    last, first = graph.tensors[graph.outputs[0]], graph.tensors[graph.inputs[0]]
    if first.dtype != "int8" or last.dtype != "int8":
        raise UnsupportedModel(
            f"{graph.name} computes {first.dtype} to {last.dtype}, and balls are of int8 steps",
            "convert it with int8 activations",
        )
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.stateful or last.elements < 2:
        raise UnsupportedModel(
            f"{graph.name} is no classifier of single inputs: it has {len(graph.inputs)} inputs, "
            f"{len(graph.outputs)} outputs of {last.elements} numbers"
            f"{', and keeps a state' if graph.stateful else ''}",
            "certify the part of the network that classifies one input",
        )
    for op in graph.ops:
        if isinstance(op.attributes, Softmax) and op.outputs[0] == graph.outputs[0]:
            return op.inputs[0]
    return graph.outputs[0]


def judge(
    graph: Graph,
    x: Int8Array,
    y: Labels,
    eps: int,
    search: Search | None = None,
    progress: Callable[[int], None] = lambda done: None,
    workers: Workers | None = None,
    parts: int = 0,
) -> list[Finding]:
    """A finding for each of x (N, *sample shape), classes y (N,), and all int8 inputs within
    ``eps`` steps of it in every element.

    ``workers`` (None: this process) prove; ``search`` attacks here what is not proved. What is left
    is cut into up to ``parts`` parts each (``branch.decide``). Raises UnsupportedModel, and
    ToolMissing where parts are asked for and SciPy is not installed.
    """
    place = decided(graph)
    starts = range(0, len(x), _BATCH)
    batches = [(graph, place, x[s : s + _BATCH], y[s : s + _BATCH], eps) for s in starts]
    by_batch: dict[int, list[Finding]] = {}
    for number, proved in (workers or Here()).each(_batch, batches):
        by_batch[number] = proved
        progress(sum(map(len, by_batch.values())))
    found = [one for number in sorted(by_batch) for one in by_batch[number]]
    left = _unknown(found)
    if search is not None and left:
        tried = search(x[left], y[left], eps)
        _check_in_ball(tried, x[left], eps)
        wrong = classes(graph, tried) != y[left]
        for i, one, fell in zip(left, tried, wrong, strict=True):
            if fell:
                found[i] = Finding(Verdict.FALSIFIED, "search", one)
    left = _unknown(found) if parts else []
    hard = [(graph, place, x[i : i + 1], int(y[i]), eps, parts) for i in left]
    for number, finding in (workers or Here()).each(_cut_up, hard):
        found[left[number]] = finding
    return found


def _unknown(found: Sequence[Finding]) -> list[int]:
    return [i for i, one in enumerate(found) if one.verdict is Verdict.UNKNOWN]


def _cut_up(hard: tuple[Graph, int, Int8Array, int, int, int], _tell: Tell) -> Finding:
    graph, place, x, label, eps, parts = hard
    known = branch.decide(graph, place, ball(x, eps), label, parts)
    if known is None:
        return Finding(Verdict.UNKNOWN)
    if known.example is None:
        return Finding(Verdict.CERTIFIED, branch.NAME)
    return Finding(Verdict.FALSIFIED, branch.NAME, known.example)


def classes(graph: Graph, x: Int8Array) -> Labels:
    """The device's answers (N,): the first of the greatest outputs."""
    return np.asarray(interpret(graph, x).reshape(len(x), -1).argmax(axis=1), np.int64)


def _batch(batch: tuple[Graph, int, Int8Array, Labels, int], _tell: Tell) -> list[Finding]:
    return _judge(*batch)


def _judge(graph: Graph, place: int, x: Int8Array, y: Labels, eps: int) -> list[Finding]:
    right = classes(graph, x) == y
    box = intervals.propagate(graph, ball(x, eps))[place]
    proved = separated(box, y)
    found = []
    for i in range(len(x)):
        if not right[i]:
            found.append(Finding(Verdict.FALSIFIED, "clean", x[i]))
        elif proved[i]:
            found.append(Finding(Verdict.CERTIFIED, "intervals"))
        elif _by_forms(graph, place, x[i], int(y[i]), eps):
            found.append(Finding(Verdict.CERTIFIED, "affine forms"))
        else:
            found.append(Finding(Verdict.UNKNOWN))
    return found


def separated(box: Box, y: Labels) -> NDArray[np.bool_]:
    """(N,): whether class y's least is above every other's greatest: a tie is no proof."""
    low, high = (end.reshape(len(y), -1).astype(np.int64) for end in (box.low, box.high))
    rows = np.arange(len(y))
    mine = low[rows, y].copy()
    high[rows, y] = np.iinfo(np.int64).min
    proved: NDArray[np.bool_] = mine > high.max(axis=1)
    return proved


def _by_forms(graph: Graph, place: int, x: Int8Array, label: int, eps: int) -> bool:
    largest = max(t.elements for t in graph.tensors if t.data is None)
    if x.size * largest > _MOST_SLOPES:
        return False
    boxes, forms = affine.propagate(graph, ball(x[None], eps))
    if bool(separated(boxes[place], np.array([label]))[0]):
        return True
    return bool((_leads(forms[place], label) > _MARGIN).all())


def _leads(form: Form, label: int) -> NDArray[np.float64]:
    """By how much the label leads each other class at least: what they share cancels."""
    slopes = form.slopes.reshape(len(form.slopes), -1)
    centre, radius = form.centre.ravel(), form.radius.ravel()
    others = np.arange(len(centre)) != label
    moved = np.abs(slopes[:, [label]] - slopes).sum(axis=0)
    lead = centre[label] - centre - moved - radius[label] - radius
    slack = 1e-9 * (1.0 + np.abs(centre[label]) + np.abs(centre) + moved + radius[label] + radius)
    leads: NDArray[np.float64] = (lead - slack)[others]
    return leads


def _check_in_ball(tried: Int8Array, x: Int8Array, eps: int) -> None:
    far = np.abs(tried.astype(np.int16) - x.astype(np.int16)).max(initial=0)
    assert tried.dtype == np.int8, tried.dtype
    assert far <= eps, f"the search went {far} steps, not {eps}"
