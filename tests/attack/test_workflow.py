"""The GitHub Actions workflow for users runs as it stands, step by step, for their own .tflite."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from support.firmware import need
from tinyrob import data
from tinyrob.files import resources
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.models import zoo
from tinyrob.validate.gate import load_gate

WORKFLOW = resources.templates() / "ci" / "github-actions.yml"
CHECKOUT = Path(__file__).resolve().parents[2]


def parsed() -> dict[str, Any]:
    return yaml.safe_load(WORKFLOW.read_text())


def steps() -> list[dict[str, Any]]:
    return parsed()["jobs"]["attack"]["steps"]


def gate() -> str:
    """The gate file that the comment at the top offers."""
    block = re.search(r"to start from:\n#\n((?:#    .*\n)+)", WORKFLOW.read_text())
    assert block
    return "".join(f"{line[6:]}\n" for line in block[1].splitlines())


def test_the_offered_gate_is_one(tmp_path):
    (tmp_path / "gate.toml").write_text(gate())
    loaded = load_gate(tmp_path / "gate.toml")
    assert loaded.clean == 0.7
    assert loaded.exact
    assert loaded.attacks[0].eps == 4


def test_what_it_installs_exists():
    (install,) = [step["run"] for step in steps() if step.get("name", "").startswith("Install")]
    extras = re.search(r'pip install "tinyrob\[([\w,]+)\]"', install)
    assert extras
    known = set(metadata.metadata("tinyrob").get_all("Provides-Extra") or ())
    assert set(extras[1].split(",")) <= known
    packages = re.search(r"apt-get install [-\w ]*--no-install-recommends (.*)", install)
    assert packages
    ours = (CHECKOUT / "scripts" / "setup-tools").read_text().split()
    assert set(packages[1].split()) <= set(ours)


def test_its_actions_are_pinned_as_ours_are():
    ours = "".join(p.read_text() for p in (CHECKOUT / ".github" / "workflows").glob("*.yml"))
    uses = re.findall(r"uses: (.*)", WORKFLOW.read_text())
    assert uses
    for line in uses:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
        assert line in ours


def own_network(folder: Path) -> None:
    """A .tflite that does not say what it was trained on, with inputs and labels."""
    graph = to_graph(zoo.load("digits-stq-jr"))
    (folder / "models").mkdir()
    bare = dataclasses.replace(graph, metadata={})
    (folder / "models" / "network.tflite").write_bytes(write_tflite(bare))
    digits = data.load("digits")
    np.save(folder / "models" / "inputs.npy", data.to_int8(digits.x_test)[:40])
    np.save(folder / "models" / "labels.npy", digits.y_test[:40])
    (folder / "gate.toml").write_text(gate())


@pytest.mark.slow
def test_every_step_runs_as_written_for_a_tflite_of_ones_own(tmp_path):
    """But for fewer examples and one eps; its installing is what the tests have done already."""
    need("arm-none-eabi-gcc", "make", "cc", "qemu-system-arm")
    own_network(tmp_path)
    absent = tmp_path / "absent"  # of the extras that it does not install
    absent.mkdir()
    for module in ("art", "optuna", "serial", "hls4ml", "da4ml"):
        (absent / f"{module}.py").write_text("raise ImportError('not installed')")
    bin_folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        **parsed()["env"],
        "PYTHONPATH": os.pathsep.join([str(absent), os.environ.get("PYTHONPATH", "")]),
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
    }
    verbs = []
    for step in steps():
        if "run" not in step or "pip install" in step["run"]:
            continue
        verbs += re.findall(r"^tinyrob ([\w-]+)", step["run"], re.M)
        few = step["run"].replace("--suite quick", "--suite quick --samples 8 --eps 4")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", few],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert verbs == ["build", "validate", "attack", "report"]
    uploaded = next(step for step in steps() if "upload-artifact" in step.get("uses", ""))
    for name in uploaded["with"]["path"].split():
        assert (tmp_path / name).is_file()
