"""Each reader is given some damaged files in every test run; `make fuzz` gives many more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from targets import Target, targets

from run import fuzz

TARGETS = targets()


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_refused_or_taken_and_nothing_else(name: str) -> None:
    assert fuzz(name, TARGETS[name], 3.0, seed=1, most=200) > 0


def test_a_reader_that_fails_otherwise_is_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    bad = Target(lambda data: data.decode("ascii"), [b"fine"])
    with pytest.raises(AssertionError, match="UnicodeDecodeError"):
        fuzz("bad", bad, 10.0, seed=1)
    assert list((tmp_path / "build" / "fuzz").iterdir())
