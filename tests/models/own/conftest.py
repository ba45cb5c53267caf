"""Models that Keras 3 has made, once for all tests here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAKER = Path(__file__).resolve().parents[2] / "support" / "keras3_models.py"


@pytest.fixture(scope="session")
def keras3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keras3")
    other = {k: v for k, v in os.environ.items() if k not in ("TF_USE_LEGACY_KERAS", "PYTHONPATH")}
    subprocess.run(
        [sys.executable, MAKER, folder], check=True, timeout=300, capture_output=True,
        env={**other, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    return folder
