"""Runs each helper of exhaustive.c on every argument; prints the processor's seconds of each.

python tests/proofs/exhaustive.py [NAME ...] [--one-in N]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parent.parent / "firmware"
HELPERS = (
    "divide_by_pot", "tie_free", "exponential", "reciprocals", "any_reciprocals", "roots",
    "logarithms", "sigmoids",
)  # fmt: skip


def build(folder: Path) -> Path:
    """The program, with the undefined behaviour sanitizer."""
    program = folder / "exhaustive"
    portable = FIRMWARE / "kernels" / "portable"
    sources = [
        HERE / "exhaustive.c",
        *(portable / f"tr_{name}16.c" for name in ("sigmoid", "tanh", "interpolate")),
    ]
    subprocess.run(
        [
            "cc", "-std=c99", "-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all",
            f"-I{FIRMWARE / 'include'}", f"-I{portable}", *map(str, sources), "-o", program,
        ],
        check=True,
    )  # fmt: skip
    return program


def main() -> int:
    """All helpers, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*HELPERS, []])
    parser.add_argument("--one-in", type=int, default=1, help="arguments to take one of")
    asked = parser.parse_args()
    fell = 0
    with tempfile.TemporaryDirectory(prefix="tinyrob-exhaustive-") as folder:
        program = build(Path(folder))
        for name in asked.names or HELPERS:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [program, name, str(asked.one_in)], capture_output=True, text=True
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime - before.ru_utime
            said = (done.stdout + done.stderr).strip()
            print(f"{name:40s} {seconds:6.1f} s  {said or 'holds'}", flush=True)
            fell += done.returncode != 0
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
