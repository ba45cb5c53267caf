"""A folder with everything that a page shows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from support.results import attack, build, validation


@pytest.fixture
def folder(tmp_path):
    """A folder as `tinyrob attack` leaves it, with a build, a validation and a baseline beside."""
    out = tmp_path / "run"
    (out / "build").mkdir(parents=True)
    (out / "attack.json").write_text(json.dumps(attack()))
    (out / "build" / "manifest.json").write_text(json.dumps(build()))
    (out / "validate.json").write_text(json.dumps(validation()))
    random = np.random.default_rng(0)
    images = random.integers(-128, 128, (2, 3, 8, 8, 1)).astype(np.int8)
    np.savez(
        out / "examples.npz",
        clean=images[0],
        adversarial=images[1],
        label=np.array([0, 1, 2]),
        clean_class=np.array([0, 1, 2]),
        adversarial_class=np.array([1, 2, 0]),
        index=np.array([4, 7, 9]),
        eps=np.array([1.0, 2.0, 4.0]),
        norm=np.array(["linf"] * 3),
    )
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline" / "attack.json").write_text(json.dumps(attack("mlperf", 0.1)))
    return out
