"""Every recipe that is shipped builds a network that freezes exactly: before anyone trains it."""

from __future__ import annotations

import pytest

from tinyrob.models import recipe_file

INPUTS = {
    "digits": ((8, 8, 1), 10),
    "cifar10": ((32, 32, 3), 10),
    "svhn": ((32, 32, 3), 10),
    "speech_commands": ((49, 10, 1), 8),
}


@pytest.mark.parametrize("name", recipe_file.names())
def test_a_shipped_recipes_network_freezes_exactly(name: str) -> None:
    from tinyrob.freeze import freeze
    from tinyrob.frozen.to_graph import to_graph
    from tinyrob.models import topologies

    recipe = recipe_file.load(name)
    base, _, labels = recipe.dataset.partition(":")
    shape, classes = INPUTS[base]
    classes = len(labels.split(",")) if labels else classes
    frozen = freeze(topologies.build(recipe, shape, classes), name, {})
    assert frozen.exact
    assert to_graph(frozen).tensors[to_graph(frozen).outputs[0]].shape == (1, classes)
