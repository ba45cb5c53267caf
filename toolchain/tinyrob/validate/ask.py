"""A build folder, validated or run as a user asks for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from tinyrob.boards.read import find_board
from tinyrob.data import anomaly
from tinyrob.errors import BoardError, DataError
from tinyrob.files.html import table
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder, SerialOptions
from tinyrob.run.base import Array
from tinyrob.run.profile import LayerProfile, profile
from tinyrob.run.sequences import run_sequences
from tinyrob.runners import open_runner
from tinyrob.timing.estimate import Estimate, check_timing, estimate
from tinyrob.validate import compare, streams, vectors
from tinyrob.validate import gate as gates
from tinyrob.validate.validation import Validation as Validation


class ValidateOptions(TypedDict, total=False):
    """``labels`` (N,): class numbers, an array or an .npy file; ``dataset``: its test split;
    ``count``: the first so many inputs; ``sequence``: so many are one, and the state is reset in
    front of each; ``gate``: demands (a file, or a Gate), whose outcome is
    also written as ``junit``; ``port`` and ``baud``: how a board is reached; ``progress`` makes a
    bar for a label and a total."""

    labels: vectors.Given | None
    dataset: str | None
    count: int | None
    data_dir: Path | None
    sequence: int | None
    gate: Path | str | gates.Gate | None
    junit: Path | None
    port: str | None
    baud: int | None
    progress: compare.ProgressFor


class RunOptions(TypedDict, total=False):
    """``profiled``: also what each layer costs, and on the emulator an estimate of cycles (which
    ``why`` asks for alone); the others as in ``ValidateOptions``."""

    labels: vectors.Given | None
    dataset: str | None
    count: int | None
    data_dir: Path | None
    sequence: int | None
    profiled: bool
    why: bool
    port: str | None
    baud: int | None
    progress: compare.ProgressFor


def validate(
    folder: BuildFolder,
    on: str | Sequence[str] = (),
    inputs: vectors.Given | None = None,
    labels: vectors.Given | None = None,
    *,
    dataset: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
    sequence: int | None = None,
    gate: Path | str | gates.Gate | None = None,
    junit: Path | None = None,
    port: str | None = None,
    baud: int | None = None,
    progress: compare.ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> Validation:
    """Every runner ``on`` (none: all there are) against the reference, and the gate's demands.

    What keeps a state is compared on whole sequences of ``sequence`` inputs, each after a reset;
    None: on two halves. A difference and a demand that fell are results: ``Validation.check``
    raises them. Raises
    TinyrobError for a gate that makes no sense, DataError for inputs that are not the network's,
    RunnerError or ToolMissing where a runner is not to be had or dies.
    """
    opened = gates.open_gate(gate, junit)
    steps = _steps(folder, sequence)
    chosen = streams.chosen(folder.manifest, inputs, labels, dataset, count, data_dir, steps)
    if sequence is None and chosen.steps is None and keeps_state(folder) and len(chosen.inputs) > 1:
        chosen = chosen.in_sequences(-(-len(chosen.inputs) // 2))
    folder = dataclasses.replace(folder, serial=SerialOptions(port, baud))
    found = compare.validate(folder, chosen, (on,) if isinstance(on, str) else tuple(on), progress)
    shares = {n: c.accuracy for n, c in found.runners.items() if c.accuracy is not None}
    checks = gates.check_validation(opened, shares, found.exact) if opened else []
    if junit is not None:
        gates.write_junit(junit, f"tinyrob validate {found.model}", checks, 0.0)
    if opened is None:
        return found
    return dataclasses.replace(found, gate=gates.outcome(opened, checks))


@dataclass(frozen=True, eq=False)
class Inference:
    """What one runner computed: ``outputs`` (n, *output_shape) of the model's types; costs where it
    counts them.

    ``layers`` is the cost of each layer for the first input, where a profile was asked for, and
    ``estimate`` its cycles, on the emulator; ``no_estimate`` says why a core has none.
    ``predictions`` name the class of each input's greatest output, where classes have names;
    ``accuracy`` is the share that is right, where labels are known. A detector of anomalies has
    ``scores``, predictions that are its verdicts, and with labels of both kinds ``auc``.
    """

    runner: str
    n: int
    instructions_per_inference: int | None
    cycles_per_inference: int | None
    layers: tuple[LayerProfile, ...] | None
    outputs: Array
    source: str
    estimate: Estimate | None = None
    no_estimate: str | None = None
    predictions: tuple[str, ...] | None = None
    accuracy: float | None = None
    scores: tuple[int, ...] | None = None
    auc: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: without the outputs."""
        found: dict[str, Any] = {
            "runner": self.runner,
            "n": self.n,
            "instructions_per_inference": self.instructions_per_inference,
        }
        if self.cycles_per_inference is not None:
            found["cycles_per_inference"] = self.cycles_per_inference
        if self.layers is not None:
            found["layers"] = [layer.to_dict() for layer in self.layers]
        if self.estimate is not None:
            found["estimate"] = self.estimate.to_dict()
        if self.predictions is not None:
            found["predictions"] = list(self.predictions)
        if self.accuracy is not None:
            found["accuracy"] = self.accuracy
        if self.scores is not None:
            found["scores"] = list(self.scores)
            found["auc"] = self.auc
        return found

    def __repr__(self) -> str:
        cost = self.instructions_per_inference
        told = "" if cost is None else f", {cost:,} instructions each"
        return f"<Inference on {self.runner}: outputs {self.outputs.shape}{told}>"

    def _repr_html_(self) -> str:
        rows = [
            (layer.name, layer.op, f"{layer.instructions:,}", f"{layer.macs:,}")
            for layer in self.layers or ()
        ]
        return table(repr(self)[1:-1], ("layer", "operator", "instructions", "MACs"), rows)


