"""The examples run as they stand, and notebooks are committed without outputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.firmware import need

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "examples"
SCRIPTS = {
    "arrays_to_gate.py": (["8"], "<Robustness of digits-stq-jr"),
    "attack_a_tflite.py": ([], "square       eps 8: "),
    "compare_boards.py": ([], "rp2040"),
}
NOTEBOOKS = ("attack_a_tflite.ipynb", "pictures_to_gate.ipynb")


def test_every_example_is_run_here() -> None:
    there = sorted(p.name for p in EXAMPLES.iterdir() if p.suffix in (".py", ".ipynb"))
    assert there == sorted([*SCRIPTS, *NOTEBOOKS])


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(name: str, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "cc", "make")
    arguments, said = SCRIPTS[name]
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert list(tmp_path.iterdir()) == [], "an example leaves nothing behind"


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("arm-none-eabi-gcc", "cc", "make")
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv(
        "PYTHONPATH",
        os.pathsep.join([str(CHECKOUT / "toolchain"), os.environ.get("PYTHONPATH", "")]),
    )
    book = nbformat.read(EXAMPLES / name, as_version=4)
    client = nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": tmp_path}})
    client.execute()
    shown = [out for cell in book.cells if cell.cell_type == "code" for out in cell.outputs]
    assert sum("text/html" in out.get("data", {}) for out in shown) >= 4


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_committed_without_outputs(name: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.read(EXAMPLES / name, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
