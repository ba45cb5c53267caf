"""Is an FPGA project's own testbench able to fail?"""

from __future__ import annotations

from pathlib import Path

from tinyrob.project.make import run_make


def finds_one_wrong_bit(folder: Path, vectors: int) -> None:
    """``make test`` passes in ``folder``, and names the output when one expected value is off by 1.

    The file of expected outputs is put back.
    """
    made = run_make(folder, ["test"])
    assert made.returncode == 0, made.stderr
    assert f"PASS: {vectors} vectors" in made.stdout
    expected = folder / "tb_data" / "expected.dat"
    good = expected.read_text()
    first, rest = good.split(" ", 1)
    expected.write_text(f"{int(first) + 1} {rest}")
    try:
        made = run_make(folder, ["test"])
    finally:
        expected.write_text(good)
    assert made.returncode != 0
    assert "FAIL: vector 0, output 0" in made.stderr
