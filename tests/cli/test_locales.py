"""Every encoding of a terminal and of file names will do, ASCII among them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
LOCALES = {
    "ASCII": ASCII,
    "Latin-1": {**ASCII, "PYTHONIOENCODING": "latin-1"},
    "UTF-8": {"PYTHONUTF8": "1"},
}


def tinyrob(folder: Path, locale: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "PYTHONIO"))}
    return subprocess.run(
        [sys.executable, "-m", "tinyrob", *arguments],
        cwd=folder, env={**kept, **LOCALES[locale]}, capture_output=True,
    )  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_said_beyond_ascii_stops_nothing(locale: str, tmp_path: Path) -> None:
    for verb in ("boards", "doctor"):
        done = tinyrob(tmp_path, locale, verb)
        assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
        assert done.stdout


def test_files_are_the_same_in_every_locale(tmp_path: Path) -> None:
    made = set()
    for locale in LOCALES:
        name = f"n\u00f6-{locale}.tflite"
        done = tinyrob(tmp_path, locale, "export-tflite", "digits-stq-jr", "-o", name)
        assert done.returncode == 0, done.stderr
        made.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(made) == 1


@pytest.mark.parametrize("locale", ["ASCII", "Latin-1"])
def test_a_name_beyond_ascii_is_told_as_far_as_it_can_be(locale: str, tmp_path: Path) -> None:
    done = tinyrob(tmp_path, locale, "build", "n\u00f6.tflite", "--target", "stm32")
    assert done.returncode == 1
    assert b"error:" in done.stderr
    assert b"Traceback" not in done.stderr
