"""What TFLite's converter makes of Keras' layers: TFLite Micro's bytes, or a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.keras_cases import CASES, converted
from tinyrob.errors import UnsupportedModel
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.network.to_network import to_network
from tinyrob.run.tflm import TflmRunner

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "keras.md"


@pytest.mark.parametrize("name", CASES)
def test_a_converted_layer_is_exact_or_refused_with_a_sentence(name: str) -> None:
    make, sentence = CASES[name]
    data = converted(make)
    if sentence is not None:
        with pytest.raises(UnsupportedModel) as error:
            read_tflite(data)
        told = [o for o in error.value.obstacles if sentence in f"{o.layer}: {o.what}"]
        assert told
        assert all(o.hint for o in told)
        return
    graph = read_tflite(data)
    to_network(graph)
    given = graph.tensors[graph.inputs[0]]
    low, high = (-128, 127) if given.below is None else (0, given.below - 1)
    samples = np.random.default_rng(2).integers(low, high + 1, (12, *given.sample_shape))
    samples[0], samples[1] = low, high
    samples = samples.astype(given.dtype)
    with TflmRunner(data, graph, jobs=1) as reference:
        expected = reference.run(samples).outputs
    np.testing.assert_array_equal(interpret(graph, samples), expected)


def test_the_page_says_of_each_what_holds() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    told = dict(tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[2:])
    assert told == {
        name: "exact" if sentence is None else f"refused: “… {sentence} …”"
        for name, (_, sentence) in CASES.items()
    }
