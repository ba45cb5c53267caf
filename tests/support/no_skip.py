"""TINYROB_NO_SKIP=1: a skipped test fails, and says why it would have been skipped.

Where a compiler, a package or a dataset is missing, skipping is right on a laptop; in CI it hides
that something is no longer tested. Expected failures (xfail) are not skips.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

VARIABLE = "TINYROB_NO_SKIP"


def _failed(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get(VARIABLE) or not report.skipped or hasattr(report, "wasxfail"):
        return
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: {why.removeprefix('Skipped: ')} ({VARIABLE} is set)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tests, and what their fixtures ask for."""
    report = yield
    _failed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Whole modules: importorskip at their top."""
    report = yield
    _failed(report)
    return report
