"""Finds the first layer whose output differs between the reference and a runner.

A device is asked for the checksums of its layers first, and then only for the layer that differs.
Where its results are right, a few vectors' layers are checked all the same: a softmax or a clamp
at the end hides much.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tinyrob.errors import RunnerError
from tinyrob.project.build_folder import BuildFolder
from tinyrob.run.base import Array, Runner
from tinyrob.run.batch import flat
from tinyrob.run.device import DeviceRunner

LOOKED_INTO = 4
"""How many vectors a device shows the layers of where every result is right."""


@dataclass(frozen=True)
class Divergence:
    """The first value that differs: ``index`` within the layer's output, ``input`` the vector."""

    layer: str
    index: tuple[int, ...]
    expected: float
    got: float
    input: int


def first_divergence(
    golden: Runner,
    runner: Runner,
    expected: Array,
    got: Array,
    inputs: Array,
    folder: BuildFolder,
) -> Divergence | None:
    """The first layer that differs, for the first vector whose output does.

    Where no output does: the first among a device's first ``LOOKED_INTO`` vectors, if any.
    ``expected`` and ``got`` are the outputs (N, ...) of ``inputs``. Raises RunnerError.
    """
    differs = np.flatnonzero((flat(expected) != flat(got)).any(axis=1))
    if len(differs) > 0:
        vector = int(differs[0])
        inside = _inside(golden, runner, inputs[vector], vector, folder)
        return inside or _of_output(np.asarray(expected[vector]), np.asarray(got[vector]), vector)
    if not isinstance(runner, DeviceRunner):
        return None
    for vector, one in enumerate(inputs[:LOOKED_INTO]):
        inside = _inside(golden, runner, one, vector, folder)
        if inside is not None:
            return inside
    return None


def _inside(
    golden: Runner, runner: Runner, one: Array, vector: int, folder: BuildFolder
) -> Divergence | None:
    """The first layer that differs for one vector; None where hardware shows no layers."""
    if not folder.manifest.layers:
        return None
    right = golden.layers(one)
    theirs = _lazily(runner, one, right, folder)
    for index, layer in enumerate(folder.manifest.layers):
        name = layer.name
        found = theirs(index) if name in right else None
        at = None if found is None else _first_unequal(right[name], found)
        if found is not None and at is not None:
            value = found.reshape(right[name].shape)[at]
            return Divergence(name, at, right[name][at].item(), value.item(), vector)
    return None


def _of_output(expected: Array, got: Array, vector: int) -> Divergence:
    """The layers agree and the results do not: what differs is the runner's own output. Of several
    outputs the index counts through all."""
    if expected.dtype.names is not None:
        expected, got = flat(expected[None])[0], flat(got[None])[0]
    at = _first_unequal(expected, got)
    assert at is not None
    return Divergence("(output)", at, expected[at].item(), got[at].item(), vector)


def _lazily(
    runner: Runner, one: Array, inside: Mapping[str, Array], folder: BuildFolder
) -> Callable[[int], Array | None]:
    """What a layer of the manifest's makes of its tensor, by number. Devices send checksums first,
    and only the layer that differs."""
    costs = folder.manifest.layers
    if not isinstance(runner, DeviceRunner):
        layers = runner.layers(one)
        return lambda index: layers.get(costs[index].name)
    digests = runner.digests(one)

    def fetch(index: int) -> Array | None:
        layer = costs[index]
        right = np.ascontiguousarray(inside[layer.name])
        computed = layer.cut(right)
        same = digests[index] == zlib.crc32(computed.tobytes())
        if same and layer.removed is None:
            return None
        # What was taken out is compared as the constant that it is; what nothing reads, or another
        # band computes, is not.
        return layer.put(computed if same else layer.cut(runner.layer(one, index)), right)

    return fetch


def _first_unequal(expected: Array, got: Array) -> tuple[int, ...] | None:
    if expected.size != got.size:
        raise RunnerError(
            f"a layer has {got.size} values where the reference has {expected.size}",
            "the build folder's parts do not belong together: build again",
        )
    unequal = np.argwhere(expected != got.reshape(expected.shape))
    return tuple(int(i) for i in unequal[0]) if len(unequal) else None
