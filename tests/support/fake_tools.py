"""A PATH whose tools are played by shell scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.firmware import program


class Bench:
    """A PATH with fake tools on it, and the record of how they were called."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.log = root, root / "log"
        self.log.write_text("")
        monkeypatch.setenv("PATH", str(root))
        (root / "cat").symlink_to("/bin/cat")

    def has(self, name: str, script: str, chip: str = "0x470") -> None:
        """``chip``: what st-info, which comes with st-flash, tells of the part."""
        program(self.root / name, f'echo "{name} $*" >>"{self.log}"\n{script}')
        if name == "st-flash":
            said = f"  version:  V2J37S26\n  serial:   066CFF\n  chipid: {chip}"
            self.has("st-info", f"cat <<'SAID'\nFound 1 stlink programmers\n{said}\nSAID")

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()
