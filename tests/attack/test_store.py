"""What an attack has found is kept whole, and a killed run leaves nothing beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tinyrob.attack.store import Store


def test_what_is_kept_is_found_by_its_key_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    store.save("noise", "key", {"x": np.arange(3)})
    found = store.load("noise", "key")
    assert found is not None
    assert found["x"].tolist() == [0, 1, 2]
    assert store.load("noise", "other key") is None
    assert store.load("none", "key") is None


def test_what_a_killed_run_was_writing_is_cleared_when_it_is_written_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    program = (
        "import io, os, sys, numpy, pathlib; from tinyrob.attack.store import Store\n"
        "pathlib.Path.replace = lambda *_: os._exit(9)\n"
        "Store(pathlib.Path(sys.argv[1])).save('noise', 'key', {'x': numpy.zeros(3)})\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)]).returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    store.save("noise", "key", {"x": np.arange(3)})
    assert [path.name for path in tmp_path.iterdir()] == ["noise.npz"]
