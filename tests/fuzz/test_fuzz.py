"""Each reader is given some damaged files in every test run; `make fuzz` gives many more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import in_c
from target import Target
from targets import targets

from run import fuzz

TARGETS = {name: target for name, target in targets().items() if not target.slow}


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_refused_or_taken_and_nothing_else(name: str) -> None:
    assert fuzz(name, TARGETS[name], 1.0, seed=1, most=100) > 0


@pytest.mark.parametrize("kind", [in_c.SERVER, in_c.NETWORK])
def test_what_runs_on_a_device_answers_or_refuses_and_nothing_else(
    kind: str, tmp_path: Path
) -> None:
    assert in_c.fuzz(in_c.compiled(in_c.build(tmp_path / "c"), kind), 1.5, seed=1) >= 64


@pytest.mark.parametrize("kind", [in_c.SERVER, in_c.NETWORK])
def test_the_corpus_is_there_to_begin_from(kind: str) -> None:
    assert len(set(in_c.corpus(kind))) > 20


def test_a_server_that_writes_beyond_its_memory_is_found(tmp_path: Path) -> None:
    home = tmp_path / "server"
    in_c.build(home)
    frame = home / "proto" / "tr_frame.c"
    frame.write_text(frame.read_text().replace("reader->part < place->count", "true"))
    with pytest.raises(AssertionError, match=r"Sanitizer|runtime error"):
        in_c.fuzz(in_c.compiled(home), 5.0, seed=1)


def test_a_reader_that_fails_otherwise_is_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    bad = Target(lambda data: data.decode("ascii"), [b"fine"])
    with pytest.raises(AssertionError, match="UnicodeDecodeError"):
        fuzz("bad", bad, 10.0, seed=1)
    assert list((tmp_path / "build" / "fuzz").iterdir())


def test_a_reader_that_takes_too_much_is_found_by_the_input_that_it_took(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("run.MOST_BYTES", 1 << 26)
    bytearray(1 << 28)  # what was taken and given back before hides nothing
    greedy = Target(lambda data: bytearray(1 << 27) if b"g" in data else None, [b"a"], _grow)
    with pytest.raises(AssertionError, match="MemoryError: more than"):
        fuzz("greedy", greedy, 60.0, seed=1, most=200)
    (found,) = (tmp_path / "build" / "fuzz").iterdir()
    assert b"g" in found.read_bytes()


def _grow(data: bytes, draw) -> bytes:
    return b"g" if draw.random() < 0.02 else b"a"
