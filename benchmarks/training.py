"""Images a second of the training step by method: ``make bench-train``.

A network of CIFAR-10's kind is trained on random images: the arithmetic does not depend on them.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset
from tinyrob.models import recipe as recipes
from tinyrob.models import recipe_file, topologies
from tinyrob.training.phase import Phase

tf = _tf.tensorflow()

_INNER = {"stem": 1e-4, "stage1_block1": 1e-4}


def methods(base: recipes.Recipe) -> Mapping[str, tuple[str, recipes.Recipe]]:
    """What is measured: a name, and the phase and recipe it stands for."""
    batch, off = base.training.batch, recipes.Jacobian()
    plain = dataclasses.replace(base, jacobian=off)

    def jacobian(**options: object) -> recipes.Recipe:
        return dataclasses.replace(base, jacobian=recipes.Jacobian(logits=0.01, **options))  # type: ignore[arg-type]

    fast = dataclasses.replace(
        plain, adversarial=recipes.Adversarial("fast", 8.0), probe=recipes.Probe(250, 8.0)
    )

    def adversarial(method: str, steps: int) -> recipes.Recipe:
        how = recipes.Adversarial(method, 8.0, 2.5 / steps, steps)
        return dataclasses.replace(plain, adversarial=how, probe=recipes.Probe(250, 8.0))

    def taught(recipe: recipes.Recipe, **options: object) -> recipes.Recipe:
        how = recipes.Distillation("a network of the same topology", **options)  # type: ignore[arg-type]
        return dataclasses.replace(recipe, distillation=how)

    pushed = dataclasses.replace(fast.adversarial, weight_perturbation=0.003)
    return {
        "float": ("warmup", plain),
        "QAT": ("qat", plain),
        "QAT+JR, whole batch": ("qat", jacobian()),
        "QAT+JR, a quarter of the batch": ("qat", jacobian(images=batch // 4)),
        "QAT+JR, 3 layers": ("qat", jacobian(layers=_INNER, images=batch // 4)),
        "QAT+JR, 3 layers, fused": ("qat", jacobian(layers=_INNER, images=batch // 4, fused=True)),
        "QAT+AT, fast": ("qat", fast),
        "QAT+AT, fast, weights perturbed": ("qat", dataclasses.replace(fast, adversarial=pushed)),
        "QAT+AT, 5 steps": ("qat", adversarial("fast", 5)),
        "QAT, eased": ("qat", _training(plain, ease=plain.training.epochs.qat)),
        "QAT, averaged": ("qat", _training(plain, average=0.999)),
        "QAT, labels smoothed, decay": (
            "qat",
            _training(plain, label_smoothing=0.1, weight_decay=0.01),
        ),
        "QAT+TRADES, 5 steps": ("qat", adversarial("trades", 5)),
        "QAT+RSLAD, 5 steps, labels once": ("qat", taught(adversarial("rslad", 5), labels="once")),
        "QAT+RSLAD, 5 steps": ("qat", taught(adversarial("rslad", 5))),
        "QAT+RSLAD, 5 steps, IGDM": ("qat", taught(adversarial("rslad", 5), igdm=1.0)),
        "QAT+AdaAD, 5 steps": ("qat", taught(adversarial("adaad", 5), share=1.0)),
    }


def _training(recipe: recipes.Recipe, **options: object) -> recipes.Recipe:
    changed = dataclasses.replace(recipe.training, **options)  # type: ignore[arg-type]
    return dataclasses.replace(recipe, training=changed)


def images_a_second(recipe: recipes.Recipe, phase: str, steps: int) -> float:
    """The best of ``steps`` steps after a first one that compiles.

    A teacher is a float network of the recipe's own topology.
    """
    batch = recipe.training.batch
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (batch, 32, 32, 3), dtype=np.uint8)
    y = generator.integers(0, 10, batch)
    dataset = Dataset("random", x, y, x, y, tuple("0123456789"))
    how, told, ask = recipe.distillation, [], None
    if how.labels == "once":
        told = [tf.constant(generator.normal(size=(batch, 10)).astype(np.float32))]
    elif how.teacher:
        teacher = topologies.build(recipe, dataset.shape, 10, quantized=False)
        ask = functools.partial(teacher, training=False)
    made = Phase(recipe, dataset, phase, teacher=ask)
    pixels, labels = tf.constant(x), tf.constant(y)
    times = []
    for index in range(steps + 1):
        started = time.perf_counter()
        seed, strength = tf.constant([0, index]), tf.constant(1.0)
        float(made.step(pixels, labels, seed, strength, *told)[0])
        times.append(time.perf_counter() - started)
    return batch / min(times[1:])


def main(arguments: list[str] | None = None) -> None:
    """Prints one line a method, and writes all to ``--out`` as JSON."""
    parser = argparse.ArgumentParser(prog="bench-train", description=__doc__)
    parser.add_argument("--recipe", default="cifar10-stq-jr")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("build/bench-train.json"))
    options = parser.parse_args(arguments)
    found: dict[str, float] = {}
    for name, (phase, recipe) in methods(recipe_file.load(options.recipe)).items():
        found[name] = round(images_a_second(recipe, phase, options.steps), 1)
        share = found[name] / found["QAT"] if "QAT" in found else 0.0
        beside = f"{share:5.2f} x QAT" if share else ""
        print(f"{name:32s} {found[name]:8.1f} images/s  {beside}", flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
