"""One run at a time on one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.errors import DataError
from tinyrob.files.lock import only_run


def test_the_lock_is_beside_the_folder_and_goes(tmp_path: Path) -> None:
    with only_run(tmp_path / "out"):
        assert [path.name for path in tmp_path.iterdir()] == [".out.lock"]
        with pytest.raises(DataError, match="another run of tinyrob"), only_run(tmp_path / "out"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_lie_beside_the_folder_it_is_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    with only_run(out):
        assert [path.name for path in tmp_path.rglob("*")] == ["out", ".lock"]
        with pytest.raises(DataError, match="another run of tinyrob"), only_run(out):
            pass
    assert list(out.iterdir()) == []
