"""What the zoo's networks cost on an FPGA: simulated, synthesized, placed and routed by open tools.

    python -m benchmarks.fpga benchmarks/fpga.json [--network N]… [--device D]… [--seeds 1 2 3]

Each case is exported for its device and interval, simulated on test examples and on as many
attacked ones (a difference ends the run), synthesized by Yosys, and routed by nextpnr with every
seed. The file is written after every seed; seeds that it has of the same Verilog by the same tools
are not routed again. At the end the table goes into the pages that show it; ``--table`` does that
alone. ``ms`` is of an image at the median of the clocks.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fpga.measure import CASES, Row, routed, synthesized, with_routes
from benchmarks.fpga.table import write
from benchmarks.kept import replaced, save
from tinyrob.files.json_text import read_json


def keep(file: Path, row: Row) -> None:
    """``row`` in ``file``, in place of an older one of its network and device."""
    rows = read_json(file) if file.is_file() else []
    order = [(case.network, case.device) for case in CASES]
    save(file, replaced(rows, row, lambda one: (one["network"], one["device"]), order))


def recorded(file: Path, network: str, device: str) -> Row | None:
    """The row of ``file``, where there is one."""
    rows = read_json(file) if file.is_file() else []
    key = (network, device)
    return next((row for row in rows if (row["network"], row["device"]) == key), None)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--network", action="append")
    parser.add_argument("--device", action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--vectors", type=int, help="the most test examples that are simulated")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    for case in () if asked.table else CASES:
        if asked.network and case.network not in asked.network:
            continue
        if asked.device and case.device not in asked.device:
            continue
        with TemporaryDirectory() as name:
            folder = Path(name) / "rtl"
            row = synthesized(case, folder, min(asked.vectors or case.vectors, case.vectors))
            row = with_routes(row, recorded(asked.file, case.network, case.device))
            for seed in asked.seeds:
                if str(seed) not in row["routes"]:
                    row = routed(row, folder, seed)
                    keep(asked.file, row)
                print(
                    f"{row['network']} on {row['device']}, seed {seed}: {row['ms']} ms", flush=True
                )
    write(read_json(asked.file))


if __name__ == "__main__":
    main()
