"""What every test may ask for: real data and models where they are, and one hypothesis profile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.no_skip import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# Differential tests compile, or start interpreters: a deadline per example would measure the
# machine. Derandomized, so that CI fails for the change and not for the draw;
# TINYROB_FUZZ=1 draws anew and longer.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("fuzz", settings.get_profile("ci"), derandomize=False, max_examples=2000)
settings.load_profile("fuzz" if os.environ.get("TINYROB_FUZZ") else "ci")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: content may hold a time of day (a zip's does), and two
    workers that collect a second apart would then have different tests."""
    return argname if isinstance(val, bytes) else None


CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared"


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinyrob" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The root of the unpacked real datasets: TINYROB_DATA, or unpacked once from ../shared."""
    if "TINYROB_DATA" in os.environ:
        return Path(os.environ["TINYROB_DATA"])
    unpack = SHARED / "unpack_data.py"
    if not unpack.is_file():
        pytest.skip("no real datasets: set TINYROB_DATA to a folder that holds them")
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    # Workers of one pytest-xdist run share the cache: one unpacks, the others wait for it.
    import fcntl

    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([sys.executable, str(unpack), str(cache)], check=True, capture_output=True)
    return cache


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """The folder of the MLPerf Tiny reference models (TINYROB_MODELS, or ../shared/models)."""
    folder = Path(os.environ.get("TINYROB_MODELS", SHARED / "models"))
    if not folder.is_dir():
        pytest.skip("no MLPerf Tiny reference models: set TINYROB_MODELS to their folder")
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built through an sdist, as `python -m build` does: what a release would be."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(CHECKOUT)],
        check=True,
        capture_output=True,
    )
    (made,) = out.glob("*.whl")
    return made
