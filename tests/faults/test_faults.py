"""A sample of the sweep: exporting is killed, finds no room on the disk, or none in memory."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SWEEP = Path(__file__).with_name("sweep.py")


@pytest.mark.parametrize(
    ("how", "every"), [("kill", 4), ("full", 5), ("broken", 4), ("memory", 12)]
)
def test_an_export_is_whole_or_absent_and_the_next_one_is_the_same(how: str, every: int) -> None:
    command = [sys.executable, SWEEP, "export-tflite", "--how", how, "--every", str(every)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) writes, +(\d+) struck, .* 0 wrong", done.stdout)
    assert found is not None, done.stdout
    assert int(found[1]) > 5
    assert int(found[2]) >= 2
