"""Reading a recipe's tables on attacks and teachers, and what they need of each other."""

from __future__ import annotations

from typing import Any

from tinyrob.data.own.description import Description
from tinyrob.errors import RecipeError
from tinyrob.files.toml_table import Table
from tinyrob.models import recipe as recipes
from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import Plan

DISTILLED = ("rslad", "adaad")
METHODS = ("fast", "trades", "ibp", *DISTILLED)
PROBE_HINT = "add a table such as [probe] with images = 250, eps = 4"


def adversarial(t: Table) -> recipes.Adversarial:
    """The table ``adversarial``; an empty one is none."""
    if not t.keys():
        return recipes.Adversarial()
    method = t.choice("method", METHODS)
    eps = t.number("eps", 0.01, 255.0)
    both: dict[str, Any] = {
        "ramp": t.integer("ramp", 0, 10_000, 0),
        "weight_perturbation": t.number("weight_perturbation", 0.0, 1.0, 0.0),
        "stages": _stages(t),
    }
    if method == "ibp":
        share = t.number("share", 0.0, 1.0, 0.5)
        result = recipes.Adversarial(method, eps, share=share, **both)
    elif method == "fast":
        step, share = t.number("step", 0.01, 2.0, 1.25), t.number("share", 0.01, 1.0, 1.0)
        steps = t.integer("steps", 1, 1000, 1)
        result = recipes.Adversarial(method, eps, step, steps, share=share, **both)
    else:
        steps = t.integer("steps", 1, 1000, 10)
        step = t.number("step", 0.01, 2.0, 2.5 / steps if steps > 1 else 1.0)
        beta = t.number("beta", 0.0, 1e6, 6.0) if method == "trades" else recipes.Adversarial().beta
        result = recipes.Adversarial(method, eps, step, steps, beta=beta, **both)
    t.done()
    return result


def _stages(t: Table) -> tuple[tuple[float, int], ...]:
    if not t.has("stages"):
        return ()
    found: list[tuple[float, int]] = []
    for stage in t.tables("stages"):
        start, steps = stage.number("from", 0.0, 1.0), stage.integer("steps", 1, 1000)
        if found and start <= found[-1][0]:
            raise stage.wrong("from", f"must be above the stage before it, {found[-1][0]:g}")
        found.append((start, steps))
        stage.done()
    return tuple(found)


def probe(t: Table) -> recipes.Probe:
    """The table ``probe``; an empty one is none."""
    if not t.keys():
        return recipes.Probe()
    result = recipes.Probe(
        t.integer("images", 1, 100_000),
        t.number("eps", 1.0, 255.0),
        t.integer("steps", 1, 1000, 10),
    )
    t.done()
    return result


def distillation(t: Table) -> recipes.Distillation:
    """The table ``distillation``; an empty one is none."""
    if not t.keys():
        return recipes.Distillation()
    base = recipes.Distillation()
    result = recipes.Distillation(
        t.text("teacher"),
        t.choice("labels", ("each", "once"), base.labels),
        t.number("share", 0.0, 1.0, base.share),
        t.number("igdm", 0.0, 1e6, 0.0),
    )
    t.done()
    return result


def detection(t: Table) -> recipes.Detection:
    """The table ``anomaly``."""
    result = recipes.Detection(t.text("normal"), t.number("false_alarms", 0.0, 0.5, 0.01))
    t.done()
    return result


def reconstructs(recipe: recipes.Recipe) -> bool:
    """Whether the network gives its input back."""
    topology = recipe.topology
    if isinstance(topology, Family):
        return topology.family == "autoencoder"
    return isinstance(topology, Plan) and topology.reconstructs


def check_anomaly(recipe: recipes.Recipe, where: str) -> None:
    """Raises RecipeError where a detector and its network do not go together, with all that a
    detector cannot be trained with."""
    if recipe.anomaly is None and not reconstructs(recipe):
        return
    if recipe.anomaly is None:
        raise RecipeError(
            f"{where}: anomaly: an autoencoder learns one class, and nothing says which",
            'add a table [anomaly] with normal = "the name of a class"',
        )
    if not reconstructs(recipe):
        raise RecipeError(
            f"{where}: topology.family: a detector of anomalies gives its input back",
            'use family = "autoencoder"; or end steps of your own with activation = "input"',
        )
    training = recipe.training
    held_out = training.validation or recipes.validates(recipe.dataset)
    wrong = {
        "adversarial": recipe.adversarial.method != "none",
        "jacobian": bool(recipe.jacobian.weights),
        "distillation": bool(recipe.distillation.teacher),
        "probe": recipe.probe.images > 0,
        "training.label_smoothing": training.label_smoothing > 0,
        "dataset.class_weights": recipes.weighs_classes(recipe.dataset),
    }
    found = [key for key, asked in wrong.items() if asked]
    if found:
        raise RecipeError(
            f"{where}: {', '.join(found)}: of classes, and a detector of anomalies has none",
            "leave it out" if len(found) == 1 else "leave them out",
        )
    if not held_out and isinstance(recipe.dataset, Description):
        raise RecipeError(
            f"{where}: anomaly: the threshold is chosen on validation data, and there are none",
            "add dataset.split.validation = 0.15",
        )


def check_methods(recipe: recipes.Recipe, where: str) -> None:
    """Raises RecipeError where a method lacks what it needs, or is asked for what it cannot do."""
    method, how, training = recipe.adversarial.method, recipe.distillation, recipe.training
    if method == "fast" and recipe.probe.images == 0:
        raise RecipeError(
            f"{where}: adversarial.method: fast adversarial training is watched by a probe",
            PROBE_HINT,
        )
    held_out = training.validation or recipes.validates(recipe.dataset)
    if training.keep == "best" and not (recipe.probe.images and held_out):
        raise RecipeError(
            f'{where}: training.keep: "best" is judged by a probe on held-out inputs',
            f"{PROBE_HINT}, and training.validation = 1000 (of data of your own: "
            "dataset.split.validation = 0.1)",
        )
    if method in DISTILLED and not how.teacher:
        raise RecipeError(
            f"{where}: adversarial.method: {method} needs a teacher",
            'add a table such as [distillation] with teacher = "runs/cifar10-teacher"',
        )
    if how.teacher and method not in DISTILLED:
        raise RecipeError(
            f"{where}: distillation: nothing asks the teacher",
            f"set adversarial.method to {' or '.join(DISTILLED)}",
        )
    if how.teacher and recipes.weighs_classes(recipe.dataset):
        raise RecipeError(
            f"{where}: dataset.class_weights: a teacher's answers take the place of labels",
            "leave the weights or the teacher out",
        )
    asked = method == "adaad" or how.igdm > 0
    if asked and (how.labels == "once" or how.teacher.endswith(".npz")):
        raise RecipeError(
            f"{where}: distillation: adaad and igdm ask the teacher about attacked inputs",
            'name a run or a zoo network, with labels = "each"; or use rslad without igdm',
        )
    if how.labels == "once" and training.augment.of_recordings:
        raise RecipeError(
            f"{where}: distillation.labels: recordings are made anew for each batch",
            'use labels = "each"',
        )
    if training.label_smoothing and method in DISTILLED:
        raise RecipeError(
            f"{where}: training.label_smoothing: the teacher's labels are soft already",
            "leave it out",
        )
