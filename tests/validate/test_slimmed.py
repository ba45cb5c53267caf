"""Channels that were slimmed away are compared all the same: as the constants that they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from support.dead import planted
from support.firmware import need, small
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.ir.interp import interpret, trace
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.layer_cost import Removed
from tinyrob.run.host import HostRunner
from tinyrob.run.tflm import TflmRunner
from tinyrob.validate.divergence import first_divergence


def model() -> Deployable:
    """The small network, half of its channels dead."""
    graph = planted(small().graph, seed=5, share=0.5)
    return Deployable("half dead", graph, write_tflite(graph))


@pytest.fixture(scope="module")
def slimmed(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    need("arm-none-eabi-gcc", "make", "cc")
    out = tmp_path_factory.mktemp("slimmed") / "build"
    build(model(), "stm32", out=out)
    return open_build(out)


def inputs(count: int = 5) -> np.ndarray:
    shape = model().graph.tensors[0].sample_shape
    return np.random.default_rng(1).integers(-128, 128, (count, *shape)).astype(np.int8)


def test_what_was_taken_out_is_recorded_and_read_back(slimmed: BuildFolder) -> None:
    manifest = slimmed.manifest
    assert manifest.slim
    assert manifest.macs_removed > 0
    assert manifest.macs - manifest.macs_removed == sum(x.macs for x in manifest.layers)
    assert any(layer.removed is not None for layer in manifest.layers)


def test_without_slimming_nothing_goes(tmp_path: Path, slimmed: BuildFolder) -> None:
    whole = build(model(), "stm32", out=tmp_path / "whole", slim=False)
    assert (whole.slim, whole.macs_removed, whole.macs) == (False, 0, slimmed.manifest.macs)
    assert all(layer.removed is None for layer in whole.layers)
    x = inputs()
    with HostRunner(open_build(tmp_path / "whole")) as plain, HostRunner(slimmed) as slim:
        expected = interpret(model().graph, x)
        np.testing.assert_array_equal(plain.run(x).outputs, expected)
        np.testing.assert_array_equal(slim.run(x).outputs, expected)


def test_a_device_shows_whole_layers(slimmed: BuildFolder) -> None:
    x = inputs()
    right = trace(model().graph, x[0])
    with HostRunner(slimmed) as runner:
        seen = runner.layers(x[0])
    for layer in slimmed.manifest.layers:
        assert seen[layer.name].shape == right[layer.name].shape
        if layer.removed is not None:
            unread = list(layer.removed.unread)
            seen[layer.name].reshape(-1, layer.removed.period)[:, unread] = right[
                layer.name
            ].reshape(-1, layer.removed.period)[:, unread]
        np.testing.assert_array_equal(seen[layer.name], right[layer.name])


def test_a_constant_that_is_none_is_the_first_divergence(
    slimmed: BuildFolder, tmp_path: Path
) -> None:
    x = inputs()
    with TflmRunner(model().tflite, model().graph) as golden, HostRunner(slimmed) as runner:
        outputs = golden.run(x).outputs
        assert first_divergence(golden, runner, outputs, outputs, x, slimmed) is None
        raw = json.loads(slimmed.manifest.to_json())
        layer = next(one for one in raw["layers"] if one["removed"]["constants"])
        (place, value), *_ = layer["removed"]["constants"]
        layer["removed"]["constants"][0] = [place, value + 1]
        (slimmed.path / "manifest.json").write_text(json.dumps(raw), encoding="utf-8")
        wrong = open_build(slimmed.path)
        found = first_divergence(golden, runner, outputs, outputs, x, wrong)
    assert found is not None
    assert (found.layer, found.expected, found.got) == (layer["name"], value, value + 1)
    assert found.index[-1] == place


def test_what_is_cut_is_made_whole_again() -> None:
    removed = Removed(4, ((1, 9),), (3,))
    tensor = np.array([[[0, 9, 2, 3], [4, 9, 6, 7]]], np.int8)
    cut = removed.cut(tensor)
    assert cut.tolist() == [0, 2, 4, 6]
    np.testing.assert_array_equal(removed.whole(cut, tensor), tensor)
    assert removed.whole(cut, np.zeros_like(tensor))[0, 0].tolist() == [0, 9, 2, 0]
