"""A frozen model gives the same bits in QKeras, in TensorFlow Lite Micro and in integers."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.integers import evaluate
from support.qnets import network
from tinyrob.freeze import freeze
from tinyrob.frozen.io import frozen_bytes, parse_frozen
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.keras import KerasRunner
from tinyrob.run.tflm import TflmRunner

EXAMPLES = 200 if os.environ.get("TINYROB_FUZZ") else 15


@pytest.mark.slow
@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data())
def test_random_networks_give_the_same_bits_everywhere(data):
    model, inputs = network(data.draw)
    frozen = parse_frozen(frozen_bytes(freeze(model, "random")))
    assert frozen.exact
    graph = to_graph(frozen)
    keras = KerasRunner(frozen)
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        for one in inputs[:3]:
            defined, floats, micro = evaluate(frozen, one), keras.layers(one), tflm.layers(one)
            for node in frozen.nodes[1:]:
                assert np.array_equal(floats[node.name], defined[node.name]), node
                assert np.array_equal(micro[node.name], defined[node.name]), node
        assert np.array_equal(keras.run(inputs).outputs, tflm.run(inputs).outputs)
