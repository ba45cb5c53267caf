"""The tables of hearing and seeing are what was measured, of what the zoo holds, within bars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.listen import __main__ as command
from benchmarks.listen import measure, table
from benchmarks.listen.cases import ATTACKS, FRONTS, STREAMS, Bar
from support.firmware import need
from tinyrob.errors import DataError

FILE = table.ROOT / "benchmarks" / "listen.json"
ROWS: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_page_shows_the_figures_that_are_kept() -> None:
    text = table.PAGE.read_text(encoding="utf-8")
    assert table.shown(text, ROWS) == text


def test_everything_that_is_measured_has_its_row() -> None:
    wanted = [(part, key) for part, key, _ in command.work(ROWS, None)]
    have = [(part, command.key_of(part, row)) for part in command.KEYS for row in ROWS[part]]
    assert have == wanted
    networks = {case.network for case in (*STREAMS, *ATTACKS)}
    assert all(map(measure.there, networks)), "rows of a network that is gone are not asked for"


def test_rows_are_of_the_networks_and_features_that_ship() -> None:
    for part in ROWS.values():
        assert all(command.fresh(row) for row in part)
    for row in ROWS["fronts"]:
        assert row["features"] == FRONTS[row["front"]].to_dict()
    named = {row["network"] for part in ROWS.values() for row in part if "network" in row}
    assert all(map(measure.there, named))


def test_the_first_front_end_is_within_its_bars() -> None:
    bar, row = Bar(), ROWS["fronts"][0]
    assert row["times_real_time"] >= bar.times_real_time
    assert row["instructions"]["m4"] <= bar.m4
    assert row["instructions"]["m55"] <= bar.m55
    assert row["flash_bytes"] < bar.flash_bytes
    assert row["ram_bytes"] < bar.ram_bytes


def test_a_front_end_costs_what_the_table_says() -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    row, found = (
        ROWS["fronts"][0],
        measure.on_board(FRONTS[ROWS["fronts"][0]["front"]], "stm32f405"),
    )
    assert found["state_bytes"] == row["ram_bytes"]
    # Another GCC makes other code: within what budgets allow.
    assert found["instructions"] <= 1.02 * row["instructions"]["m4"]
    assert found["flash_bytes"] <= 1.02 * row["flash_bytes"]


def test_a_second_is_its_hops_and_ten_inferences() -> None:
    for row in ROWS["seconds"]:
        front = next(one for one in ROWS["fronts"] if one["front"] == row["front"])
        for core, parts in row["instructions"].items():
            hops = 1000 / front["hop_ms"]
            assert parts["front_end"] == round(hops * front["instructions"][core])
            assert parts["network"] > parts["front_end"] / 10


def test_measured_rows_take_the_place_of_their_elders_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Figures\n<!-- listen:begin --><!-- listen:end -->\n")
    monkeypatch.setattr(table, "PAGE", page)
    old, new = ({"front": name, "hop_ms": 20, "times_real_time": times, "flash_bytes": 1,
                 "ram_bytes": 1, "instructions": {"m4": 7, "m55": 8}}
                for name, times in (("kept", 400), ("made", 500)))  # fmt: skip
    file = tmp_path / "listen.json"
    file.write_text(json.dumps({"fronts": [old]}))
    asked: list[str] = []

    def make(name: str) -> Any:
        return lambda: asked.append(name) or dict(new, front=name)

    monkeypatch.setattr(
        command, "work", lambda *_: (("fronts", (n,), make(n)) for n in ("made", "kept"))
    )
    for words, want in ((["x"], ["made"]), (["x", "--again"], ["made", "kept"])):
        monkeypatch.setattr("sys.argv", ["listen", str(file), *words[1:]])
        asked.clear()
        command.main()
        assert asked == want
    found = json.loads(file.read_text())["fronts"]
    assert [(row["front"], row["times_real_time"]) for row in found] == [
        ("made", 500),
        ("kept", 500),
    ]
    assert "| kept, hops of 20 ms | 500 | 7 | 8 | 1 | 1 |" in page.read_text()
    monkeypatch.setattr("sys.argv", ["listen", str(file), "--table"])
    page.write_text("no place")
    with pytest.raises(DataError, match="no place for the tables"):
        command.main()


def test_budgets_are_told_from_the_easiest_on() -> None:
    under = [{"norm": "snr", "eps": e, "accuracy": a} for e, a in ((20, 0.1), (40, 0.6))]
    row = {"network": "n", "at": "samples", "attack": "pgd-20", "samples": 50, "clean": 0.9,
           "under": under}  # fmt: skip
    assert table.attacks([row]).endswith("| 50 | 90 | 60 at 40 dB; 10 at 20 dB |")


def test_python_is_timed_on_as_many_seconds_as_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    clock = iter([10.0, 10.5])

    def of_stream(features: Any, samples: np.ndarray) -> None:
        made.append(len(samples))

    monkeypatch.setattr(measure.compute, "of_stream", of_stream)
    monkeypatch.setattr(measure.time, "process_time", lambda: next(clock))
    assert measure.times_real_time(next(iter(FRONTS.values())), 30) == 60.0
    assert made == [16_000, 480_000]
