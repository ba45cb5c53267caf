"""The FPGA table is what was routed: rows add up, seeds go on, and pages show the file."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fpga import measure, table
from benchmarks.fpga.__main__ import keep, recorded
from tinyrob.boards.lattice import LatticeBoard, find_lattice_board
from tinyrob.models import zoo
from tinyrob.rtl import synth
from tinyrob.rtl.devices import DEVICES

ROWS = json.loads((table.ROOT / "benchmarks" / "fpga.json").read_text(encoding="utf-8"))
ROUTE = {"fmax_mhz": 80.0, "lut": 100, "ff": 70, "ebr": 3, "dsp": 1}


def _row(network: str = "digits-stq-jr", **other: Any) -> measure.Row:
    row = {"network": network, "device": "ecp5-25k", "interval": 800, "latency": 900}
    known = {"vectors": 20, "verilog": "aa", "tools": {"yosys": "0.1"}, "routes": {}}
    return {**row, **known, **other}


@pytest.mark.parametrize(("page", "place"), table.PLACES, ids=lambda one: Path(one).name)
def test_the_pages_show_the_figures_that_are_kept(page: Path, place: str) -> None:
    text = page.read_text(encoding="utf-8")
    assert table.shown(text, ROWS, place) == text


def test_the_models_figures_stand_beside_what_was_routed() -> None:
    estimate = {"interval": 801, "slowest": "stem", "lut": 90, "ebr": 4, "dsp": 1}
    rows = [
        _row(estimate=estimate, routes={"1": ROUTE, "2": {**ROUTE, "lut": 1100}}),
        _row(device="icebreaker", estimate=estimate, routes={"1": ROUTE}),
        _row("svhn-stq-jr", estimate=estimate),
    ]
    assert table.model(rows).splitlines()[2:] == [
        "| digits-stq-jr | ecp5-25k | 800 (801) | 1,100 (90) | 3 (4) | 1 (1) |"
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['network']}-{row['device']}")
def test_a_row_is_of_a_case_and_adds_up(row: measure.Row) -> None:
    case = next(one for one in measure.CASES if (one.network, one.device) == _key(row))
    assert case.network in zoo.names()
    assert row["mismatches"] == 0
    assert type(row["interval"]) is int
    assert case.interval is None or row["interval"] <= case.interval
    device, routes = row["device"], row["routes"].values()
    most = dict(zip(("lut", "ebr", "dsp"), _has(device), strict=True))
    assert row["mhz"] == round(statistics.median(one["fmax_mhz"] for one in routes), 1)
    assert row["ms"] == round(row["interval"] / row["mhz"] / 1000, 4)
    for route in routes:
        for resource, available in most.items():
            assert route[resource] <= available


def _has(device: str) -> tuple[int, int, int]:
    """LUTs, block RAMs and multipliers of a part or of a board's."""
    if device in DEVICES:
        part = DEVICES[device]
        return part.luts, part.rams, part.dsps
    board = find_lattice_board(device)
    return board.lut, board.ram, board.dsp


def _key(row: measure.Row) -> tuple[str, str]:
    return row["network"], row["device"]


def test_the_clock_is_the_median_of_the_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = {1: 80.0, 2: 64.0, 3: 100.0}
    monkeypatch.setattr(
        synth, "route", lambda *asked: {**ROUTE, "fmax_mhz": clocks[asked[-1]], "critical": "stem"}
    )
    row = _row()
    for seed in clocks:
        row = measure.routed(row, tmp_path, seed)
    assert (row["mhz"], row["ms"]) == (80.0, 0.01)
    assert row["routes"]["2"] == {**ROUTE, "fmax_mhz": 64.0}


@pytest.mark.parametrize(
    ("other", "kept"),
    [({}, True), ({"verilog": "bb"}, False), ({"tools": {"yosys": "0.2"}}, False)],
)
def test_seeds_stay_of_the_same_verilog_by_the_same_tools(
    other: dict[str, Any], kept: bool
) -> None:
    old = _row(routes={"1": ROUTE}, mhz=80.0, ms=0.01)
    found = measure.with_routes(_row(**other), old)
    assert found["routes"] == ({"1": ROUTE} if kept else {})
    assert measure.with_routes(_row(), None) == _row()


def test_a_row_takes_the_place_of_its_elder(tmp_path: Path) -> None:
    file = tmp_path / "fpga.json"
    assert recorded(file, "digits-stq-jr", "ecp5-25k") is None
    for row in (_row(), _row("svhn-stq-jr", device="ecp5-45k"), _row(latency=7)):
        keep(file, row)
    assert [_key(row)[0] for row in json.loads(file.read_text())] == [
        "svhn-stq-jr",
        "digits-stq-jr",
    ]
    assert recorded(file, "digits-stq-jr", "ecp5-25k") == _row(latency=7)


def test_a_board_is_routed_anew_with_every_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "build" / "board"
    built.mkdir(parents=True)
    cells = {"SB_DFF": 5, "SB_DFFESR": 2, "SB_LUT4": 9}
    (built / "stat.json").write_text(json.dumps({"design": {"num_cells_by_type": cells}}))
    seeds = []

    def make(folder: Path, board: LatticeBoard, seed: int) -> dict[str, Any]:
        assert not (built / "board.asc").exists()
        (built / "board.asc").write_text("routed")
        seeds.append(seed)
        return {"fmax_mhz": 20.0 + seed, "lut": [11, 5280], "ram": [3, 30], "dsp": [2, 8]}

    monkeypatch.setattr(measure, "make_bitstream", make)
    row = _row(device="icebreaker")
    for seed in (4, 6):
        row = measure.routed(row, tmp_path, seed)
    assert seeds == [4, 6]
    assert row["routes"]["6"] == {"fmax_mhz": 26.0, "lut": 11, "ff": 7, "ebr": 3, "dsp": 2}
    assert row["mhz"] == 25.0


def test_versions_are_what_the_tools_say() -> None:
    found = measure.versions()
    assert set(found) == {"verilator", "yosys", "nextpnr-ecp5"}
    assert all(number[0].isdigit() for number in found.values()), found
