"""A folder that somebody has named may be any: the walk below it ends, and tells what it cannot."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tinyrob.errors import DataError
from tinyrob.files import walk
from tinyrob.files.walk import files_below

PICTURES = (".png", ".bmp")


def grown(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def names(root: Path, found: list[Path]) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found]


def test_files_of_the_endings_come_sorted_and_hidden_ones_do_not(tmp_path: Path) -> None:
    grown(
        tmp_path,
        "b/2.PNG",
        "b/1.png",
        "a/deep/er/3.bmp",
        "a/4.txt",
        "a/._4.png",
        "lost+found/5.png",
    )
    (tmp_path / "b" / "gone.png").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path, files_below(tmp_path, PICTURES)) == [
        "a/deep/er/3.bmp", "b/1.png", "b/2.PNG", "b/gone.png",
    ]  # fmt: skip


def test_links_to_folders_are_entered_only_where_they_are_named(tmp_path: Path) -> None:
    grown(tmp_path, "in/1.png")
    (tmp_path / "in" / "round.png").symlink_to(tmp_path)
    (tmp_path / "same").symlink_to(tmp_path / "in")
    assert names(tmp_path, files_below(tmp_path, PICTURES)) == ["in/1.png"]
    chosen = [tmp_path / "same"]
    assert names(tmp_path, files_below(tmp_path, PICTURES, chosen)) == ["same/1.png"]


def test_a_folder_with_too_much_in_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(tmp_path, *(f"{n % 3}/{n}.txt" for n in range(9)))
    monkeypatch.setattr(walk, "MOST_ENTRIES", 12)
    assert files_below(tmp_path, PICTURES) == []
    monkeypatch.setattr(walk, "MOST_ENTRIES", 11)
    with pytest.raises(DataError, match=re.escape(f"{tmp_path} holds more than 11 files")):
        files_below(tmp_path, PICTURES)


def test_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(tmp_path, "a/1.png")
    real = os.scandir

    def locked(folder: str):  # whoever runs the tests may read all
        if Path(folder).name == "a":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(walk.os, "scandir", locked)
    with pytest.raises(DataError, match=r"cannot look into the folder .*a: Permission denied"):
        files_below(tmp_path, PICTURES)


def test_a_folder_that_is_gone_when_it_is_reached_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(tmp_path, "a/1.png", "b/2.png")
    real = os.scandir

    def gone(folder: str):
        if Path(folder).name == "a":
            raise FileNotFoundError(2, "No such file or directory")
        return real(folder)

    monkeypatch.setattr(walk.os, "scandir", gone)
    assert names(tmp_path, files_below(tmp_path, PICTURES)) == ["b/2.png"]
    with pytest.raises(DataError, match="No such file"):
        files_below(tmp_path / "never", PICTURES)
