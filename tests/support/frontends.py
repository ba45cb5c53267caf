"""A front end's C, compiled for this machine: samples in, every frame's features out."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.native import SANITIZERS, WARNINGS, folder, gcc
from tinyrob.emit.frontend import emit_frontend
from tinyrob.features.spec import Features

_PROBE = Path(__file__).with_name("frontend_probe.c")


@cache
def program(features: Features, checked: bool = True) -> Path:
    """The compiled probe; ``checked``: with both sanitizers."""
    home = folder()
    emit_frontend(features, "probe").write(home / "fw")
    sources = [*(home / "fw/kernels").glob("*.c"), *(home / "fw/model").glob("*.c")]
    gcc(
        "-O2", *WARNINGS, *(SANITIZERS if checked else ()), "-I", home / "fw/include",
        "-I", home / "fw/model", _PROBE, *sources, "-o", home / "probe",
    )  # fmt: skip
    return home / "probe"


def run(
    features: Features, samples: NDArray[np.int16], piece: int = 0, checked: bool = True
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """All frames (N, width) of a stream, and the last network input (frames, width)."""
    done = subprocess.run(
        [program(features, checked), str(piece)],
        input=samples.astype("<i2").tobytes(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    rows = np.frombuffer(done.stdout, np.int8).reshape(-1, features.width)
    return rows[: -features.frames], rows[-features.frames :]
