"""The part of a page that runs: the build's own C as WebAssembly, and inputs to try it on."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Ball
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Int8Array, Norm, to_grid
from tinyrob.attack.pgd import PGD, steepest
from tinyrob.attack.samples import Samples, load_samples
from tinyrob.attack.settings import Settings
from tinyrob.deployable import Deployable, from_build
from tinyrob.emit.render import render
from tinyrob.errors import BuildError, DataError, UnsupportedModel
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.compile import CompilerFailed
from tinyrob.project.make import first_error
from tinyrob.project.webassembly import compile_webassembly

EPS = (0, 1, 2, 4, 8, 16, 32)
"""What the slider stops at, in int8 steps."""
PICTURES = 12
SEED = 0


@dataclass(frozen=True)
class Live:
    """``values`` is what the page's script reads, as JSON; ``bytes`` the module's size."""

    values: dict[str, Any]
    bytes: int


def live(
    folder: Path, data_dir: Path | None = None, examples: Mapping[str, NDArray[Any]] | None = None
) -> Live:
    """Compiles the build in ``folder``, and prepares attacks on the first inputs of the test set.

    ``examples``: an attack's gallery, shown in their place where the test set is not at hand. The
    page draws its own inputs where there are neither. FGSM and PGD-20 (L-infinity, cross-entropy,
    the straight-through gradient of the same integers) are computed here for each eps of ``EPS``.

    Raises UnsupportedModel for a network of several inputs or outputs;
    BuildError where the C does not compile; ToolMissing without ziglang; DataError for a folder
    that is no build.
    """
    built = open_build(folder)
    model = from_build(built)
    _check(built)
    try:
        module = compile_webassembly(folder, _frontend(built))
    except CompilerFailed as error:
        raise BuildError(
            f"the C sources of {folder} do not compile to WebAssembly: {first_error(error.said)}",
            "make the report without --live, and tell us of it",
        ) from None
    manifest = built.manifest
    picture = _is_picture(manifest.input.shape)
    samples = _samples(model, data_dir, examples or {})
    values = {
        "module": _base64(module),
        "shape": list(manifest.input.shape),
        "outputs": manifest.output.bytes,
        "scale": manifest.output.scale,
        "zeroPoint": manifest.output.zero_point,
        "classes": [*samples.classes, *manifest.called[len(samples.classes) :]],
        "picture": picture,
        "sound": _sound(built),
        "blank": -128 if picture else manifest.input.zero_point,
        "eps": list(EPS),
        "inputs": [_base64(one.tobytes()) for one in samples.x],
        "labels": [int(label) for label in samples.y],
        "attacks": _attacks(model, samples),
    }
    return Live(values, len(module))


def _sound(built: BuildFolder) -> dict[str, int] | None:
    """What the page must know of the front end: None where the build has none, or one whose frames
    are not the network's whole input."""
    features = built.manifest.about.features
    if features is None or prod(features.shape) != prod(built.manifest.input.shape):
        return None
    there = built.path / "model" / f"{built.manifest.c_name}_frontend.h"
    return {"rate": features.rate, "hop": features.hop} if there.is_file() else None


def _frontend(built: BuildFolder) -> bytes | None:
    if _sound(built) is None:
        return None
    name, model = built.manifest.c_name, built.manifest.model
    return render("project/tr_model_frontend.h.j2", model=model, name=name, macro=name.upper())


def _check(built: BuildFolder) -> None:
    manifest = built.manifest
    if len(manifest.inputs) > 1 or len(manifest.outputs) > 1:
        raise UnsupportedModel(
            f"{manifest.model} has several inputs or outputs: a live page shows one of each",
            "make the report without --live",
        )
    grids = {manifest.input.inner, manifest.output.inner}
    if grids != {"int8"}:
        raise UnsupportedModel(
            f"{manifest.model} computes in {', '.join(sorted(grids))}: a live page has int8",
            "make the report without --live",
        )
    if manifest.about.anomaly is not None:
        raise UnsupportedModel(
            f"{manifest.model} detects anomalies: a live page shows classes",
            "make the report without --live",
        )
    if manifest.runtime == "tflm":
        raise UnsupportedModel(
            f"the build in {built.path} is of the runtime {manifest.runtime}: a live page runs "
            "the generated C",
            "build without --runtime",
        )


def _samples(
    model: Deployable, data_dir: Path | None, examples: Mapping[str, NDArray[Any]]
) -> Samples:
    """What there is to try: no arrays of a set that is not at hand."""
    try:
        found = load_samples(Settings(model=model, data_dir=data_dir), model, PICTURES)
    except DataError:
        source = model.graph.tensors[model.graph.inputs[0]]
        x = np.asarray(examples.get("clean", np.zeros((0, *source.sample_shape), np.int8)), np.int8)
        y = np.asarray(examples.get("label", np.zeros(0, np.int64)), np.int64)
        fits = x.shape[1:] == source.sample_shape and len(x) == len(y)
        return Samples("", x[:PICTURES] if fits else x[:0], y[:PICTURES] if fits else y[:0], [])
    return found


def _attacks(model: Deployable, samples: Samples) -> dict[str, list[list[str]]]:
    """By the attack's name, for each eps of ``EPS`` but 0, the input that it found for each."""
    if not len(samples.x) or model.graph.tensors[model.graph.outputs[0]].elements < 2:
        return {}
    target = GraphTarget(model.graph, exact=model.frozen is not None and model.frozen.exact)
    gradient = target.surfaces[0].step(samples.x, samples.y, "ce").gradient
    direction = steepest(gradient, Norm.LINF)
    found: dict[str, list[list[str]]] = {"FGSM": [], "PGD-20": []}
    for eps in EPS[1:]:
        moved = samples.x + np.float32(eps) * direction
        searched = PGD()(target, samples.x, samples.y, Ball(Norm.LINF, eps), SEED)
        for name, points in (
            ("FGSM", to_grid(moved, samples.x, Norm.LINF, eps)),
            ("PGD-20", searched),
        ):
            found[name].append([_base64(_bytes(one)) for one in points])
    return found


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[2] in (1, 3) and min(shape[:2]) > 1


def _bytes(one: Int8Array) -> bytes:
    return np.ascontiguousarray(one, np.int8).tobytes()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