def run(
    folder: BuildFolder,
    inputs: vectors.Given | None = None,
    on: str = "host",
    *,
    labels: vectors.Given | None = None,
    dataset: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
    sequence: int | None = None,
    profiled: bool = False,
    why: bool = False,
    port: str | None = None,
    baud: int | None = None,
    progress: compare.ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> Inference:
    """``inputs`` (N, *input_shape) int8, an array or an .npy, through the runner ``on``.

    ``sequence``: so many inputs are one, and the state is reset in front of each (None: all are).
    None: the test split of ``dataset``, or of the recipe's own data; else random ones, as many as
    fit half a minute. ``profiled``: also what each layer costs.
    Raises DataError for inputs that are not the network's, RunnerError or ToolMissing where the
    runner is not to be had or dies.
    """
    about = folder.manifest
    folder = dataclasses.replace(folder, serial=SerialOptions(port, baud))
    steps = _steps(folder, sequence)
    if inputs is None and labels is None and dataset is None and about.about.source is None:
        total = count or vectors.default_count(about)
        chosen = vectors.random(-(-total // (steps or 1)) * (steps or 1), about)
        chosen = chosen if steps is None else chosen.in_sequences(steps)
    else:
        chosen = streams.chosen(about, inputs, labels, dataset, count, data_dir, steps)
    with open_runner(on, folder) as runner, progress(on, len(chosen.inputs)) as more:
        layers = profile(folder, runner, chosen.inputs[0]) if profiled else None
        found, without = None, None
        if (profiled or why) and on == "emulator":
            found, without = _estimate(folder, chosen.inputs[0])
        result = run_sequences(runner, chosen.inputs, chosen.steps, more)
    return Inference(
        on,
        len(result.outputs),
        result.instructions,
        result.cycles,
        layers,
        result.outputs,
        chosen.source,
        found,
        without,
        *_judged(folder, chosen, result.outputs),
    )


def keeps_state(folder: BuildFolder) -> bool:
    """Whether an inference depends on those before it. Raises what reading the .tflite does."""
    if not folder.tflite.is_file():
        return False  # what runs it says so
    return read_tflite(folder.tflite.read_bytes(), folder.manifest.model).stateful


def _steps(folder: BuildFolder, sequence: int | None) -> int | None:
    """Raises DataError where there is nothing that a sequence could mean."""
    if sequence is None:
        return None
    if sequence < 1:
        raise DataError(f"a sequence of {sequence} inputs is none", "ask for at least one")
    if not keeps_state(folder):
        raise DataError(
            f"{folder.manifest.model} keeps no state: no input depends on those before it",
            "leave the sequence out",
        )
    return sequence


def _judged(
    folder: BuildFolder, chosen: vectors.Vectors, outputs: Array
) -> tuple[tuple[str, ...] | None, float | None, tuple[int, ...] | None, float | None]:
    """The names of the classes that a network of one output tells, and the share that is right;
    of a detector of anomalies the scores and their AUC, too."""
    labels, known = chosen.labels, folder.manifest.about.anomaly
    if outputs.dtype.names is not None:
        return None, None, None, None
    if known is not None:
        found = anomaly.scores(chosen.inputs, outputs)
        verdicts = known.verdicts(found)
        names = tuple(known.classes[one] for one in verdicts)
        right = None if labels is None else float((verdicts == labels).mean())
        area = None if labels is None else anomaly.auc(found, labels)
        return names, right, tuple(map(int, found)), area
    told = outputs.reshape(len(outputs), -1).argmax(axis=1)
    names = folder.manifest.classes
    judged = told if chosen.judged is None else told[chosen.judged]
    accuracy = None if labels is None else float((judged == labels).mean())
    if len(names) != outputs[0].size:
        return None, accuracy, None, None
    return tuple(names[number] for number in told), accuracy, None, None


def _estimate(folder: BuildFolder, one: Array) -> tuple[Estimate | None, str | None]:
    """Cycles where the core has a table, else why there are none."""
    try:
        check_timing(find_board(folder.manifest.board))
    except BoardError as error:
        return None, error.message
    return estimate(folder, one), None
