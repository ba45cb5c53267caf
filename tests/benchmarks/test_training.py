"""What ``make bench-train`` measures can be trained: one step of each method that is new to it."""

from __future__ import annotations

import pytest

from tinyrob.models import recipe_file

RECIPE = """
name = "tiny"
dataset = "cifar10"
topology = { stem = { filters = 4, stride = 4 }, stages = [{ filters = 4 }] }
training = { epochs = { qat = 2 }, batch = 4 }
"""


@pytest.mark.parametrize(
    "name",
    ["QAT, eased", "QAT+RSLAD, 5 steps, labels once", "QAT+RSLAD, 5 steps, IGDM"],
)
def test_a_method_has_a_speed(name: str) -> None:
    from benchmarks import training

    phase, recipe = training.methods(recipe_file.parse(RECIPE))[name]
    assert training.images_a_second(recipe, phase, 1) > 0


def test_every_method_is_another_recipe() -> None:
    from benchmarks import training

    found = training.methods(recipe_file.parse(RECIPE))
    assert len({(phase, repr(recipe)) for phase, recipe in found.values()}) == len(found)
