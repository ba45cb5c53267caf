"""Reading recipes: TOML to ``Recipe``; unknown keys and impossible values are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinyrob import data
from tinyrob.data import anomaly, arrays
from tinyrob.errors import RecipeError
from tinyrob.features import decisions
from tinyrob.features import read as features
from tinyrob.files.names import is_file_name
from tinyrob.files.toml_table import Table, parse_toml, read_text, shown
from tinyrob.models import recipe as recipes
from tinyrob.models.layer_names import output_layers, quantized_layers
from tinyrob.models.own.families import NAMES as FAMILIES
from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import Plan
from tinyrob.models.own.recipe_table import (
    read_family_table,
    read_keras_table,
    read_steps_table,
)
from tinyrob.models.recipe_methods import (
    adversarial,
    check_anomaly,
    check_methods,
    detection,
    distillation,
    probe,
)

SHIPPED = Path(__file__).with_name("recipes")
_HERE = Path()
TERNARY = ("stochastic_ternary", "ternary")


def names() -> tuple[str, ...]:
    """The recipes that come with tinyrob."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load(name: str) -> recipes.Recipe:
    """The recipe ``name``: one of ``names()``, or the path of a TOML file. Raises RecipeError."""
    path = SHIPPED / f"{name}.toml" if name in names() else Path(name)
    try:
        text = read_text(path, f"no recipe {name!r}", RecipeError)
    except RecipeError as error:
        hint = f"shipped recipes: {', '.join(names())}; or name a .toml file"
        raise RecipeError(error.message, hint) from None
    return parse(text, path.name, path.parent)


def parse(text: str, where: str = "recipe", folder: Path = _HERE) -> recipes.Recipe:
    """The recipe in ``text``; ``where`` names it in messages, and files that it names are looked
    for in ``folder``. Raises RecipeError.

    A Keras file is read as data; where the recipe names a function of the user's, that is run.
    """
    top = parse_toml(text, where, RecipeError)
    name = top.text("name")
    if not is_file_name(name):
        raise top.wrong(
            "name", f"{name!r} cannot name a run's folder: use letters, digits, - and _"
        )
    recipe = recipes.Recipe(
        name=name,
        dataset=data.read(top, folder),
        topology=_topology(top.table("topology"), folder),
        quantizers=_quantizers(_optional(top, "quantizers")),
        jacobian=_jacobian(_optional(top, "jacobian")),
        training=_training(top.table("training")),
        seed=top.integer("seed", 0, 2**31 - 1, 0),
        adversarial=adversarial(_optional(top, "adversarial")),
        probe=probe(_optional(top, "probe")),
        distillation=distillation(_optional(top, "distillation")),
        features=_given(top, features.KEY, features.read),
        listen=_given(top, decisions.KEY, decisions.read),
        anomaly=_given(top, anomaly.KEY, detection),
        text=text,
    )
    top.done()
    _check_layers(recipe, where)
    _check_sense(recipe, where)
    return recipe


def _optional(t: Table, key: str) -> Table:
    """A table inside; an absent one is empty."""
    return t.optional_table(key) or parse_toml("", key, RecipeError)


def _given(t: Table, key: str, read: Callable[[Table], Any]) -> Any:
    """What a table says; None where it is not there."""
    inner = t.optional_table(key)
    return None if inner is None else read(inner)


def _check_layers(recipe: recipes.Recipe, where: str) -> None:
    known = {
        "quantizers.layers": (recipe.quantizers.layers, quantized_layers(recipe.topology)),
        "jacobian.layers": (recipe.jacobian.layers, output_layers(recipe.topology)),
    }
    for table, (chosen, names_) in known.items():
        for name in chosen:
            if name not in names_:
                raise RecipeError(
                    f"{where}: {table}.{name}: the topology has no such layer",
                    f"it has {', '.join(names_)}",
                )
    if recipe.jacobian.images > recipe.training.batch:
        raise RecipeError(
            f"{where}: jacobian.images: is more than training.batch, {recipe.training.batch}",
            "the penalty is estimated on images of the batch",
        )


def _check_sense(recipe: recipes.Recipe, where: str) -> None:
    augment, recorded = recipe.training.augment, data.of_recordings(recipe.dataset)
    called = recipe.dataset if isinstance(recipe.dataset, str) else recipe.dataset.name
    if augment.of_recordings and not recorded:
        raise RecipeError(
            f"{where}: training.augment: {called} has no recordings that could be changed",
            "time, noise, snr, speed, gain and equalizer are for speech_commands and for data of "
            "kind audio; shift is for pixels",
        )
    if recipe.features is not None and not recorded and recipe.dataset != arrays.NAME:
        raise RecipeError(
            f"{where}: features: {called} has no recordings to make features of",
            "leave the table out, or train on speech_commands or on data of kind audio",
        )
    check_methods(recipe, where)
    check_anomaly(recipe, where)


def _kernel(t: Table) -> str | int | None:
    if not t.has("kernel"):
        return None
    try:
        return t.choice("kernel", TERNARY)
    except RecipeError:
        pass
    try:
        return t.integer("kernel", 2, 8)
    except RecipeError:
        raise t.wrong("kernel", f"must be {' or '.join(TERNARY)}, or 2 to 8 bits") from None


def _activation(t: Table | None) -> recipes.Activation | None:
    if t is None:
        return None
    result = recipes.Activation(t.integer("bits", 2, 8, 8), t.integer("integer", 0, 8, 3))
    t.done()
    return result


