"""A table's texts are what they were, in few bytes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.data.own import rows
from tinyrob.data.own.packed import Packed


@given(st.lists(st.lists(st.text(max_size=30), max_size=20), max_size=5))
def test_texts_come_back_as_they_were(parts: list[list[str]]) -> None:
    packed = Packed()
    for part in parts:
        packed.add(part)
    texts = [text for part in parts for text in part]
    assert list(packed) == texts
    assert [packed[n] for n in range(len(packed))] == texts
    assert packed[:3] == texts[:3]
    with pytest.raises(IndexError):
        packed[len(texts)]


def test_numbers_are_read_as_numpy_reads_their_texts() -> None:
    packed = Packed()
    for part in (["1", " 2.5", "-1e-3"], ["inf", "0.1"]):
        packed.add(part)
    assert np.array_equal(packed.floats(), np.array([1, 2.5, -1e-3, np.inf, 0.1]))
    packed.add(["one"])
    with pytest.raises(ValueError, match="one"):
        packed.floats()


def test_a_long_text_makes_the_others_no_longer() -> None:
    packed = Packed()
    tracemalloc.start()
    packed.add(["x" * 4096, *["1"] * 9999])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1 << 20
    assert packed[0] == "x" * 4096


def test_a_table_takes_little_more_than_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PART", 1 << 10)
    table = tmp_path / "m.csv"
    table.write_text("a,b\n" + "".join(f"{n},{-n}.5\n" for n in range(20_000)))
    tracemalloc.start()
    found = rows.read(table)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * table.stat().st_size  # 26 times, with a text of Python's own for each cell
    assert found.numbers(["b"], "channels")[-1, 0] == -19999.5
