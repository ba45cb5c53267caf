"""Reading recipes: TOML to ``Recipe``; unknown keys and impossible values are refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tinyrob.data import DATASETS
from tinyrob.errors import RecipeError
from tinyrob.models import recipe as r

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHIPPED = Path(__file__).with_name("recipes")


def names() -> tuple[str, ...]:
    """The recipes that come with tinyrob."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load(name: str) -> r.Recipe:
    """The recipe ``name``: one of ``names()``, or the path of a TOML file. Raises RecipeError."""
    path = SHIPPED / f"{name}.toml" if name in names() else Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"no recipe {name!r}: {getattr(error, 'strerror', None) or error}",
            f"shipped recipes: {', '.join(names())}; or name a .toml file",
        ) from error
    return parse(text, str(path))


def parse(text: str, where: str = "recipe") -> r.Recipe:
    """The recipe in ``text``; ``where`` names it in messages. Raises RecipeError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{where} is not TOML: {error}", "see the shipped recipes") from error
    return _recipe(_Table(table, where, ""), text)


class _Table:
    """A TOML table that remembers which keys nobody has asked for."""

    def __init__(self, values: object, where: str, prefix: str) -> None:
        self.where, self.prefix = where, prefix
        if not isinstance(values, Mapping):
            raise RecipeError(f"{where}: {prefix.rstrip('.')} must be a table")
        self.values = dict(values)

    def refuse(self, key: str, why: str) -> RecipeError:
        """The error for one key's value."""
        return RecipeError(f"{self.where}: {self.prefix}{key} {why}")

    def table(self, key: str) -> _Table:
        """A nested table; an absent one is empty."""
        return _Table(self.values.pop(key, {}), self.where, f"{self.prefix}{key}.")

    def has(self, key: str) -> bool:
        """Whether the key is there and still unread."""
        return key in self.values

    def integer(self, key: str, lo: int, hi: int, default: int | None = None) -> int:
        """A whole number in ``lo..hi``."""
        value = self._take(key, default)
        if type(value) is not int or not lo <= value <= hi:
            raise self.refuse(key, f"must be a whole number in {lo}..{hi}, not {value!r}")
        return value

    def real(self, key: str, lo: float, hi: float, default: float | None = None) -> float:
        """A number in ``lo..hi``."""
        value = self._take(key, default)
        if type(value) not in (int, float) or not lo <= value <= hi:
            raise self.refuse(key, f"must be a number in {lo}..{hi}, not {value!r}")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._take(key, default)
        if type(value) is not bool:
            raise self.refuse(key, f"must be true or false, not {value!r}")
        return value

    def word(self, key: str, allowed: tuple[str, ...] | None, default: str | None = None) -> str:
        """A string, one of ``allowed`` if that is given."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value or (allowed and value not in allowed):
            one = f"must be one of {', '.join(allowed)}" if allowed else "must be a name"
            raise self.refuse(key, f"{one}, not {value!r}")
        return value

    def each(self, key: str, read: Callable[[_Table], Any], named: bool) -> Any:
        """``read`` of each entry of a table of tables (``named``) or of a list of tables."""
        raw = self.values.pop(key, {} if named else [])
        if named:
            table = _Table(raw, self.where, f"{self.prefix}{key}.")
            return {name: _done(table.table(name), read) for name in list(table.values)}
        if not isinstance(raw, list):
            raise self.refuse(key, "must be a list of tables")
        return tuple(
            _done(_Table(entry, self.where, f"{self.prefix}{key}[{i}]."), read)
            for i, entry in enumerate(raw)
        )

    def end(self) -> None:
        """Refuses the keys that nobody read."""
        for key in self.values:
            raise RecipeError(
                f"{self.where}: unknown key {self.prefix}{key}", "look for a typing error"
            )

    def _take(self, key: str, default: Any) -> Any:
        if key not in self.values and default is None:
            raise RecipeError(f"{self.where}: {self.prefix}{key} is missing")
        return self.values.pop(key, default)


def _done(table: _Table, read: Callable[[_Table], Any]) -> Any:
    result = read(table)
    table.end()
    return result


def _kernel(t: _Table) -> str | int:
    value = t.values.pop("kernel")
    if value in ("stochastic_ternary", "ternary") or (type(value) is int and 2 <= value <= 8):
        return value  # type: ignore[no-any-return]
    raise t.refuse("kernel", f"must be stochastic_ternary, ternary or 2..8 bits, not {value!r}")


def _activation(t: _Table) -> r.Activation:
    return r.Activation(t.integer("bits", 2, 8, 8), t.integer("integer", 0, 8, 3))


def _layer(t: _Table) -> r.LayerQuantizers:
    return r.LayerQuantizers(
        _kernel(t) if t.has("kernel") else None,
        _done(t.table("activation"), _activation) if t.has("activation") else None,
    )


def _stage(t: _Table) -> r.Stage:
    return r.Stage(
        t.integer("filters", 1, 1024), t.integer("blocks", 1, 16, 1), t.integer("stride", 1, 2, 2)
    )


def _stem(t: _Table) -> r.Stem:
    return r.Stem(
        t.integer("filters", 1, 1024), t.integer("kernel", 1, 9, 3), t.integer("stride", 1, 4, 1)
    )


def _topology(t: _Table) -> r.Topology:
    if not t.has("stem"):
        raise RecipeError(f"{t.where}: topology.stem is missing")
    return r.Topology(
        family=t.word("family", ("stq",), "stq"),
        stem=_done(t.table("stem"), _stem),
        stages=t.each("stages", _stage, named=False),
        residual=t.flag("residual", True),
        separable=t.flag("separable", False),
        head=t.word("head", ("average", "flatten"), "average"),
    )


def _quantizers(t: _Table) -> r.Quantizers:
    return r.Quantizers(
        _kernel(t) if t.has("kernel") else r.Quantizers.kernel,
        _done(t.table("activation"), _activation) if t.has("activation") else r.Activation(),
        t.each("layers", _layer, named=True),
    )


def _jacobian(t: _Table) -> r.Jacobian:
    layers = t.table("layers")
    return r.Jacobian(
        t.real("logits", 0.0, 1e6, 0.0),
        {name: layers.real(name, 0.0, 1e6) for name in list(layers.values)},
        t.integer("images", 0, 65536, 0),
        t.integer("projections", 1, 1024, 1),
    )


def _epochs(t: _Table) -> r.Epochs:
    return r.Epochs(
        t.integer("warmup", 0, 100_000, 0),
        t.integer("qat", 1, 100_000),
        t.integer("settle", 0, 100_000, 0),
    )


def _rates(t: _Table) -> r.LearningRate:
    base = r.LearningRate()
    return r.LearningRate(t.real("warmup", 0, 10, base.warmup), t.real("qat", 0, 10, base.qat))


def _augment(t: _Table) -> r.Augment:
    return r.Augment(t.flag("flip", False), t.integer("shift", 0, 16, 0))


def _training(t: _Table) -> r.Training:
    return r.Training(
        _done(t.table("epochs"), _epochs),
        t.integer("batch", 1, 65536, 128),
        t.word("optimizer", ("adam", "sgd"), "adam"),
        _done(t.table("learning_rate"), _rates),
        t.word("schedule", ("cosine", "constant"), "cosine"),
        _done(t.table("augment"), _augment),
    )


def _recipe(t: _Table, text: str) -> r.Recipe:
    recipe = r.Recipe(
        name=t.word("name", None),
        dataset=t.word("dataset", tuple(DATASETS)),
        topology=_done(t.table("topology"), _topology),
        quantizers=_done(t.table("quantizers"), _quantizers),
        jacobian=_done(t.table("jacobian"), _jacobian),
        training=_done(t.table("training"), _training),
        seed=t.integer("seed", 0, 2**31 - 1, 0),
        text=text,
    )
    t.end()
    return recipe
