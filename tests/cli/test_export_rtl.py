"""What ``tinyrob export-rtl`` tells of a routed design, and of a clock that it does not reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tinyrob.cli.export_rtl import command
from tinyrob.pipeline import Model
from tinyrob.rtl.export import RtlProject

_SIMULATED = {"vectors": 3, "max_lsb": 0, "mismatches": 0, "latency": 90, "interval": 40_000}
_CELLS = {"lut": 20, "ff": 30, "carry": 4, "dsp": 1, "ram": 5, "ebr": 2}
_ROUTE = {"fmax_mhz": 80.0, "lut": 50, "lut_available": 24_288, "ff": 30, "ebr": 2, "dsp": 1}


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ((), "the longest path is in layer 'stem'"),
        (("--mhz", "80"), "the longest path is in layer 'stem'"),
        (("--mhz", "81"), "81 MHz are not met: the longest path is in layer 'stem'"),
    ],
)
def test_the_layer_of_the_longest_path_is_named_and_a_clock_that_is_not_met(
    asked: tuple[str, ...], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(network: Model, out: Path, **options: Any) -> RtlProject:
        assert options["route"]
        route = {**_ROUTE, "critical": "layer 'stem'"}
        return RtlProject(str(out), _SIMULATED, _CELLS, route, "3 of digits")

    monkeypatch.setattr(Model, "export_rtl", export)
    out = str(tmp_path / "rtl")
    done = CliRunner().invoke(
        command,
        ["digits-stq-jr", "--device", "ecp5-25k", "--route", "--out", out, *asked],
    )
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert line in lines
    routed = (
        "nextpnr (ecp5-25k): 80.0 MHz, 50 of 24,288 LUT places, 30 flip-flops; 0.500 ms an image"
    )
    assert routed in lines
