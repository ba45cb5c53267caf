"""A user's question: of which inputs is the class proved within eps?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinyrob.attack.attacks import Ball
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD
from tinyrob.attack.samples import Samples, load_samples
from tinyrob.attack.settings import Settings
from tinyrob.certify.certificate import Certificate, data_digest, read, recheck
from tinyrob.certify.verdict import Int8Array, Labels, Search, decided, judge
from tinyrob.cluster.choose import workers
from tinyrob.deployable import Deployable, from_build, load_model
from tinyrob.errors import DataError
from tinyrob.project.build_folder import is_build, open_build

SEED = 0


def open_model(name: str | None) -> tuple[Deployable, str | None]:
    """What MODEL names, and the digest of its firmware where it is a build's folder."""
    if name is not None and is_build(Path(name)):
        built = open_build(Path(name))
        return from_build(built), built.manifest.elf_digest
    return load_model(name), None


def certify(
    name: str | None,
    eps: int,
    samples: int,
    settings: Settings,
    progress: Callable[[int], None] = lambda done: None,
    parts: int = 0,
) -> Certificate:
    """A certificate about the first ``samples`` inputs of the test set, or of the user's own.

    What intervals and affine forms do not prove is attacked: PGD of 50 steps and 2 restarts on
    the integers' straight-through gradient, then cut into up to ``parts`` parts. Raises
    UnsupportedModel, DataError, ModelFormatError, ToolMissing.
    """
    if not 0 <= eps <= 255:
        raise DataError(f"eps is {eps}, not 0 to 255", "it counts int8 steps of the input")
    model, elf = open_model(name)
    decided(model.graph)
    found = _samples(settings, model, samples)
    with workers(settings.workers) as spread:
        findings = judge(
            model.graph, found.x, found.y, eps, _search(model), progress, spread, parts
        )
    return Certificate(
        model.name, _digest(model), elf, found.dataset, data_digest(found.x, found.y), eps,
        tuple(findings),
    )  # fmt: skip


def check_certificate(name: str | None, path: Path, settings: Settings) -> Certificate:
    """Reads a certificate and checks it against MODEL and its inputs. Raises CheckFailed,
    DataError."""
    model, elf = open_model(name)
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    kept = read(path, shape)
    found = _samples(settings, model, len(kept.findings))
    digests = {"model_digest": _digest(model), "elf_digest": elf}
    with workers(settings.workers) as spread:
        recheck(kept, model.graph, digests, found.x, found.y, spread)
    return kept


def _samples(settings: Settings, model: Deployable, count: int) -> Samples:
    found = load_samples(settings, model, count)
    if not len(found.x):
        raise DataError(f"{found.dataset} has no inputs to certify", "give --input and --labels")
    return found


def _digest(model: Deployable) -> str:
    return hashlib.sha256(model.tflite).hexdigest()


def _search(model: Deployable) -> Search:
    def search(x: Int8Array, y: Labels, eps: int) -> Int8Array:
        target = GraphTarget(model.graph, exact=model.frozen is not None and model.frozen.exact)
        attack = PGD(steps=50, restarts=2)
        return np.asarray(attack(target, x, y, Ball(Norm.LINF, eps), SEED), np.int8)

    return search
