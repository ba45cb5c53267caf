"""One attack run from start to end: the function behind ``tinyrob attack``."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack import evaluate, masking, score, standing
from tinyrob.attack.artefacts import Artefacts, open_artefacts
from tinyrob.attack.attacks import Ball
from tinyrob.attack.evaluate import Evaluation, Row, Source
from tinyrob.attack.fronts import Front, FrontJudge, FrontTarget
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.result import gallery, result
from tinyrob.attack.samples import Samples, load_samples
from tinyrob.attack.settings import Settings
from tinyrob.attack.store import Store, digest
from tinyrob.attack.suites import DEVICE_ATTACKS, Spec, Suite, suite
from tinyrob.attack.target import RunnerTarget, Target
from tinyrob.cluster.choose import workers
from tinyrob.cluster.workers import Workers
from tinyrob.deployable import Deployable
from tinyrob.errors import CheckFailed, RunnerError, TinyrobError
from tinyrob.files.lock import only_run
from tinyrob.files.whole import check_output, write_atomically
from tinyrob.project.build_folder import SerialOptions
from tinyrob.run.base import Runner

RESULT = "attack.json"
EXAMPLES = "examples.npz"


def attack(
    settings: Settings,
    watch: evaluate.Watch = lambda _label, _share: None,
    watch_score: score.Watch = lambda _runner, _done, _total: None,
) -> tuple[dict[str, Any], Path]:
    """Attacks, scores, and writes attack.json and examples.npz; gives the result and its folder.

    Whatever is found is kept in the folder as soon as it is found: the same call goes on where a
    killed one was. Raises TinyrobError for settings that make no sense, DataError where data and
    model do not match or another run is writing the folder, RunnerError where a runner dies.
    """
    standing.check(settings)
    chosen = suite(settings.suite, settings.attacks)
    balls = standing.balls(settings, chosen)
    _check(settings, chosen)
    chosen = standing.suited(settings, chosen)
    wanted = chosen.samples if settings.samples is None else settings.samples
    evaluate.check(np.zeros((max(wanted, 0), 1), np.int8), balls)
    artefacts = open_artefacts(settings.model, Path("build"), settings.target)
    out = settings.out or Path("runs") / "attack" / artefacts.model.name
    artefacts = replace(
        artefacts, folder=out / "build", serial=SerialOptions(settings.port, settings.baud)
    )
    on = settings.on or (artefacts.reference,)
    artefacts.check((*on, *settings.through))
    front = None
    if settings.at in ("samples", "frame"):
        front, samples = standing.stand(settings, artefacts.model, wanted)
    else:
        samples = load_samples(settings, artefacts.model, wanted)
    for path in (out / RESULT, out / EXAMPLES):
        check_output(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    with only_run(out), workers(settings.workers) as spread:
        artefacts.prepare((*on, *_through(settings, on)))
        with _kept(out):
            found = _run(
                settings, chosen, balls, artefacts, on, samples, front, out, spread, watch,
                watch_score,
            )  # fmt: skip
    return found, out


def _run(
    settings: Settings,
    chosen: Suite,
    balls: Sequence[Ball],
    artefacts: Artefacts,
    on: Sequence[str],
    samples: Samples,
    front: Front | None,
    out: Path,
    spread: Workers,
    watch: evaluate.Watch,
    watch_score: score.Watch,
) -> dict[str, Any]:
    model, store = artefacts.model, Store(out / "state")
    x, y = samples.x, samples.y
    network = GraphTarget(model.graph, artefacts.exact)
    if settings.surrogate is not None:
        network.add_surrogate(settings.surrogate.absolute(), settings.surrogate_input)
    target: Target = network if front is None else FrontTarget(model.graph, front, network)
    views = [surface.name for surface in target.surfaces]
    surrogate = settings.surrogate.read_bytes() if settings.surrogate else b""
    identity = digest(model.tflite, x, y, surrogate, settings.surrogate_input, artefacts.reference)
    if front is not None:
        identity = digest(identity, front.told())

    def asked(runner: Runner) -> RunnerTarget:
        if front is None:
            return RunnerTarget(runner, network.shape, network.classes)
        return FrontJudge(runner, front, network.shape, network.classes)

    with ExitStack() as stack:
        judge = asked(stack.enter_context(artefacts.open(artefacts.reference)))
        devices = [
            (asked(stack.enter_context(artefacts.open(name))), _on_device(settings))
            for name in _through(settings, on)
        ]
        evaluation = Evaluation(
            target,
            judge,
            x,
            y,
            store,
            seed=settings.seed,
            identity=identity,
            workers=spread,
            sources=_sources(settings, artefacts, chosen),
            devices=devices,
            watch=watch,
        )
        rows = evaluation.run(chosen, balls)
        clean = evaluation.clean
    flags = _flags(target, samples, rows, clean, evaluation.answers)
    made = front.made if front else np.asarray
    inputs = score.gather(made(x), [replace(row, points=made(row.points)) for row in rows])
    scores = score.score(
        inputs,
        artefacts.runners(on),
        store,
        lambda name: digest(identity, artefacts.fingerprint(name)),
        watch_score,
    )
    about = {
        "model": model.name,
        "model_digest": hashlib.sha256(model.tflite).hexdigest(),
        "dataset": samples.dataset,
        "data_digest": digest(x, y),
        "samples": len(x),
        "classes": samples.classes,
        "form": samples.form if front is None else FORMS[front.place],
        "front": None if front is None else front.told(),
        "units": None if samples.units is None else samples.units.to_dict(),
        "input_shape": list(target.shape),
        "suite": chosen.name,
        "seed": settings.seed,
        "surfaces": views,
        "reference": artefacts.reference,
        "threat_model": _THREATS[settings.at],
    }
    draws = 1 if front is None else front.draws
    found = result(about, y, rows, flags, inputs, scores, draws)
    shown = gallery(x, y, rows, inputs, scores[0], draws)
    if front is not None:
        shown |= {f"{name}_{front.place}": shown[name] for name in ("clean", "adversarial")}
        shown |= {name: made(shown[name])[::draws] for name in ("clean", "adversarial")}
    write(out, found, shown)
    return found


FORMS = {"samples": "spectrum", "frame": "pixels"}
_OWN = "eps in int8 steps of the input; adversarial inputs lie on the int8 grid"
_THREATS = {
    "features": _OWN,
    "pixels": _OWN,
    "samples": "the recording's int16 samples: eps in their steps, or decibels that the recording "
    "lies above what is added; the features are made of them as the firmware does",
    "frame": "a camera's frame: eps in steps of its bytes; it is cut and scaled as the firmware "
    "does",
}


def _on_device(settings: Settings) -> tuple[Spec, ...]:
    """What attacks a device by its answers: the searches for a least perturbation are for the
    network's own input."""
    own = settings.at in ("features", "pixels")
    return tuple(spec for spec in DEVICE_ATTACKS.values() if own or not spec.minimal)


