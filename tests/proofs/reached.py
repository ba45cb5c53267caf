"""Tells which functions of the DSP and MVE kernels no layer calls that is proved.

python tests/proofs/reached.py [--each N]

Each layer that prove.py takes is compiled for this machine with gcov and run on a drawn input: a
helper that none of them calls is not in any proof. Exits with 1 where there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent.parent / "firmware" / "kernels"
SETS = ("dsp", "mve")
sys.path[:0] = [str(HERE), str(HERE.parent)]

from emitted import EACH, Emitted, emitted  # noqa: E402

_DRAWN = """#include <stdlib.h>
static int Frama_C_interval(int low, int high)
{
    return low + rand() % (high - low + 1);
}
"""
"""In the place of Frama-C's header: any value is one of them here."""


def calls(layer: Emitted, home: Path) -> dict[tuple[str, str], int]:
    """How often each function that was compiled is called, by file and name."""
    files = layer.write(home)
    (home / "__fc_builtin.h").write_text(_DRAWN)
    folders = [f"-I{home / name}" for name in (".", "include", "model", "kernels")]
    command = ["gcc", "-O0", "--coverage", "-w", "-include", "string.h", *folders]
    subprocess.run([*command, *map(str, files), "-o", "run"], cwd=home, check=True)
    subprocess.run([home / "run"], cwd=home, check=True)
    counts = sorted(home.glob("*.gcda"))
    told = subprocess.run(
        ["gcov", "--stdout", "--json-format", *counts], cwd=home, check=True, capture_output=True
    )
    found: dict[tuple[str, str], int] = {}
    for line in filter(None, told.stdout.decode().splitlines()):
        for file in json.loads(line)["files"]:
            for function in file["functions"]:
                key = Path(file["file"]).name, function["name"]
                found[key] = found.get(key, 0) + function["execution_count"]
    return found


def unreached(layers: list[Emitted]) -> list[str]:
    """Files that no layer has, and functions that none calls."""
    total: dict[tuple[str, str], int] = {}
    with tempfile.TemporaryDirectory(prefix="tinyrob-reached-") as folder:
        homes = [Path(folder) / str(number) for number in range(len(layers))]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for found in pool.map(calls, layers, homes):
                for key, count in found.items():
                    total[key] = total.get(key, 0) + count
    ours = {path.name for name in SETS for path in (KERNELS / name).glob("*.[ch]")}
    sources = {name for name in ours if name.endswith(".c")}
    absent = sorted(sources - {file for file, _ in total})
    idle = sorted(f"{file}: {name}" for (file, name), n in total.items() if file in ours and not n)
    return [*absent, *idle]


def main() -> int:
    """Of the layers that are proved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="layers a kernel, as prove.py's")
    layers = emitted(parser.parse_args().each)
    left = unreached(layers)
    for one in left:
        print(f"no layer that is proved calls {one}")
    print(f"{len(layers)} layers, {len(left)} functions that none of them calls")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
