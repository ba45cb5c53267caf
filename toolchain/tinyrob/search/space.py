"""What a search may change: a TOML with a base recipe and the choices for each layer."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.attack.store import digest
from tinyrob.errors import RecipeError
from tinyrob.files.toml_table import Table, parse_toml, read_toml
from tinyrob.files.toml_text import dump_toml, load_toml
from tinyrob.models import recipe_file
from tinyrob.models.layer_names import output_layers, quantized_layers
from tinyrob.models.own.plan import Plan
from tinyrob.models.recipe import Recipe, Topology, describe

Choice = str | int | float
KERNELS, JACOBIAN, WIDTH = "kernel", "jacobian", "width"


@dataclass(frozen=True)
class Space:
    """``choices`` maps ``kernel.<layer>``, ``jacobian.<layer>`` and ``width`` to what they may be.

    Trials train for ``epochs`` in the base recipe's proportions, with the last ``validation``
    training inputs held out; robust accuracy is under PGD of ``steps`` steps within L-inf ``eps``
    int8 steps, on the first ``images`` of them.
    """

    base: Recipe
    choices: Mapping[str, tuple[Choice, ...]]
    epochs: int
    validation: int
    eps: float
    images: int
    steps: int

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that figures depend on: studies of the same space share theirs."""
        return digest(
            describe(self.base), sorted(self.choices.items()),
            (self.epochs, self.validation, self.eps, self.images, self.steps),
        )  # fmt: skip

    def recipe(self, chosen: Mapping[str, Choice], name: str, validation: int) -> Recipe:
        """The base recipe with what was chosen. Raises RecipeError where that is no recipe."""
        values = copy.deepcopy(load_toml(self.base.text))
        values["name"] = name
        values["training"]["validation"] = validation
        for key, value in chosen.items():
            kind, _, layer = key.partition(".")
            if kind == KERNELS:
                layers = values.setdefault("quantizers", {}).setdefault("layers", {})
                layers.setdefault(layer, {})["kernel"] = value
            elif kind == JACOBIAN and layer == "logits":
                values.setdefault("jacobian", {})["logits"] = value
            elif kind == JACOBIAN:
                values.setdefault("jacobian", {}).setdefault("layers", {})[layer] = value
            else:
                _widen(values["topology"], float(value))
        return recipe_file.parse(dump_toml(values), f"{name}.toml")


def _widen(topology: dict[str, Any], factor: float) -> None:
    for part in (topology["stem"], *topology["stages"]):
        part["filters"] = max(1, round(part["filters"] * factor))


def read(path: Path) -> Space:
    """The space in a file. Raises RecipeError for what is unknown, impossible or empty."""
    top = read_toml(path, RecipeError)
    name = top.text("recipe")
    base = recipe_file.load(str(path.parent / name) if name.endswith(".toml") else name)
    pgd = top.optional_table("pgd") or parse_toml("", "pgd", RecipeError)
    if isinstance(base.topology, Plan) and base.topology.origin is not None:
        raise RecipeError(
            f"{path.name}: recipe: {name} names a Keras model",
            "name the recipe.toml of a run of it, which has the network step by step",
        )
    space = Space(
        base=base,
        choices=_choices(top, base, path.name),
        epochs=top.integer("epochs", 1, 100_000, base.training.epochs.total),
        validation=top.integer("validation", 1, 10_000_000, base.training.validation or None),
        eps=pgd.number("eps", 1.0, 127.0, base.probe.eps or None),
        images=pgd.integer("images", 1, 1_000_000, 500),
        steps=pgd.integer("steps", 1, 1000, 10),
    )
    pgd.done()
    top.done()
    return space


def _choices(top: Table, base: Recipe, where: str) -> dict[str, tuple[Choice, ...]]:
    found: dict[str, tuple[Choice, ...]] = {}
    known = {
        KERNELS: quantized_layers(base.topology),
        JACOBIAN: ("logits", *output_layers(base.topology)),
    }
    for kind, layers in known.items():
        table = top.optional_table(kind)
        for layer in table.keys() if table else ():
            assert table is not None
            if layer not in layers:
                raise RecipeError(
                    f"{where}: {kind}.{layer}: the topology of {base.name} has no such layer",
                    f"it has {', '.join(layers)}",
                )
            found[f"{kind}.{layer}"] = _list(table, layer, kind)
    if top.has(WIDTH):
        if not isinstance(base.topology, Topology):
            raise top.wrong(WIDTH, f"{base.name} says each step's filters itself")
        found[WIDTH] = _list(top, WIDTH, WIDTH)
    if not any(len(choice) > 1 for choice in found.values()):
        raise RecipeError(
            f"{where}: there is nothing to choose between",
            "give at least one list of two: [kernel] stem = [2, 4]",
        )
    return found


_ALLOWED = {
    KERNELS: f"{' or '.join(recipe_file.TERNARY)}, or 2 to 8 bits",
    JACOBIAN: "weights of at least 0",
    WIDTH: "factors from 0.1 to 8",
}


def _list(t: Table, key: str, kind: str) -> tuple[Choice, ...]:
    values = t.items(key)
    if not values or len(set(map(repr, values))) < len(values):
        raise t.wrong(key, f"must be a list of different values, is {list(values)!r}")
    for value in values:
        if not _fits(kind, value):
            raise t.wrong(key, f"{value!r} is none of {_ALLOWED[kind]}")
    return values


def _fits(kind: str, value: Choice) -> bool:
    if isinstance(value, str):
        return kind == KERNELS and value in recipe_file.TERNARY
    if kind == KERNELS:
        return isinstance(value, int) and 2 <= value <= 8
    return 0.1 <= value <= 8 if kind == WIDTH else 0 <= value <= 1e6
