"""Networks that TFLite Micro runs are read, built for the host and run to the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.native import compiler
from wild.table import examine

NETWORKS = (
    "bias_axis3", "int4_dense", "keyword_scrambled_8bit", "softmax1000", "t_conv1d_keras", "t_elu",
    "t_float_io", "t_int16", "t_lstm", "t_sigmoid", "t_two_outputs", "t_uint8_io",
    "test_conv_model", "unused_float_tensor", "vad",
)  # fmt: skip
UNEQUAL = ("uniform", "near")
"""Inputs that TFLite Micro's softmax takes: of many that are equal it gives up
(tests/run/test_tflm.py)."""


def test_each_sample_is_named(failing: Path) -> None:
    assert sorted(NETWORKS) == sorted(path.stem for path in (failing / "tflite").iterdir())


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_tflite_micros_to_the_bit(
    failing: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler()
    if name == "softmax1000":
        monkeypatch.setattr("wild.table.KINDS", UNEQUAL)
    data = (failing / "tflite" / f"{name}.tflite").read_bytes()
    found = examine(name, data, "host", "mps2_an386", 32)
    assert (found.verdict, found.detail) == ("exact", "")
