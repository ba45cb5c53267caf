"""Compares runners with the reference, bit for bit, and finds the first layer that differs.

The reference is the frozen model where the build has an exact one, else TFLite Micro. A frozen
model that is not exact (kernels of more than 6 bits) is compared too, but its difference is a
measurement: it does not fail the check.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from tinyrob.errors import RunnerError
from tinyrob.manifest import BuildFolder
from tinyrob.run.base import Int8Array, Progress, Runner, RunResult
from tinyrob.run.device import DeviceRunner
from tinyrob.run.select import RUNNERS, available, check_name, open_runner
from tinyrob.vectors import Vectors

ProgressFor = Callable[[str, int], AbstractContextManager[Progress]]


@dataclass(frozen=True)
class Divergence:
    """The first value that differs: ``index`` within the layer's output, ``input`` the vector."""

    layer: str
    index: tuple[int, ...]
    expected: int
    got: int
    input: int


@dataclass(frozen=True)
class Comparison:
    """One runner against the reference. ``mismatches``: vectors with any output that differs.

    ``argmax_agreement`` and ``accuracy`` are shares in [0, 1]; accuracy needs labels.
    """

    max_lsb: int
    mismatches: int
    argmax_agreement: float
    accuracy: float | None
    first_divergence: Divergence | None
    instructions_per_inference: int | None


@dataclass(frozen=True)
class Validation:
    """The outcome; ``left_out`` says why a runner is not in it, ``measured`` who cannot fail it."""

    reference: str
    vectors: int
    source: str
    runners: Mapping[str, Comparison]
    left_out: Mapping[str, str]
    measured: frozenset[str]

    @property
    def exact(self) -> bool:
        """Whether every runner that must equal the reference does."""
        return all(c.mismatches == 0 for n, c in self.runners.items() if n not in self.measured)


def choose(folder: BuildFolder, on: Sequence[str]) -> tuple[str, list[str], dict[str, str]]:
    """The reference, the runners to compare (itself among them), and why others are left out.

    Named runners must be there: RunnerError or ToolMissing says why one is not. Without names
    it is all that are. Raises ToolMissing where no reference is installed.
    """
    for name in on:
        why_not = RUNNERS[check_name(name)].why_not(folder)
        if why_not is not None:
            raise why_not
    there, left_out = available(folder)
    reference = "keras" if folder.manifest.exact and "keras" in there else "tflm"
    if reference not in there:
        why_not = RUNNERS[reference].why_not(folder)
        assert why_not is not None
        raise why_not
    chosen = list(dict.fromkeys((reference, *(on or there))))
    order = list(RUNNERS)
    return reference, sorted(chosen, key=order.index), {} if on else left_out


def validate(
    folder: BuildFolder,
    vectors: Vectors,
    on: Sequence[str] = (),
    progress: ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> Validation:
    """Runs ``vectors`` through the runners ``on`` (none: all there are) and compares.

    Raises what ``choose`` and the runners raise; a difference is a result, not an exception.
    """
    reference, names, left_out = choose(folder, on)
    results: dict[str, Comparison] = {}
    with open_runner(reference, folder) as golden:
        expected = _outputs(golden, vectors, progress)
        for name in names:
            if name == reference:
                results[name] = _compare(expected, expected, vectors, None)
                continue
            with open_runner(name, folder) as runner:
                got = _outputs(runner, vectors, progress)
                first = _first_difference(golden, runner, expected, got, vectors, folder)
                results[name] = _compare(expected, got, vectors, first)
    measured = frozenset({"keras"} if not folder.manifest.exact else ())
    return Validation(reference, len(vectors.inputs), vectors.source, results, left_out, measured)


def _outputs(runner: Runner, vectors: Vectors, progress: ProgressFor) -> RunResult:
    with progress(runner.name, len(vectors.inputs)) as advance:
        return runner.run(vectors.inputs, advance)


def _compare(
    expected: RunResult, got: RunResult, vectors: Vectors, first: Divergence | None
) -> Comparison:
    mine, theirs = _flat(expected.outputs), _flat(got.outputs)
    difference = np.abs(mine.astype(np.int16) - theirs)
    classes = theirs.argmax(1)
    return Comparison(
        max_lsb=int(difference.max(initial=0)),
        mismatches=int(difference.any(axis=1).sum()),
        argmax_agreement=float((classes == mine.argmax(1)).mean()),
        accuracy=None if vectors.labels is None else float((classes == vectors.labels).mean()),
        first_divergence=first,
        instructions_per_inference=got.instructions,
    )


def _flat(outputs: Int8Array) -> Int8Array:
    return outputs.reshape(len(outputs), -1)


def _first_difference(
    golden: Runner,
    runner: Runner,
    expected: RunResult,
    got: RunResult,
    vectors: Vectors,
    folder: BuildFolder,
) -> Divergence | None:
    """The first layer whose output differs, for the first vector whose result does."""
    differs = (_flat(expected.outputs) != _flat(got.outputs)).any(axis=1)
    if not differs.any():
        return None
    vector = int(differs.argmax())
    one = vectors.inputs[vector]
    inside = golden.layers(one)
    names = [layer.name for layer in folder.manifest.layers if layer.name in inside]
    theirs = _lazily(runner, one, inside, folder)
    for name in names:
        found = theirs(name)
        if found is not None and (place := _first_unequal(inside[name], found)) is not None:
            at = place
            return Divergence(
                name, at, int(inside[name][at]), int(found.reshape(inside[name].shape)[at]), vector
            )
    # The layers agree and the results do not: what lies between them is the runner's own output.
    place = _first_unequal(expected.outputs[vector], got.outputs[vector])
    assert place is not None
    value = (int(expected.outputs[vector][place]), int(got.outputs[vector][place]))
    return Divergence("(output)", place, *value, vector)


def _lazily(
    runner: Runner, one: Int8Array, inside: Mapping[str, Int8Array], folder: BuildFolder
) -> Callable[[str], Int8Array | None]:
    """A layer's output by name. Devices send checksums first, and only the layer that differs."""
    if not isinstance(runner, DeviceRunner):
        layers = runner.layers(one)
        return lambda name: layers.get(name)
    digests = runner.digests(one)
    index = {layer.name: i for i, layer in enumerate(folder.manifest.layers)}

    def fetch(name: str) -> Int8Array | None:
        if digests[name] == zlib.crc32(np.ascontiguousarray(inside[name]).tobytes()):
            return None
        return runner.layer(one, index[name])

    return fetch


def _first_unequal(expected: Int8Array, got: Int8Array) -> tuple[int, ...] | None:
    if expected.size != got.size:
        raise RunnerError(
            f"a layer has {got.size} values where the reference has {expected.size}",
            "the build folder's parts do not belong together: build again",
        )
    unequal = np.argwhere(expected != got.reshape(expected.shape))
    return tuple(int(i) for i in unequal[0]) if len(unequal) else None
