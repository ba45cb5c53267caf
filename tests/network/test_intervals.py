"""Intervals hold whatever a network computes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dead import planted
from support.graphs import graphs, inputs
from tinyrob import passes
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import trace
from tinyrob.network.intervals import intervals
from tinyrob.network.to_network import to_network

NETWORKS = st.builds(planted, graphs(min_ops=1, max_ops=8), st.integers(0, 10**9))


@settings(max_examples=150)
@given(NETWORKS)
def test_every_value_lies_within_its_interval(graph: Graph) -> None:
    network = passes.lowered(to_network(graph), slimmer=False)
    known = intervals(network)
    for sample in inputs(graph, 4):
        seen = trace(graph, sample)
        for layer in network.layers:
            found = known[layer.output]
            if layer.name not in seen:  # a move between float32, done on integers: no tensor's own
                continue
            values = seen[layer.name].reshape(-1, found.period)
            assert (values >= found.least).all(), layer
            assert (values <= found.greatest).all(), layer


@settings(max_examples=60)
@given(NETWORKS)
def test_a_constant_operand_is_known_exactly(graph: Graph) -> None:
    network = to_network(graph)
    known = intervals(network)
    for i, value in enumerate(network.values):
        if value.data is not None:
            np.testing.assert_array_equal(known[i].least, value.data)
            assert known[i].constant.all()
