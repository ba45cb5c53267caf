"""A file is called exact only where freeze can have made it: each rule, broken once, is told."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from support.frozen_models import every_kind
from tinyrob.errors import ModelFormatError
from tinyrob.frozen.io import frozen_bytes, parse_frozen
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.frozen.rules import broken_rules
from tinyrob.models import zoo


def changed(name: str, **fields: Any) -> FrozenModel:
    """The model of every kind of node, with one node changed."""
    model = every_kind()
    assert any(node.name == name for node in model.nodes)
    nodes = tuple(
        dataclasses.replace(node, **fields) if node.name == name else node for node in model.nodes
    )
    return FrozenModel(model.name, nodes, model.metadata)


def node(name: str) -> Any:
    return next(node for node in every_kind().nodes if node.name == name)


BROKEN: dict[str, tuple[FrozenModel, str]] = {
    "an even bias": (changed("conv", bias=node("conv").bias + 1), "half way between"),
    "one even bias": (
        changed("conv", bias=node("conv").bias + np.eye(1, len(node("conv").bias), 1, int)[0]),
        "half way between",
    ),
    "a grid across int8": (changed("conv", grid=Grid(-4, -1, 200)), "no place among int8"),
    "a grid below int8": (changed("logits", grid=Grid(-2, -129, 63)), "no place among int8"),
    "a grid of one value": (changed("logits", grid=Grid(-2, 0, 0)), "no place among int8"),
    "a step beyond float32": (changed("logits", grid=Grid(200, -64, 63)), "beyond float32"),
    "a narrow input": (changed(every_kind().input.name, grid=Grid(-7, 0, 15)), "all 256 values"),
    "a huge bias": (changed("conv", bias=node("conv").bias + (1 << 25)), "than the integers"),
    "a kernel's absurd step": (
        changed("conv", log2_kernel=node("conv").log2_kernel + 4000), "beyond float32"),
    "another step behind a flattening": (changed("flat", grid=Grid(-3, 0, 255)), "only moves"),
    "a clamp to another step": (changed("clamp", grid=Grid(-5, 0, 200)), "another step"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rule_is_told_with_its_node(what: str) -> None:
    model, words = BROKEN[what]
    assert any(words in line for line in broken_rules(model)), broken_rules(model)
    with pytest.raises(ModelFormatError, match="not made by freeze") as raised:
        parse_frozen(frozen_bytes(model))
    assert words in raised.value.message


def test_what_freeze_made_breaks_none() -> None:
    assert broken_rules(every_kind()) == []
    for name in zoo.names():
        assert broken_rules(zoo.load(name)) == []
