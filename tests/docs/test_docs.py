"""Every command and snippet of the documentation runs; what does not, says why."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.pages import RUN, SHELL, blocks, run_console

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in DOCS.rglob("*.md") if page != DOCS / "README.md"),
]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def runs(page: Path) -> bool:
    return any(block.reason is None and block.kind in RUN for block in blocks(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)], ids=name)
def test_a_page_runs_from_top_to_bottom(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    beside = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{beside}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "200")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.reason is not None:
            continue
        if block.title is not None:
            (tmp_path / block.title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.title).write_text(block.body, encoding="utf-8")
        elif block.kind == "console":
            run_console(block, f"{name(page)}:{block.line}")
        elif block.kind == "python":
            exec(compile(block.body, f"{name(page)}:{block.line}", "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_is_not_run_says_why_and_nothing_looks_like_a_command_that_is_not_one(
    page: Path,
) -> None:
    for block in blocks(page):
        where = f"{name(page)}:{block.line}"
        assert block.kind, f"{where}: a block without a language"
        assert block.kind not in SHELL, f"{where}: commands are written as ```console with '$ '"
        if block.reason is not None:
            assert len(block.reason.split()) >= 3, f"{where}: why not?"
            assert block.kind in RUN, f"{where}: is not run anyway"
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    if page.name == "README.md":
        return  # its list of targets is for reading; `make demo` is CI's own test
    indented = re.findall(r"^ {4,}(?:\$ )?(?:tinyrob|make|pip|python) .*", text, re.M)
    assert indented == [], "commands stand in fenced blocks"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_into_the_repository_reach_something(page: Path) -> None:
    ours = r"https://github\.com/tinyrob/tinyrob/(?:blob|tree)/main/([^)#\s]+)"
    for path in re.findall(ours, page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "reference" / "recipe" / "index.html").is_file()
