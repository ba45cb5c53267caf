"""The GitHub Actions workflow for users: each of its tinyrob commands runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinyrob.files import resources
from tinyrob.validate.gate import load_gate

WORKFLOW = resources.templates() / "ci" / "github-actions.yml"


def commands() -> list[str]:
    return re.findall(r"^\s+run: (tinyrob .*)$", WORKFLOW.read_text(), re.M)


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


@pytest.mark.slow
def test_its_commands_run(tmp_path):
    """As written, but for fewer examples and one eps."""
    (tmp_path / "gate.toml").write_text(gate())
    bin_folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "MODEL": "digits-stq-jr",
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
    }
    ran = commands()
    assert [line.split()[1] for line in ran] == ["attack", "report"]
    for line in ran:
        small = f"{line} --samples 8 --eps 4" if " attack " in line else line
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", small],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    for name in ("report.html", "report.json", "attack.json", "junit.xml"):
        assert f"robustness/{name}" in WORKFLOW.read_text()
        assert (tmp_path / "robustness" / name).is_file()
