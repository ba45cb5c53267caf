"""Compares runners with the reference, bit for bit, and finds the first layer that differs.

The reference is the frozen model where the build has an exact one, else TFLite Micro. A frozen
model that is not exact (kernels of more than 6 bits) is compared too, but its difference is a
measurement: it does not fail the check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from tinyrob.data import anomaly
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.manifest import Manifest, Signature
from tinyrob.run.base import Array, Progress, Runner, RunResult
from tinyrob.run.batch import parts
from tinyrob.run.sequences import run_sequences
from tinyrob.runners import RUNNERS, available, check_name, open_runner
from tinyrob.validate.divergence import Divergence, first_divergence
from tinyrob.validate.streams import against_whole
from tinyrob.validate.validation import Comparison, Validation
from tinyrob.validate.vectors import Vectors

ProgressFor = Callable[[str, int], AbstractContextManager[Progress]]


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

    Devices are looked into as well: see ``divergence``. Raises what ``choose`` and the runners
    raise; a difference is a result, not an exception.
    """
    reference, names, left_out = choose(folder, on)
    results: dict[str, Comparison] = {}
    with open_runner(reference, folder) as golden:
        expected = _outputs(golden, vectors, progress)
        windows = None
        if folder.manifest.stream is not None:
            with progress("whole windows", len(vectors.inputs)) as advance:
                windows = against_whole(folder, vectors, expected.outputs, advance)
        for name in names:
            if name == reference:
                results[name] = _compare(expected, expected, vectors, None, folder.manifest)
                continue
            with open_runner(name, folder) as runner:
                got = _outputs(runner, vectors, progress)
                first = first_divergence(
                    golden, runner, expected.outputs, got.outputs, vectors.inputs, folder
                )
                results[name] = _compare(expected, got, vectors, first, folder.manifest)
    about = folder.manifest
    return Validation(
        model=about.model,
        model_digest=about.model_digest,
        elf_digest=about.elf_digest,
        reference=reference,
        vectors=len(vectors.inputs),
        source=vectors.source,
        runners=results,
        left_out=left_out,
        board=about.board,
        measured=frozenset(() if about.exact else {"keras"}),
        steps=vectors.steps,
        windows=windows,
    )


def _outputs(runner: Runner, vectors: Vectors, progress: ProgressFor) -> RunResult:
    with progress(runner.name, len(vectors.inputs)) as advance:
        return run_sequences(runner, vectors.inputs, vectors.steps, advance)


def _compare(
    expected: RunResult,
    got: RunResult,
    vectors: Vectors,
    first: Divergence | None,
    manifest: Manifest,
) -> Comparison:
    mine, theirs = parts(expected.outputs), parts(got.outputs)
    signatures = manifest.outputs or (manifest.output,)
    steps = [_steps(a, b, s) for a, b, s in zip(mine, theirs, signatures, strict=True)]
    differs = [(a != b).any(axis=1) for a, b in zip(mine, theirs, strict=True)]
    area = None
    if (known := manifest.about.anomaly) is not None:
        inputs = vectors.inputs
        found = anomaly.scores(inputs, theirs[0])
        told = known.verdicts(found)
        same = [known.verdicts(anomaly.scores(inputs, mine[0])) == told]
        area = None if vectors.labels is None else anomaly.auc(found, vectors.labels)
    else:
        told = theirs[0].argmax(1)
        same = [a.argmax(1) == b.argmax(1) for a, b in zip(mine, theirs, strict=True)]
    judged = told if vectors.judged is None else told[vectors.judged]
    right = None if vectors.labels is None else judged == vectors.labels
    return Comparison(
        max_lsb=max(int(s.max(initial=0)) for s in steps),
        mismatches=int(np.any(differs, axis=0).sum()),
        argmax_agreement=float(np.all(same, axis=0).mean()),
        accuracy=None if right is None else float(right.mean()),
        first_divergence=first,
        instructions_per_inference=got.instructions,
        auc=area,
    )


def _steps(mine: Array, theirs: Array, signature: Signature) -> Array:
    """How many steps of the output's grid two outputs are apart: at least one where they differ."""
    apart = np.abs(mine.astype(np.float64) - theirs)
    if signature.dtype == "float32":
        apart = np.maximum(np.rint(apart / signature.scale), apart > 0)
    return apart.astype(np.int64)
