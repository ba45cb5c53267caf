"""The command `tests/wild/run`: each verdict, from files of our own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from support.borders import bordered
from support.native import compiler
from support.recurrent import lstm
from support.sixteen import spoken
from support.surgery import edit, schema, small_file, small_network
from tinyrob.ir.tflite_write import write_tflite

RUN = Path(__file__).with_name("run")


def unknown(model: schema.ModelT) -> None:
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.COS
    model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.COS


FILES = {
    "plain": small_file(),
    "floats": write_tflite(bordered(small_network(), "float32", "float32")),
    "state": write_tflite(lstm(seed=1)),
    "sixteen": write_tflite(spoken()),
    "unknown": edit(small_file(), unknown),
}


def test_the_table_says_of_each_network_what_it_is(tmp_path: Path) -> None:
    compiler()
    rows = ["name,sha256"]
    for name, data in FILES.items():
        (tmp_path / f"{name}.tflite").write_bytes(data)
        rows.append(f"{name},{hashlib.sha256(data).hexdigest()}")
    rows += ["absent,", f"other,{'0' * 64}"]
    (tmp_path / "other.tflite").write_bytes(small_file())
    listed, page = tmp_path / "list.csv", tmp_path / "page.md"
    listed.write_text("\n".join(rows) + "\n")
    done = subprocess.run(
        [sys.executable, RUN, tmp_path, listed, "--count", "8", "--markdown", page],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    verdicts = dict(line.split(":")[0].split()[::-1] for line in done.stdout.splitlines()[:-1])
    assert verdicts == {
        "plain": "exact", "floats": "exact", "state": "exact", "sixteen": "exact",
        "unknown": "refused", "absent": "missing", "other": "missing",
    }  # fmt: skip
    assert done.stdout.splitlines()[-1] == "4 exact, 1 refused, 2 missing"
    table = page.read_text()
    assert "| state | exact |" in table
    assert "| UNIDIRECTIONAL_SEQUENCE_LSTM | 1 | 1 |" in table
