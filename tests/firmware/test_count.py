"""A count of 64 bits from two counters of 32: exact wherever the counters stand."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from support.native import WARNINGS, folder, gcc
from tinyrob.files import resources

PORTS = resources.firmware() / "ports"
PERIODS = {"timers": 1 << 16, "H7": 1 << 17, "RP2040": 133 << 16, "MPS": 10**7, "most": 1 << 30}


@pytest.fixture(scope="module")
def probe() -> Path:
    program = folder() / "count"
    source = Path(__file__).with_name("count_probe.c")
    gcc(*WARNINGS, "-O1", "-fsanitize=undefined", "-I", PORTS / "common", source, "-o", program)
    return program


@pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS)
def test_no_count_is_off_by_a_turn_of_the_fast_counter(probe: Path, period: int) -> None:
    random = Random(period)
    last = (period << 32) - period - 1
    edges = (0, 1, period - 1, period, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**33, last)
    counts = [min(count, last) for count in edges]
    counts += [random.randrange(1 << random.randrange(1, last.bit_length())) for _ in range(2000)]
    phases = [random.choice((0, period - 1, random.randrange(period))) for _ in counts]
    lines = (f"{count} {phase} {period}" for count, phase in zip(counts, phases, strict=True))
    done = subprocess.run([probe], input="\n".join(lines), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert found == [(count, *divmod(count, 480)) for count in counts]
