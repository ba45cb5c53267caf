"""Branch and bound: a ball is cut where a clamp bends, until each part is proved or an input of
another class turns up.

Bunel et al. 2020, "Branch and Bound for Piecewise Linear Neural Network Verification". The linear
programs are HiGHS's; what it says is not believed. From its multipliers, which may be any, follows
a bound that holds for all of the box (Neumaier and Shcherbina 2004, "Safe bounds in linear and
mixed-integer linear programming"): computed in float64, and widened by more than its rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyrob.certify.intervals import Box
from tinyrob.certify.products import Floats
from tinyrob.certify.program import Layer, Program, program
from tinyrob.errors import ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret

NAME = "branch and bound"
_SLACK = 1e-9
_PENALTY = 1e4
"""For what leaves a part: a part that holds no input has a bound far above zero."""


@dataclass(frozen=True)
class Decided:
    """``example`` is an input (*sample shape) of another class; None where there is none in the
    ball."""

    example: np.ndarray[tuple[int, ...], np.dtype[np.int8]] | None


def decide(graph: Graph, place: int, inputs: Box, label: int, parts: int) -> Decided | None:
    """Of a ball (1, *sample shape) around an input of class ``label``: is any input in it of
    another class? None where ``parts`` parts do not tell, or there is no program of the network.

    Raises ToolMissing without SciPy.
    """
    whole = program(graph, place, inputs)
    if whole is None:
        return None
    left, open_, terms = parts, False, sparse(whole)
    for other in range(len(whole.places)):
        if other == label:
            continue
        todo = [whole]
        while todo:
            if not left:
                return None
            left -= 1
            part = todo.pop()
            bound, values = least_lead(part, terms, label, other)
            if bound > 0.0:
                continue
            found = _tried(graph, inputs, values[: part.inputs], label)
            if found is not None:
                return Decided(found)
            halves = _cut(part, values)
            if halves:
                todo += halves
            else:
                open_ = True  # only roundings are left, which no part is without
    return None if open_ else Decided(None)


def sparse(whole: Program) -> list[Any]:
    """Each layer's linear part, a row a value and a column a variable: the same for all of a
    program's parts. Raises ToolMissing."""
    try:
        from scipy.sparse import csr_matrix
    except ImportError:
        raise ToolMissing("SciPy is not installed", install_command("train")) from None
    terms = []
    for layer in whole.layers:
        own = csr_matrix(layer.matrix).tocoo()
        places = (own.row, layer.sources[own.col])
        terms.append(csr_matrix((own.data, places), (len(layer.places), len(whole.low))))
    return terms


def least_lead(part: Program, terms: Sequence[Any], label: int, other: int) -> tuple[float, Floats]:
    """No input of the part gives class ``label`` less of a lead over ``other`` than this, in steps
    of the output; and the variables where the program has it so. ``terms`` are its ``sparse``.

    Raises ToolMissing.
    """
    try:
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix, hstack, vstack
    except ImportError:
        raise ToolMissing("SciPy is not installed", install_command("train")) from None

    count = len(part.low)
    goal = np.zeros(count + 1)
    goal[part.places[label]], goal[part.places[other]], goal[count] = 1.0, -1.0, _PENALTY
    rows = [_rows(layer, linear) for layer, linear in zip(part.layers, terms, strict=True)]
    matrix = vstack([one[0] for one in rows])
    # The last variable: by how much rows are broken. It is zero for every input of the part.
    matrix = hstack([matrix, csr_matrix(-np.ones((matrix.shape[0], 1)))]).tocsr()
    limit = np.concatenate([one[1] for one in rows])
    low, high = np.append(part.low, 0.0), np.append(part.high, 1e5)
    if (low > high).any():
        return np.inf, low
    solved = linprog(
        goal, A_ub=matrix, b_ub=limit, bounds=np.stack([low, high], axis=1), method="highs"
    )
    if solved.x is None:
        return -np.inf, np.clip((low + high) / 2, low, high)
    weights = np.maximum(-solved.ineqlin.marginals, 0.0)
    return _safe(goal, matrix, limit, weights, low, high), np.asarray(solved.x, np.float64)


def _safe(
    goal: Floats, matrix: Any, limit: Floats, weights: Floats, low: Floats, high: Floats
) -> float:
    """goal x is at least this for all x in [low, high] with matrix x <= limit, for any weights of
    at least zero: their sum of the rows is at most that of the limits."""
    transposed = matrix.T
    reduced = goal + transposed @ weights
    sizes = np.abs(goal) + abs(transposed) @ weights
    ends = np.maximum(np.abs(low), np.abs(high))
    bound = np.minimum(reduced * low, reduced * high).sum() - weights @ limit
    magnitude = sizes @ ends + weights @ np.abs(limit) + 1.0
    return float(bound - _SLACK * magnitude)


def _rows(layer: Layer, linear: Any) -> tuple[Any, Floats]:
    """A layer as rows of matrix x <= limit: under its upper line, over its lower one, and, where a
    part was cut, between its ends in front of the clamp."""
    from scipy.sparse import csr_matrix, diags, vstack

    size = len(layer.places)
    own = csr_matrix((np.ones(size), (np.arange(size), layer.places)), linear.shape)
    (above, over), (below, under) = layer.upper, layer.lower
    cut = np.flatnonzero(layer.cut)
    matrix = vstack(
        [own - diags(above) @ linear, diags(below) @ linear - own, linear[cut], -linear[cut]]
    )
    limit = np.concatenate(
        [
            above * layer.offset + over,
            -below * layer.offset - under,
            (layer.high + layer.error - layer.offset)[cut],
            (layer.offset + layer.error - layer.low)[cut],
        ]
    )
    return matrix, limit


def _tried(
    graph: Graph, inputs: Box, values: Floats, label: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]] | None:
    """The program's input, rounded, where it is of another class."""
    low, high = (end.ravel().astype(np.float64) for end in (inputs.low, inputs.high))
    x = np.clip(np.rint(values), low, high).astype(np.int8).reshape(inputs.low.shape)
    answer = interpret(graph, x).reshape(1, -1).argmax(axis=1)[0]
    return x[0] if answer != label else None


def _cut(part: Program, values: Floats) -> list[Program]:
    """Both sides of the corner that the program's values are furthest off; none where none is."""
    best: float = 1e-6
    chosen: tuple[int, int, int] | None = None  # what is less is a solver's tolerance
    for number, layer in enumerate(part.layers):
        before = layer.before(values)
        off = np.abs(values[layer.places] - np.clip(before, layer.floor, layer.ceiling))
        off = off - layer.error
        for corner, bent in zip((layer.floor, layer.ceiling), layer.corners, strict=True):
            gaps = np.where(bent, off, -1.0)
            value = int(gaps.argmax())
            if gaps[value] > best:
                best, chosen = float(gaps[value]), (number, value, corner)
    if chosen is None:
        return []
    number, value, corner = chosen
    return [
        part.within(number, value, -np.inf, corner), part.within(number, value, corner, np.inf)
    ]  # fmt: skip
