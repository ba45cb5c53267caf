"""open_build: a build folder, or why it is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.firmware import built, copied
from tinyrob.errors import DataError
from tinyrob.project.build_folder import open_build
from tinyrob.run.serial import SerialRunner


def test_what_is_written_is_what_is_read() -> None:
    folder = built()
    raw = json.loads((folder.path / "manifest.json").read_text(encoding="utf-8"))
    assert json.loads(folder.manifest.to_json()) == raw
    assert folder.manifest.input.bytes == 72
    assert len(folder.model_digest) == 16


@pytest.mark.parametrize("inner", ["int8", "int16"])
def test_each_value_of_the_output_has_one_name(inner: str) -> None:
    manifest = built().manifest
    wide = replace(manifest, output=replace(manifest.output, inner=inner))
    assert len(wide.called) == manifest.output.values


def test_a_folder_that_is_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        open_build(tmp_path / "gone")
    with pytest.raises(DataError, match=r"is not a build folder: it has no manifest\.json"):
        open_build(tmp_path)


def change(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw.__setitem__(key, value)


@pytest.mark.parametrize(
    "spoil",
    [
        change("version", 99),
        change("elf", "../../etc/passwd"),
        change("model_digest", "zz"),
        change("layers", [{"name": "x"}]),
        change("flash", 7),
        change("input", {"shape": "abc", "scale": 1, "zero_point": 0}),
        change("board", None),
        change("baud", "fast"),
        change("optimize", 3),
        change("slim", "yes"),
        change("macs_removed", None),
        lambda raw: raw.pop("ram"),
    ],
)
def test_a_manifest_with_wrong_values_is_refused(
    spoil: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    folder = copied(tmp_path)
    file = folder.path / "manifest.json"
    raw = json.loads(file.read_text(encoding="utf-8"))
    spoil(raw)
    file.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(DataError, match="is damaged or of another version") as raised:
        open_build(folder.path)
    assert raised.value.hint == "build again"


def test_a_folder_of_an_earlier_tinyrob_opens(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    file = folder.path / "manifest.json"
    raw = json.loads(file.read_text(encoding="utf-8"))
    assert (raw.pop("baud"), raw.pop("optimize")) == (115_200, "balanced")
    file.write_text(json.dumps(raw), encoding="utf-8")
    opened = open_build(folder.path).manifest
    assert (opened.baud, opened.optimize) == (None, None)
    assert SerialRunner(open_build(folder.path)).baud == 115_200


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_corrupted_manifest_is_refused(content: bytes, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder.path / "manifest.json").write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        open_build(folder.path)


def test_missing_or_changed_parts_are_noticed(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder.path / "model.tflite").write_bytes(folder.tflite.read_bytes() + b"\0")
    with pytest.raises(DataError, match="is not the model that"):
        open_build(folder.path)
    folder.elf.unlink()
    with pytest.raises(DataError, match=r"is not whole: firmware\.elf is missing"):
        open_build(folder.path)
