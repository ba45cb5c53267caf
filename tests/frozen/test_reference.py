"""The QKeras model of a frozen model, and the runner on it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from support.frozen_models import every_kind
from support.integers import evaluate
from tinyrob.errors import FreezeError, RunnerError
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.frozen.reference import to_qkeras
from tinyrob.run.keras import KerasRunner


def with_clamp(model: FrozenModel, grid: Grid) -> FrozenModel:
    """``model`` with another range for the clamp."""
    nodes = [dataclasses.replace(n, grid=grid) if n.name == "clamp" else n for n in model.nodes]
    return FrozenModel(model.name, tuple(nodes))


@pytest.fixture(scope="module")
def model():
    return with_clamp(every_kind(), Grid(-4, 0, 127))


@pytest.fixture(scope="module")
def runner(model):
    with KerasRunner(model, batch=8) as runner:
        yield runner


@pytest.fixture
def inputs(model):
    values = np.random.default_rng(3).integers(-128, 128, (20, *model.input.shape))
    return values.astype(np.int8)


def test_every_node_gives_the_defined_integers(model, runner, inputs):
    for one in inputs[:5]:
        defined, found = evaluate(model, one), runner.layers(one)
        assert list(found) == [node.name for node in model.nodes[1:]]
        for name, values in found.items():
            assert np.array_equal(values, defined[name]), name


def test_outputs_come_in_input_order_whatever_the_batches(model, runner, inputs):
    steps = []
    result = runner.run(inputs, steps.append)
    assert np.array_equal(result.outputs, [evaluate(model, one)["logits"] for one in inputs])
    assert steps == [8, 8, 4]
    assert result.instructions is None


def test_no_inputs_give_no_outputs(runner, inputs):
    assert runner.run(inputs[:0]).outputs.shape == (0, 3)


def test_inputs_of_another_shape_or_type_are_refused(runner, inputs):
    with pytest.raises(RunnerError, match="float32") as caught:
        runner.run(inputs.astype(np.float32))
    assert "(6, 5, 2)" in caught.value.hint
    with pytest.raises(RunnerError, match=r"\(20, 6, 5\)"):
        runner.run(inputs[..., 0])


def test_layers_bear_the_names_of_nodes_and_only_plain_quantizers(model):
    network = to_qkeras(model)
    names = {layer.name for layer in network.layers}
    assert {node.name for node in model.nodes} <= names
    for layer in network.layers:
        for quantizer in getattr(layer, "quantizers", ()):
            assert type(quantizer).__name__ == "quantized_bits"
            assert quantizer.alpha == 1
            assert not quantizer.symmetric


def test_quantizers_leave_the_frozen_weights_alone(model):
    for layer in to_qkeras(model).layers:
        for quantizer, weight in zip(
            getattr(layer, "quantizers", ()), layer.get_weights(), strict=False
        ):
            assert np.array_equal(np.asarray(quantizer(weight)), weight), layer.name


@pytest.mark.parametrize("grid", [Grid(-4, 0, 200), Grid(-4, -8, 7), Grid(-9, 0, 255)])
def test_a_range_that_no_quantizer_has_is_refused_by_name(grid):
    with pytest.raises(FreezeError, match=rf"'clamp'.*{grid.lo} \.\. {grid.hi}"):
        to_qkeras(with_clamp(every_kind(), grid))


def test_a_value_off_its_grid_is_reported():
    from tinyrob.run.keras import _to_int8

    with pytest.raises(RunnerError, match=r"'a' gave .*0\.3"):
        _to_int8("a", Grid(-2, -8, 7), np.array([0.25, 0.3], np.float32))
