"""The MVE kernels with a state: their C twins under both sanitizers, and their assembly in
QEMU, against the NumPy interpreter."""

from __future__ import annotations

import numpy as np

from support.emulated import run_on
from support.sequences import Sequences


def test_sequences_equal_the_interpreter_on_the_host_and_on_the_target() -> None:
    drawn = Sequences("mve")
    drawn.assert_meets("tr_lstm_mve_s8", "tr_lstm_mve_s16", "tr_svdf_mve_s8")
    drawn.assert_equal_on_host()
    on_target = run_on("mps3_an547", drawn.graphs, drawn.inputs)
    for index, (got, y) in enumerate(zip(on_target, drawn.expected, strict=True)):
        same = y.reshape(len(y), -1).view(np.int8)
        np.testing.assert_array_equal(got, same, f"seed {index}")
