"""TINYROB_NO_SKIP=1 lets no skip by, and changes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import no_skip

pytest_plugins = ["pytester"]

_TESTS = """
    import pytest
    def test_passes(): pass
    def test_lacks_a_tool(): pytest.skip("gcc is not installed")
    @pytest.mark.skip(reason="marked so")
    def test_marked(): pass
    @pytest.fixture
    def data(): pytest.skip("no real datasets")
    def test_lacks_data(data): pass
    @pytest.mark.xfail(reason="known")
    def test_known(): assert False
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with this hook and tests that skip in each way."""
    pytester.makeconftest(Path(no_skip.__file__).read_text(encoding="utf-8"))
    pytester.makepyfile(_TESTS)
    return pytester


def test_a_skip_stays_a_skip_where_nothing_is_asked(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(no_skip.VARIABLE, raising=False)
    inner.runpytest_subprocess().assert_outcomes(passed=1, skipped=3, xfailed=1)


def test_every_kind_of_skip_fails_with_its_reason(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(no_skip.VARIABLE, "1")
    done = inner.runpytest_subprocess()
    done.assert_outcomes(passed=1, failed=1, errors=2, xfailed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    for reason in ("gcc is not installed", "marked so", "no real datasets"):
        done.stdout.fnmatch_lines([f"*{reason} (TINYROB_NO_SKIP is set)*"])


def test_a_module_that_skips_itself_fails_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(no_skip.VARIABLE, "1")
    pytester.makeconftest(Path(no_skip.__file__).read_text(encoding="utf-8"))
    pytester.makepyfile("import pytest; pytest.importorskip('no_such_module_at_all')")
    done = pytester.runpytest_subprocess()
    assert done.ret != pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["*could not import 'no_such_module_at_all'*TINYROB_NO_SKIP is set*"])


def test_it_is_on_in_these_tests_and_in_ci() -> None:
    tests = Path(__file__).resolve().parent
    assert "support.no_skip" in (tests / "conftest.py").read_text(encoding="utf-8")
    assert f"export {no_skip.VARIABLE}=1" in (tests.parent / ".ci" / "run").read_text()
