"""A page of the documentation as a list of blocks, and how each kind is carried out.

In a page, fenced blocks of these kinds are run, in order, in one folder a page:

    ```console         each line that starts with `$ ` is a shell command that must succeed; the
                       lines below it stand in its output (blanks alike, `...` for anything)
    ```python          runs in one namespace a page
    ```toml title="gate.toml"     (any language, with a title): the file is written

A command of tinyrob's alone runs in this process, which saves each the seconds that TensorFlow
takes to start; all others, with pipes or variables, run in bash.

Right above a block, a comment may say otherwise; the reason is for the reader of the page's source:

    <!-- not run: needs a board on the desk -->
    <!-- exits 1 -->
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

RUN = ("console", "python")
SHELL = ("bash", "sh", "shell", "shell-session", "pycon", "zsh")
_FENCE = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n)?"
    r"^(?P<indent> *)```(?P<kind>[\w-]*)(?P<options>[^\n]*)\n(?P<body>.*?)^(?P=indent)```\s*$",
    re.M | re.S,
)
_PLAIN = re.compile(r"tinyrob [\w ./,=:+-]+")
_SECONDS = 1800  # a hang, not slowness
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """``line`` is the fence's in the page; ``title`` the file to write, if any."""

    line: int
    kind: str
    body: str
    title: str | None
    note: str

    @property
    def reason(self) -> str | None:
        """Why it is not run; None where it is."""
        return self.note.removeprefix("not run:").strip() if "not run:" in self.note else None

    @property
    def status(self) -> int:
        """What its last command exits with."""
        found = re.search(r"exits (\d+)", self.note)
        return int(found[1]) if found else 0

    def commands(self) -> list[tuple[str, list[str]]]:
        """A console's commands, each with the lines that are shown of its output."""
        found: list[tuple[str, list[str]]] = []
        for line in self.body.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found and found[-1][0].endswith("\\"):
                found[-1] = (f"{found[-1][0]}\n{line}", [])
            elif found and line.strip():
                found[-1][1].append(line)
        return found


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in its order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        title = _TITLE.search(match["options"])
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(True))
        line = text.count("\n", 0, match.start("kind")) + 1
        note = match["note"] or ""
        found.append(Block(line, match["kind"], body, title[1] if title else None, note))
    return found


def run_console(block: Block, where: str) -> None:
    """Runs a block's commands in the current folder; ``where`` names it when one fails."""
    commands = block.commands()
    assert commands, f"{where}: no line starts with '$ '"
    for index, (command, shown) in enumerate(commands):
        status, printed = _tinyrob(command) if _PLAIN.fullmatch(command) else _bash(command)
        wanted = block.status if index == len(commands) - 1 else 0
        assert status == wanted, f"{where}: {command}\n{printed}"
        for line in shown:
            assert stands_in(line, printed), f"{where}: {command}\nno {line!r} in\n{printed}"


def _bash(command: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _tinyrob(command: str) -> tuple[int, str]:
    from tinyrob.cli import main

    printed, status = io.StringIO(), 0
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            main(shlex.split(command)[1:])
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return status, printed.getvalue()


def stands_in(shown: str, output: str) -> bool:
    """Whether a line of a page stands in what was printed: blanks alike, ``...`` for anything."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in shown.split("..."))
    lines = (" ".join(line.split()) for line in output.splitlines())
    return any(re.search(pattern, line) for line in lines)