def _flags(
    target: Target,
    samples: Samples,
    rows: Sequence[Row],
    right: evaluate.Mask,
    answers: NDArray[np.intp],
) -> list[masking.Flag]:
    if not right.any():
        return []
    x, y = samples.x[right], samples.y[right]
    other = target.logits(samples.x).argmax(axis=1) != answers
    return masking.find_flags(
        rows,
        float(right.mean()),
        masking.zero_gradients(target, x[:500], y[:500]),
        float(other.mean()),
    )


def _check(settings: Settings, chosen: Suite) -> None:
    """Raises TinyrobError for settings that would be ignored."""
    if settings.transfer and not _transfers(chosen):
        raise TinyrobError(
            "--transfer names networks, and no attack of this run transfers",
            "add transfer to --attacks, or choose a suite that has it: quick, standard, full",
        )
    if settings.surrogate is None and settings.surrogate_input != "artefact":
        raise TinyrobError("--surrogate-input comes with --surrogate", "give the .h5, too")
    if settings.dataset is not None and (
        settings.inputs is not None or settings.labels is not None
    ):
        raise TinyrobError("--dataset and --input both say what is attacked", "give one of the two")


def _transfers(chosen: Suite) -> bool:
    return any(spec.kind == "transfer" for spec in chosen.specs)


def _through(settings: Settings, on: Sequence[str]) -> tuple[str, ...]:
    if settings.through or settings.suite != "full" or "host" not in on:
        return settings.through
    return ("host",)


def _sources(settings: Settings, artefacts: Artefacts, chosen: Suite) -> list[Source]:
    """The networks that adversarial inputs are transferred from: by default the zoo's others that
    were trained on the same data, or, where the data has no name, that take the same inputs."""
    if not _transfers(chosen):
        return []
    from tinyrob.deployable import as_deployable
    from tinyrob.models import zoo

    me, named = artefacts.model, settings.transfer
    task = None if settings.inputs is not None else settings.dataset or me.dataset
    sources: dict[str, Source] = {}
    for name in zoo.names() if named is None else named:
        other = as_deployable(name)
        fits = _signature(other) == _signature(me)
        same_task = task is None or other.dataset is None or other.dataset == task
        if named is None and (other.tflite == me.tflite or not fits or not same_task):
            continue
        if not fits:
            raise TinyrobError(
                f"{other.name} maps {_signature(other)}, {me.name} {_signature(me)}: nothing "
                "transfers",
                "name networks of the same task with --transfer",
            )
        if other.name in sources:
            raise TinyrobError(
                f"two networks of --transfer are called {other.name!r}: their figures could not "
                "be told apart",
                "rename one of the files",
            )
        source = GraphTarget(other.graph, exact=True)
        source.name = other.name
        # Never content: what fools the source by a hair fools nobody else, so every step is taken.
        source.slack = np.inf
        sources[other.name] = Source(source, hashlib.sha256(other.tflite).hexdigest())
    return list(sources.values())


def _signature(model: Deployable) -> str:
    """Shapes of an input and an output, as text."""
    graph = model.graph
    source, sink = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    return f"{source.sample_shape} to {sink.elements} classes"


@contextmanager
def _kept(out: Path) -> Iterator[None]:
    """A runner that dies loses nothing: its error says so."""
    try:
        yield
    except RunnerError as error:
        kept = f"what was found is kept in {out}: the same command goes on from there"
        hint = f"{error.hint}; {kept}" if error.hint else kept
        raise RunnerError(error.message, hint) from error


def demand_exact(found: Mapping[str, Any]) -> None:
    """Raises CheckFailed where runners that must agree bit for bit do not."""
    differ = {n: r["mismatches"] for n, r in found["runners"].items() if r["mismatches"]}
    if differ:
        of = next(iter(found["runners"].values()))["inputs"]
        listed = ", ".join(f"{name} on {count} of {of}" for name, count in differ.items())
        raise CheckFailed(
            f"the runners' outputs differ on the same bytes: {listed} inputs",
            "`tinyrob validate` on the build finds the first layer that differs",
        )


def write(out: Path, found: Mapping[str, Any], examples: Mapping[str, Any] | None = None) -> None:
    """Puts attack.json (and examples.npz) in place, each at once."""
    out.mkdir(parents=True, exist_ok=True)
    if examples is not None:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **examples)
        write_atomically(out / EXAMPLES, buffer.getvalue())
    text = json.dumps(found, indent=2, allow_nan=False) + "\n"
    write_atomically(out / RESULT, text.encode())
