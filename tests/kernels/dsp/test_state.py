"""The DSP kernels with a state: their C twins under both sanitizers, and their assembly in
QEMU, against the NumPy interpreter."""

from __future__ import annotations

from support.sequences import Sequences
from support.target import differing


def test_sequences_equal_the_interpreter_on_the_host_and_on_the_target() -> None:
    drawn = Sequences("dsp")
    drawn.assert_meets("tr_lstm_dsp_s8", "tr_lstm_dsp_s16", "tr_svdf_dsp_s8")
    drawn.assert_equal_on_host()
    assert differing(drawn.models, drawn.inputs, drawn.expected) == []
