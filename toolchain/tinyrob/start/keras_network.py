"""The table ``[topology]`` of a project for a Keras model of the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from tinyrob.data.dataset import Dataset
from tinyrob.data.units import Units
from tinyrob.errors import DataError
from tinyrob.files import escape
from tinyrob.models.own.origin import read_source, take
from tinyrob.models.own.plan import Plan
from tinyrob.start.network import Sketch


def keras_sketch(what: str, folder: Path, dataset: Dataset) -> tuple[Sketch, str]:
    """The lines for the model in the file ``what`` (or that ``net.py:build`` builds), as a recipe
    in ``folder`` has them, what an inference costs, and the name of the last layer.

    Raises ModelFormatError, UnsupportedModel with all that cannot be turned, and DataError where
    the model is not for these data.
    """
    here = Path()
    source, _ = read_source(what, here)
    scaled = any(layer.kind in ("Rescaling", "Normalization") for layer in source.layers)
    plan = take(what, here).plan
    _check(what, plan, dataset)
    lines = [f'keras = "{escape.toml(_from(what, folder))}"']
    if not scaled:
        lines += _input(dataset)
    shapes = plan.shapes()
    sizes = {"input": prod(plan.shape)} | {name: prod(shape) for name, shape in shapes.items()}
    macs, weights = 0, 0
    for step in plan.steps:
        before = shapes.get(step.reads[0], plan.shape)[-1]
        taps = prod(step.kernel)
        if step.kind == "conv":
            weights += taps * before * step.filters
            macs += sizes[step.name] * taps * before
        elif step.kind in ("depthwise", "average"):
            weights += taps * before * step.filters
            macs += sizes[step.name] * taps
        elif step.kind == "dense":
            weights += before * step.filters
            macs += before * step.filters
    return Sketch(tuple(lines), 0, macs, weights, 2 * max(sizes.values())), plan.logits


def _from(what: str, folder: Path) -> str:
    """The file as the recipe in ``folder`` names it."""
    name, colon, function = what.rpartition(":") if ".py:" in what else (what, "", "")
    whole, base = Path(name).resolve(), folder.resolve()
    common = Path(os.path.commonpath([whole, base]))
    told = whole if common == Path(common.anchor) else Path(os.path.relpath(whole, base))
    return f"{told.as_posix()}{colon}{function}"


def _check(what: str, plan: Plan, dataset: Dataset) -> None:
    if [n for n in plan.shape if n > 1] != [n for n in dataset.shape if n > 1]:
        raise DataError(
            f"{what} reads inputs of {plan.shape}, and the data are {dataset.shape}",
            "change the model's input, or give the data that it is for",
        )
    (outputs,) = plan.shapes()[plan.steps[-1].name]
    if outputs != len(dataset.classes):
        raise DataError(
            f"{what} tells {outputs} classes, and the data have {len(dataset.classes)}: "
            f"{', '.join(dataset.classes[:10])}",
            "change its last layer, or give the data that it is for",
        )


def _input(dataset: Dataset) -> Iterator[str]:
    """What the bytes 0 and 255 were to the model: of a sensor its own values, as far as one range
    is all channels'; of pictures 0 and 1, as most are trained."""
    remark = "what the least and the greatest input were to the model: mend it if not so"
    if dataset.units is not None and len(set(_ends(dataset.units))) == 1:
        low, high = _ends(dataset.units)[0]
        yield f"input = [{_number(low)}, {_number(high)}]  # {remark}"
    elif dataset.units is None and dataset.form == "pixels":
        yield f"input = [0.0, 1.0]  # {remark}"
    else:
        yield f"# input = [-1.0, 1.0]  # {remark}"


def _ends(units: Units) -> list[tuple[float, float]]:
    steps: Any = zip(units.offset, units.step.tolist(), strict=True)
    return [(offset - 128 * step, offset + 127 * step) for offset, step in steps]


def _number(value: float) -> str:
    return repr(float(value))
