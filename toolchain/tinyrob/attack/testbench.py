"""Attacked images for the testbench of an FPGA project."""

from __future__ import annotations

from pathlib import Path

from tinyrob.attack.attacks import Ball
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD
from tinyrob.data.about import load as load_known
from tinyrob.data.dataset import to_int8
from tinyrob.deployable import Deployable
from tinyrob.errors import DataError
from tinyrob.hls.project import Vectors
from tinyrob.hls.testvectors import SEED, clean, joined
from tinyrob.ir.interp import interpret


def vectors(
    model: Deployable, count: int, adversarial: float | None, data_dir: Path | None = None
) -> Vectors:
    """``count`` inputs for a testbench, and as many attacked ones where ``adversarial`` (eps) says.

    Raises what ``attacked`` raises.
    """
    chosen = clean(model, count, data_dir)
    if adversarial is None:
        return chosen
    return joined(chosen, attacked(model, count, adversarial, data_dir))


def attacked(model: Deployable, count: int, eps: float, data_dir: Path | None = None) -> Vectors:
    """``count`` images of the test split, moved by PGD within ``eps`` (of 255 input steps).

    Raises DataError where the dataset is not known or not there, ToolMissing without TensorFlow.
    """
    if model.dataset is None:
        raise DataError(
            f"{model.name} names no dataset, so no images can be attacked",
            "leave --adversarial away, or export a model of the zoo",
        )
    source = load_known(model.about, model.dataset, data_dir)
    images, labels = to_int8(source.x_test[:count]), source.y_test[:count]
    right = interpret(model.graph, images).reshape(len(images), -1).argmax(axis=1) == labels
    moved, target = images.copy(), GraphTarget(model.graph, model.frozen is not None)
    moved[right] = PGD(steps=10)(target, images[right], labels[right], Ball(Norm.LINF, eps), SEED)
    return Vectors(
        moved,
        interpret(model.graph, moved),
        f"{len(moved):,} of them attacked by PGD (L-inf, eps {eps:g} int8 steps)",
    )
