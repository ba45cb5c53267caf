"""An estimate beside its build: of that firmware and no other, or a sentence why there is none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from support.firmware import need, small
from tinyrob.build.job import build
from tinyrob.errors import DataError
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.report.page import report
from tinyrob.timing.kept import FILE, estimate_build, kept_estimate, try_to_estimate


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    need("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("kept") / "build"
    build(small(), "nucleo_l4r5zi", out=folder)
    return open_build(folder)


def test_what_is_kept_is_what_was_found_and_the_page_shows_it(built):
    found = estimate_build(built)
    kept = kept_estimate(built.path, built.manifest.elf_digest)
    assert kept is not None
    assert kept["cycles_estimate"] == found.total.cycles > 0
    assert len(kept["layers"]) == len(built.manifest.layers)
    text = report(built.path)[0].read_text()
    assert f"{found.total.cycles:,}</span> cycles" in text
    assert "an estimate" in text
    assert "layers-cycles_estimate" in text


def test_another_firmwares_estimate_is_not_shown(built):
    estimate_build(built)
    assert kept_estimate(built.path, "0" * 64) is None


def test_a_damaged_file_is_told(tmp_path):
    assert kept_estimate(tmp_path, "") is None
    for text in ("{", json.dumps({"elf_digest": ""}), '{"elf_digest": 3}'):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(DataError, match=r"estimate\.json is damaged"):
            kept_estimate(tmp_path, "")


def test_without_an_estimate_there_is_a_sentence(built):
    bench = BuildFolder(built.path, replace(built.manifest, app="bench"))
    assert try_to_estimate(bench) == (
        None,
        "cycles are estimated of the app validate of generated C, not of bench",
    )
    other = BuildFolder(built.path, replace(built.manifest, board="mps3_an547"))
    found, why = try_to_estimate(other)
    assert found is None
    assert "no timing table" in str(why)
