"""A recipe that names a Keras model, made into one that stands alone, before its run begins.

The run's recipe.toml then holds the network step by step and the grids measured for it.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset
from tinyrob.errors import RecipeError, TrainingError
from tinyrob.files.toml_table import toml_values
from tinyrob.files.toml_text import dump_toml
from tinyrob.models import recipe_file
from tinyrob.models.own import build
from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import INPUT, Origin, Plan, Shape, Step
from tinyrob.models.own.recipe_table import as_table
from tinyrob.models.recipe import Activation, LayerQuantizers, Recipe
from tinyrob.models.run_folder import RECIPE
from tinyrob.training.weights import Weights, start_from

tf = _tf.tensorflow()
INPUTS = 512
"""Training inputs that ranges are measured on."""
_VALUES = 65536  # of a layer, that its grid is chosen by
_INTEGERS = range(9)


def fit(recipe: Recipe, dataset: Dataset) -> Recipe:
    """``recipe`` with its network on the data's shape.

    Raises RecipeError where network and data do not go together.
    """
    plan = recipe.topology
    if isinstance(plan, Family):
        try:
            plan.plan(dataset.shape, len(dataset.classes))
        except ValueError as error:
            raise RecipeError(
                f"{recipe.name}: inputs of {dataset.shape} are not for this network: {error}",
                "fewer strides, a smaller kernel, or another family",
            ) from None
    if not isinstance(plan, Plan):
        return recipe
    fitted = _of_shape(plan, dataset.shape)
    (classes,) = fitted.shapes()[fitted.steps[-1].name]
    if fitted.reconstructs:
        if classes != prod(dataset.shape):
            raise RecipeError(
                f"{recipe.name}: the network gives {classes} values back, and inputs have "
                f"{prod(dataset.shape)}",
                "change its last layer, or the data",
            )
    elif classes != len(dataset.classes):
        raise RecipeError(
            f"{recipe.name}: the network tells {classes} classes, and the data have "
            f"{len(dataset.classes)}",
            "change its last layer, or the data",
        )
    return dataclasses.replace(recipe, topology=fitted)


def _of_shape(plan: Plan, shape: Shape) -> Plan:
    if plan.shape == shape:
        return plan
    if [n for n in plan.shape if n > 1] != [n for n in shape if n > 1]:
        raise RecipeError(
            f"the network reads inputs of {plan.shape}, and the data are {shape}",
            "change the model's input, or the data",
        )
    name = "input_shape"
    while name in {step.name for step in plan.steps}:
        name += "_"
    first = Step(name, "reshape", (INPUT,), shape=plan.shape)
    others = (
        dataclasses.replace(s, reads=tuple(name if r == INPUT else r for r in s.reads))
        for s in plan.steps
    )
    return Plan(shape, (first, *others), plan.origin)


def begun(recipe: Recipe, dataset: Dataset, out: Path, resume: bool) -> Recipe:
    """The recipe as its run in ``out`` has it. Raises TrainingError."""
    if resume and (out / RECIPE).is_file():
        return resumed(recipe, out)
    return settled(recipe, dataset)


def settled(recipe: Recipe, dataset: Dataset) -> Recipe:
    """A recipe as the run has it: with the ranges of a network whose weights are carried over."""
    plan = recipe.topology
    if not isinstance(plan, Plan) or plan.origin is None:
        return recipe
    chosen = dict(recipe.quantizers.layers)
    if plan.origin.weights:
        for name, grid in ranges(recipe, plan, plan.origin, dataset).items():
            kept = chosen.get(name, LayerQuantizers())
            if kept.activation is None:
                chosen[name] = dataclasses.replace(kept, activation=grid)
    quantizers = dataclasses.replace(recipe.quantizers, layers=chosen)
    text = _text(recipe, plan, chosen)
    return dataclasses.replace(recipe, quantizers=quantizers, text=text)


def resumed(recipe: Recipe, out: Path) -> Recipe:
    """``recipe`` with the grids that its run in ``out`` began with. Raises TrainingError."""
    plan, path = recipe.topology, out / RECIPE
    if not isinstance(plan, Plan) or plan.origin is None:
        return recipe
    before = recipe_file.load(str(path))
    if before.topology != plan:
        raise TrainingError(
            f"{out} holds a run of another network than {plan.origin.name} is now",
            "resume with the run's own recipe.toml, or start again without --resume",
        )
    layers = {**before.quantizers.layers, **recipe.quantizers.layers}
    return dataclasses.replace(
        recipe, quantizers=dataclasses.replace(recipe.quantizers, layers=layers)
    )


def first_weights(origin: Origin) -> Weights:
    """What a network that was taken in begins with."""
    return Weights(origin.weights, Path(origin.name), origin.sha256)


def ranges(
    recipe: Recipe, plan: Plan, origin: Origin, dataset: Dataset
) -> Mapping[str, Activation]:
    """For each activation the grid that loses least of the float network's values.

    Steps that must have one grid (sums, concatenations) get the one that is best for all of them.
    """
    model = build.build(recipe, plan, quantized=False, free=True)
    start_from(model, first_weights(origin))
    keras = _tf.keras()
    names = plan.active
    inner = keras.Model(model.input, [model.get_layer(name).output for name in names])
    pixels = dataset.x_train[np.linspace(0, len(dataset.x_train) - 1, INPUTS).astype(int)]
    parts = np.array_split(pixels, 8)
    batches = [inner((part.astype(np.float32) - 128) / 128) for part in parts]
    if len(names) == 1:
        batches = [[batch] for batch in batches]
    values = {
        name: _some(np.concatenate([np.asarray(b[i]).reshape(-1) for b in batches]))
        for i, name in enumerate(names)
    }
    steps, groups, mixed = {s.name: s for s in plan.steps}, plan.groups(), plan.mixed()
    together: dict[str, list[str]] = {}
    for name in names:
        together.setdefault(groups[name], []).append(name)
    found: dict[str, Activation] = {}
    for members in together.values():
        signed = any(steps[name].activation == "signed" for name in members)
        alone = members == [plan.logits]
        bits = min(recipe.quantizers.activation_of(name).bits for name in members)

        def loss(
            integer: int, members: list[str] = members, alone: bool = alone, bits: int = bits
        ) -> float:
            total = 0.0
            for name in members:
                step = 2.0 ** (integer - bits + (1 if alone else 0))
                top = 2 ** (bits - 1) if steps[name].activation == "signed" else 2**bits
                top //= 2 if name in mixed else 1
                low = -top if steps[name].activation == "signed" else 0
                on_grid = np.clip(np.rint(values[name] / step), low, top - 1) * step
                size = float(np.mean(values[name] ** 2)) or 1.0
                total += float(np.mean((values[name] - on_grid) ** 2)) / size
            return total

        least = 1 if signed and not alone else 0
        best = min((i for i in _INTEGERS if i >= least), key=loss)
        found |= {name: Activation(bits, best) for name in members}
    return found


def _some(values: NDArray[Any]) -> NDArray[np.float64]:
    chosen = np.linspace(0, len(values) - 1, min(len(values), _VALUES)).astype(int)
    return np.asarray(values[chosen], np.float64)


def _text(recipe: Recipe, plan: Plan, layers: Mapping[str, LayerQuantizers]) -> str:
    """The recipe's TOML with the network step by step; "" for one that was made without."""
    if not recipe.text:
        return ""
    raw = toml_values(recipe.text, recipe.name, RecipeError)
    raw["topology"] = as_table(plan)
    tables: dict[str, dict[str, Any]] = {}
    for name, own in layers.items():
        table: dict[str, Any] = {} if own.kernel is None else {"kernel": own.kernel}
        if own.activation is not None:
            table["activation"] = dataclasses.asdict(own.activation)
        tables[name] = table
    raw["quantizers"] = {**raw.get("quantizers", {}), "layers": tables}
    assert plan.origin is not None
    start = f"# The network is that of {plan.origin.name!r} (SHA-256 {plan.origin.sha256}).\n"
    return start + dump_toml(raw)