def _layer(t: Table) -> recipes.LayerQuantizers:
    result = recipes.LayerQuantizers(_kernel(t), _activation(t.optional_table("activation")))
    t.done()
    return result


def _stage(t: Table) -> recipes.Stage:
    result = recipes.Stage(
        t.integer("filters", 1, 1024), t.integer("blocks", 1, 16, 1), t.integer("stride", 1, 4, 2)
    )
    t.done()
    return result


def _stem(t: Table) -> recipes.Stem:
    result = recipes.Stem(
        t.integer("filters", 1, 1024), _side(t, "kernel", 3), t.integer("stride", 1, 4, 1)
    )
    t.done()
    return result


def _side(t: Table, key: str, default: int) -> int | tuple[int, int]:
    """A kernel's side, or a list of its height and width."""
    sides = t.integers(key, 1, 11) if t.is_list(key) else None
    if sides is None:
        return t.integer(key, 1, 11, default)
    if len(sides) != 2:
        raise t.wrong(key, f"must be one side or [height, width], is {list(sides)}")
    return sides[0], sides[1]


def _topology(t: Table, folder: Path) -> recipes.Topology | Plan | Family:
    if t.has("keras"):
        return read_keras_table(t, folder)
    family = t.choice("family", ("stq", "steps", *FAMILIES), "stq")
    if family == "steps":
        return read_steps_table(t)
    if family in FAMILIES:
        return read_family_table(t, family)
    result = recipes.Topology(
        family=family,
        stem=_stem(t.table("stem")),
        stages=tuple(_stage(stage) for stage in t.tables("stages")),
        residual=t.boolean("residual", True),
        separable=t.boolean("separable", False),
        head=t.choice("head", ("average", "flatten"), "average"),
    )
    t.done()
    return result


def _each(t: Table, key: str, read: Any) -> dict[str, Any]:
    inner = _optional(t, key)
    result = {name: read(inner, name) for name in inner.keys()}  # noqa: SIM118 - not a dict
    inner.done()
    return result


def _quantizers(t: Table) -> recipes.Quantizers:
    base = recipes.Quantizers()
    result = recipes.Quantizers(
        _kernel(t) or base.kernel,
        _activation(t.optional_table("activation")) or base.activation,
        _each(t, "layers", lambda layers, name: _layer(layers.table(name))),
    )
    t.done()
    return result


def _jacobian(t: Table) -> recipes.Jacobian:
    result = recipes.Jacobian(
        t.number("logits", 0.0, 1e6, 0.0),
        _each(t, "layers", lambda layers, name: layers.number(name, 0.0, 1e6)),
        t.integer("images", 0, 65536, 0),
        t.integer("projections", 1, 1024, 1),
        t.boolean("fused", False),
        t.boolean("warmup", False),
    )
    t.done()
    return result


def _decibels(t: Table, key: str) -> tuple[float, float] | None:
    """The least and the most decibels; None where they are not given."""
    if not t.has(key):
        return None
    given = t.numbers(key)
    if len(given) != 2 or not -20.0 <= given[0] <= given[1] <= 60.0:
        raise t.wrong(
            key, f"must be [least, most] decibels within -20 and 60, is {shown(list(given))}"
        )
    return given[0], given[1]


def _training(t: Table) -> recipes.Training:
    epochs, rates = t.table("epochs"), _optional(t, "learning_rate")
    augment, base = _optional(t, "augment"), recipes.Training()
    result = recipes.Training(
        recipes.Epochs(
            epochs.integer("warmup", 0, 100_000, 0),
            epochs.integer("qat", 0, 100_000),
            epochs.integer("settle", 0, 100_000, 0),
        ),
        t.integer("batch", 1, 65536, base.batch),
        t.choice("optimizer", ("adam", "sgd"), base.optimizer),
        recipes.LearningRate(
            rates.number("warmup", 0.0, 10.0, base.learning_rate.warmup),
            rates.number("qat", 0.0, 10.0, base.learning_rate.qat),
            rates.number("begin", 0.0, 10.0, 0.0),
        ),
        t.choice("schedule", ("cosine", "constant"), base.schedule),
        recipes.Augment(
            augment.boolean("flip", False),
            augment.integer("shift", 0, 16, 0),
            augment.integer("time", 0, 500, 0),
            augment.number("noise", 0.0, 1.0, 0.0),
            augment.number("speed", 0.0, 0.5, 0.0),
            augment.number("gain", 0.0, 40.0, 0.0),
            augment.number("equalizer", 0.0, 20.0, 0.0),
            _decibels(augment, "snr"),
        ),
        t.number("average", 0.0, 0.99999, 0.0),
        t.integer("validation", 0, 10_000_000, 0),
        t.choice("average_from", ("warmup", "qat"), base.average_from),
        t.text("init") if t.has("init") else "",
        t.number("weight_decay", 0.0, 10.0, 0.0),
        t.number("label_smoothing", 0.0, 0.99, 0.0),
        t.integer("ease", 0, 100_000, 0),
        t.choice("keep", ("last", "best"), base.keep),
        t.integer("patience", 0, 100_000, 0),
    )
    if result.epochs.total == 0:
        raise epochs.wrong("qat", "must be at least 1, where there are no other epochs")
    if result.ease > result.epochs.qat:
        raise t.wrong("ease", f"must be at most the epochs of qat, {result.epochs.qat}")
    if result.patience and result.keep != "best":
        raise t.wrong("patience", 'needs keep = "best"')
    for table in (t, epochs, rates, augment):
        table.done()
    return result
