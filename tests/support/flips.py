"""Single bits flipped in a build's own program: ``python -m support.flips [COUNT [SEED]]``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from support.firmware import small
from support.on_host import host_folder
from tinyrob.deployable import Deployable, load_model
from tinyrob.files.system import FIXED_PLACE
from tinyrob.project.recipe import host_flags, host_units
from tinyrob.project.seal import seal

_PROBE = Path(__file__).with_name("flips.c")


def probe(model: Deployable, where: Path) -> Path:
    """The host's program of a network, with the flips' main in the place of its own."""
    folder = host_folder(model.graph, model.tflite, where).path
    sources = [u.source for u in host_units(folder) if not u.source.startswith(("apps", "proto"))]
    sources = [source for source in sources if "ports/host" not in source]
    program = folder / "flips"
    flags = [flag for flag in host_flags() if flag not in ("-Wpedantic", "-std=c99", "-MMD", "-MP")]
    subprocess.run(
        ["gcc", "-std=gnu99", *flags, *FIXED_PLACE, _PROBE, *sources, "-o", program],
        cwd=folder, check=True,
    )  # fmt: skip
    assert seal(program) is not None
    return program


def unseen(program: Path, count: int, seed: int = 1) -> tuple[int, str]:
    """How many of ``count`` flips nobody saw, and what the program says of them."""
    done = subprocess.run(
        [program, str(count), str(seed)],
        capture_output=True,
        text=True,
        env={**os.environ, "LD_BIND_NOW": "1"},
    )
    found = re.search(r"(\d+) unseen", done.stdout)
    assert found is not None, done.stderr
    return int(found[1]), done.stdout + done.stderr


if __name__ == "__main__":
    _count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    _seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as _folder:
        for _number, _model in enumerate((small(), load_model())):
            _left, _said = unseen(probe(_model, Path(_folder) / str(_number)), _count, _seed)
            print(f"{_model.name}: {_said.strip()}")
            if _left:
                sys.exit(1)
