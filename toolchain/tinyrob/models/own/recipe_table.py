"""The table ``topology`` of a network of one's own: its steps, or where a Keras model is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, RecipeError
from tinyrob.files.toml_table import Table
from tinyrob.models.own.families import V1_FILTERS, V1_STRIDES, Family
from tinyrob.models.own.origin import take
from tinyrob.models.own.plan import FIELDS, INPUT, KINDS, Plan, Step, to_tables
from tinyrob.models.own.tensors import ENDINGS


def read_keras_table(t: Table, folder: Path) -> Plan:
    """``keras = "FILE"`` or ``"net.py:build"``, relative to ``folder``. Raises RecipeError."""
    source = t.text("keras")
    code = ".py:" in source
    given = _range(t)
    carried = t.boolean("weights", not code)
    t.done()
    try:
        taken = take(source, folder, given, carried)
    except ModelFormatError as error:
        raise RecipeError(t.wrong("keras", error.message).message, error.hint) from None
    return Plan(taken.plan.shape, taken.plan.steps, taken.origin)


def _range(t: Table) -> tuple[float, float] | None:
    if not t.has("input"):
        return None
    low, *rest = values = t.numbers("input")
    if len(values) != 2 or not low < rest[0]:
        raise t.wrong("input", "must be [lowest, highest]: what the bytes 0 and 255 are to it")
    return low, rest[0]


def read_family_table(t: Table, family: str) -> Family:
    """A family's keys; each has a default. Raises RecipeError."""
    defaults: Mapping[str, tuple[int, ...]] = {
        "mlp": (64, 64),
        "conv1d": (16, 32, 32),
        "dscnn": (64,) * 4,
        "mobilenet": V1_FILTERS,
        "autoencoder": (64, 8, 64),
    }
    filters = t.integers("filters", 1, 4096) if t.has("filters") else defaults[family]
    if not 1 <= len(filters) <= 64:
        raise t.wrong("filters", "must be a list of 1 to 64 numbers, one a layer or block")
    count = len(filters)
    if family in ("mlp", "autoencoder"):
        result = Family(family, filters)
    elif family == "conv1d":
        strides = _each(t, "strides", count, (1,) * count)
        doubling = tuple(2 ** min(n, 10) for n in range(count))
        dilation = _each(t, "dilation", count, doubling if max(strides) == 1 else (1,) * count)
        if any(a > 1 and b > 1 for a, b in zip(strides, dilation, strict=True)):
            raise t.wrong("dilation", "a layer has either a stride or a dilation above 1")
        kernel = (t.integer("kernel", 1, 64, 3), 1)
        result = Family(family, filters, kernel, strides, dilation, t.boolean("causal", True))
    elif family == "dscnn":
        kernel = _pair("kernel", 10)(t) if t.has("kernel") else (10, 4)
        result = Family(family, filters, kernel, _each(t, "strides", count, (1,) * count))
    else:
        default = V1_STRIDES if filters == V1_FILTERS else (1,) * count
        strides = _each(t, "strides", count, default)
        result = Family(family, filters, (3, 3), strides, width=t.number("width", 0.01, 4.0, 0.25))
    t.done()
    return result


def _each(t: Table, key: str, count: int, default: tuple[int, ...]) -> tuple[int, ...]:
    """A number for each layer; one stands for all."""
    if not t.has(key):
        return default
    values = t.integers(key, 1, 4096) if t.is_list(key) else (t.integer(key, 1, 4096),) * count
    if len(values) != count:
        raise t.wrong(key, f"must have {count} numbers, as filters has, has {len(values)}")
    return values


def read_steps_table(t: Table) -> Plan:
    """``steps``: one table a step, and the input's ``shape``. Raises RecipeError."""
    shape = t.integers("shape", 1, 1 << 20)
    if not 1 <= len(shape) <= 4:
        raise t.wrong("shape", "must have one to four sizes")
    steps: list[Step] = []
    before = INPUT
    for table in t.tables("steps"):
        steps.append(_step(table, before, {step.name for step in steps}))
        before = steps[-1].name
    t.done()
    plan = Plan(shape, tuple(steps))
    try:
        last = plan.shapes()[before]
        plan.logits  # noqa: B018 - raises where the output is the input
    except (ValueError, KeyError) as error:
        raise t.wrong("steps", str(error)) from None
    if len(last) != 1:
        raise t.wrong("steps", f"the last step gives {last}, not one row of classes")
    return plan


def _step(t: Table, before: str, known: set[str]) -> Step:
    name = t.word("name")
    if name in known or name in (INPUT, "pixels") or name.endswith(ENDINGS):
        raise t.wrong("name", f"{name!r} is taken: by a step before, or by a part of one")
    kind = t.choice("kind", KINDS)
    reads = t.texts("reads") if t.has("reads") else (before,)
    for one in reads:
        if one != INPUT and one not in known:
            raise t.wrong("reads", f"there is no step {one!r} before this one")
    values = {key: _READ[key](t) for key in FIELDS[kind]}
    t.done()
    return Step(name, kind, reads, **values)


def _pair(key: str, default: int) -> Any:
    def read(t: Table) -> tuple[int, int]:
        if not t.is_list(key):
            one = t.integer(key, 1, 4096, default)
            return one, one
        values = t.integers(key, 1, 4096)
        if len(values) != 2:
            raise t.wrong(key, f"must be one number or [height, width], is {list(values)}")
        return values[0], values[1]

    return read


def _border(t: Table) -> tuple[int, ...]:
    values = t.integers("border", 0, 4096)
    if len(values) != 4:
        raise t.wrong("border", "must be [top, bottom, left, right]")
    return values


_READ: dict[str, Any] = {
    "filters": lambda t: t.integer("filters", 1, 1 << 16),
    "kernel": _pair("kernel", 3),
    "strides": _pair("strides", 1),
    "padding": lambda t: t.choice("padding", ("same", "valid"), "same"),
    "dilation": _pair("dilation", 1),
    "norm": lambda t: t.boolean("norm", True),
    "activation": lambda t: t.choice("activation", ("relu", "signed", "input"), "relu"),
    "border": _border,
    "shape": lambda t: t.integers("shape", 1, 1 << 20),
}


def as_table(plan: Plan) -> dict[str, Any]:
    """The table that ``read_steps_table`` reads ``plan`` from."""
    return {"family": "steps", "shape": list(plan.shape), "steps": list(to_tables(plan))}
