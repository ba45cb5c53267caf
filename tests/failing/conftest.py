"""Where the samples are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def failing() -> Path:
    """The folder of samples that once failed (TINYROB_FAILING, or ../shared/failing)."""
    folder = Path(os.environ.get("TINYROB_FAILING", SHARED / "failing"))
    if not folder.is_dir():
        pytest.skip("no samples of what once failed: set TINYROB_FAILING to their folder")
    return folder
