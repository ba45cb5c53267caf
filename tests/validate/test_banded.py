"""Layers in bands of rows are compared as all others: each band with its rows of the tensor."""

from __future__ import annotations

import json

import numpy as np
import pytest

from support.dead import planted
from support.firmware import need
from support.streams import Line
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.ir.interp import interpret, trace
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.layer_cost import LayerCost, Removed
from tinyrob.run.host import HostRunner
from tinyrob.run.tflm import TflmRunner
from tinyrob.validate.divergence import first_divergence


def model() -> Deployable:
    """Three convolutions over a tall image; some of the channels dead."""
    line = Line(2, 24, 6, 2)
    line.conv((3, 3), 12, padding="SAME")
    line.conv((3, 3), 12, padding="SAME")
    line.conv((3, 3), 6, (2, 2), padding="SAME")
    line.dense(4)
    graph = planted(line.graph(), 3, share=0.3)
    return Deployable("tall", graph, write_tflite(graph))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    need("arm-none-eabi-gcc", "make", "cc")
    out = tmp_path_factory.mktemp("banded") / "build"
    build(model(), "stm32", optimize="ram", out=out)
    return open_build(out)


def inputs() -> np.ndarray:
    shape = model().graph.tensors[0].sample_shape
    return np.random.default_rng(1).integers(-128, 128, (3, *shape)).astype(np.int8)


def test_the_manifest_says_what_is_in_bands(folder: BuildFolder) -> None:
    manifest = folder.manifest
    (bands,) = manifest.bands
    assert manifest.optimize == "ram"
    assert manifest.ram.arena < bands.whole_bytes
    assert bands.calls == sum(layer.part is not None for layer in manifest.layers)
    assert manifest.tensors == len(manifest.layers) - bands.calls + bands.layers
    assert any(layer.removed is not None and layer.part is not None for layer in manifest.layers)


def test_a_device_shows_whole_tensors_of_what_is_in_bands(folder: BuildFolder) -> None:
    x = inputs()
    right = trace(model().graph, x[0])
    with HostRunner(folder) as runner:
        np.testing.assert_array_equal(runner.run(x).outputs, interpret(model().graph, x))
        seen = runner.layers(x[0])
    for layer in folder.manifest.layers:
        np.testing.assert_array_equal(layer.cut(seen[layer.name]), layer.cut(right[layer.name]))


def test_a_band_that_differs_is_the_first_divergence(folder: BuildFolder) -> None:
    x = inputs()
    text = (folder.path / "manifest.json").read_text(encoding="utf-8")
    with TflmRunner(model().tflite, model().graph) as golden, HostRunner(folder) as runner:
        outputs = golden.run(x).outputs
        assert first_divergence(golden, runner, outputs, outputs, x, folder) is None
        raw = json.loads(text)
        layer = next(one for one in raw["layers"] if one.get("part", [0])[0] > 0)
        layer["part"][0] -= 1  # a value of the band before
        (folder.path / "manifest.json").write_text(json.dumps(raw), encoding="utf-8")
        try:
            wrong = open_build(folder.path)
            found = first_divergence(golden, runner, outputs, outputs, x, wrong)
        finally:
            (folder.path / "manifest.json").write_text(text, encoding="utf-8")
    assert found is not None
    assert found.layer == layer["name"]


def test_a_part_goes_where_it_is_of() -> None:
    tensor = np.arange(12, dtype=np.int8).reshape(3, 4)
    layer = LayerCost("x", "CONV_2D", 1, 1, 1, Removed(4, ((1, 9),), (3,)), (2, 4))
    assert layer.cut(tensor).tolist() == [4, 6, 8, 10]
    made = layer.put(np.array([40, 60, 80, 100], np.int8), tensor)
    assert made.tolist() == [[0, 9, 2, 3], [40, 9, 60, 7], [80, 9, 100, 11]]
