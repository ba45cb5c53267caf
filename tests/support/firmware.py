"""Build folders of a small network, made once a process; and programs that play parts."""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.native import folder
from support.surgery import small_file
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.elf import read_sections


def small() -> Deployable:
    """A network that no dataset is known of."""
    data = small_file()
    return Deployable("small", read_tflite(data, "small"), data)


def need(*programs: str) -> None:
    """Skips where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@functools.cache
def _built(app: str) -> Path:
    out = folder() / app
    build(small(), "stm32", app, out=out)
    return out


def built(app: str = "validate") -> BuildFolder:
    """A build folder for the emulated board; not to be changed."""
    need("arm-none-eabi-gcc", "make")
    return open_build(_built(app))


def copied(tmp_path: Path, app: str = "validate") -> BuildFolder:
    """A build folder that a test may change."""
    return open_build(Path(shutil.copytree(built(app).path, tmp_path / "copied")))


def program(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def hashes(root: Path) -> Mapping[str, str]:
    """SHA-256 of every file under ``root``, by relative path."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def stored(path: Path) -> list[tuple[str, int, int]]:
    """Name, offset in the file and bytes of each section that is programmed."""
    data = path.read_bytes()
    start = int.from_bytes(data[32:36], "little")
    offsets = [
        int.from_bytes(data[start + 40 * i + 16 : start + 40 * i + 20], "little")
        for i in range(len(read_sections(path)))
    ]
    return [
        (section.name, offset, section.bytes)
        for section, offset in zip(read_sections(path), offsets, strict=True)
        if section.loaded and section.stored and section.bytes
    ]
