"""Damaged files that ended in a traceback, or ended the process, are refused in words."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))

from target import in_file
from targets import targets

from tinyrob.attack import samples
from tinyrob.errors import TinyrobError

TARGETS = targets()
READERS: Mapping[str, Callable[[bytes], object]] = {
    "crash_attack_inputs_": in_file("x.npy", lambda path: samples.array(path, "inputs")),
    "crash_checkpoint_": TARGETS["checkpoint"].read,
    "crash_frozen_": TARGETS["frozen"].read,
    "crash_gate_": TARGETS["gate"].read,
    "crash_hls_manifest_": TARGETS["hls manifest"].read,
    "crash_keras_refuse_": TARGETS["keras"].read,
    "crash_manifest_": TARGETS["manifest"].read,
    "crash_report_attack_": TARGETS["report: attack"].read,
    "crash_report_build_": TARGETS["report: build"].read,
    "crash_report_examples_": TARGETS["report: examples"].read,
    "crash_space_": TARGETS["space"].read,
    "crash_store_": TARGETS["attack state"].read,
    "fc_indexerror": TARGETS["tflite"].read,
    "run_even_bias": TARGETS["frozen"].read,
    "segv.mat": TARGETS["mat"].read,
}
"""By how a sample's name begins."""
ANEW = ("crash_store_",)
"""What is damaged there is computed again, and nobody is told."""


def of(reader: str, folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.startswith(reader))


def test_each_sample_has_one_reader(failing: Path) -> None:
    found = [path for reader in READERS for path in of(reader, failing / "readers")]
    assert sorted(found) == sorted((failing / "readers").iterdir())


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_refused_in_words(failing: Path, reader: str) -> None:
    found = of(reader, failing / "readers")
    assert found
    for path in found:
        if reader in ANEW:
            assert READERS[reader](path.read_bytes()) is None
            continue
        with pytest.raises(TinyrobError) as told:
            READERS[reader](path.read_bytes())
        assert re.search(r"damaged|truncated|is no |not made by freeze|gate |holds|has not",
                         told.value.message), path  # fmt: skip
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", told.value.message), path
