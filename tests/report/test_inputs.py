"""Examples look like what they are: curves, bars, spectrograms; and eps is told in their unit."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tinyrob.data.units import Units
from tinyrob.errors import DataError
from tinyrob.report.collect import collect
from tinyrob.report.inputs import COLOURS, HEIGHT, image
from tinyrob.report.page import page
from tinyrob.report.sheet import CELL, picture, sheet

UNITS = Units((-4, 1), (0.0, 0.0), ("x", "gyro"), ("g", "deg/s"))


def svg(uri: str) -> ElementTree.Element:
    kind, _, content = uri.partition(";base64,")
    assert kind == "data:image/svg+xml"
    return ElementTree.fromstring(base64.b64decode(content))


def named(root: ElementTree.Element, tag: str) -> list[ElementTree.Element]:
    return root.findall(f"{{http://www.w3.org/2000/svg}}{tag}")


def test_windows_are_a_curve_a_channel_before_the_clean_ones_in_grey() -> None:
    q = np.stack([np.full(20, 127), np.full(20, -128)], axis=1).astype(np.int8)
    lines = named(svg(image(q, "windows", np.zeros_like(q))), "polyline")
    assert [line.get("stroke") for line in lines[2:]] == list(COLOURS[:2])
    assert len(lines) == 4
    heights = [
        {point.split(",")[1] for point in (line.get("points") or "").split()} for line in lines
    ]
    assert heights[2:] == [{"2.0"}, {f"{HEIGHT - 2:.1f}"}]


def test_a_long_recording_is_thinned() -> None:
    (line,) = named(svg(image(np.zeros((5000, 1), np.int8), "windows")), "polyline")
    assert 250 <= len((line.get("points") or "").split()) <= 512


def test_features_are_bars() -> None:
    bars = named(svg(image(np.array([-128, 0, 127], np.int8), "features")), "rect")[1:]
    tall = [float(bar.get("height") or 0) for bar in bars]
    assert tall[1] == 0.5
    assert tall[0] > 50
    assert tall[2] > 50


def test_a_spectrogram_has_time_to_the_right() -> None:
    uri = image(np.zeros((49, 10, 1), np.int8), "spectrum")
    content = base64.b64decode(uri.partition("base64,")[2])
    assert content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (49, 10)


@pytest.mark.parametrize("form", ["pixels", "windows", "spectrum", "features", None])
@pytest.mark.parametrize("shape", [(8,), (6, 2), (5, 4, 1), (5, 4, 3)])
def test_any_input_in_any_form_is_an_image(form: str | None, shape: tuple[int, ...]) -> None:
    q = np.arange(np.prod(shape), dtype=np.int8).reshape(shape)
    assert image(q, form, q).startswith("data:image/")
    assert picture(q, form or "pixels").shape == (CELL, CELL, 3)


def test_a_sheet_has_a_row_for_each_five() -> None:
    made = sheet([np.zeros((4, 4, 1), np.int8)] * 6, "pixels")
    assert made.shape == (2 * (CELL + 8) + 8, 5 * (CELL + 8) + 8, 3)


def of_windows(folder: Path, **more: Any) -> None:
    file = folder / "attack.json"
    found = json.loads(file.read_text())
    file.write_text(json.dumps({**found, "form": "windows", "units": UNITS.to_dict(), **more}))
    examples = dict(np.load(folder / "examples.npz"))
    x = np.zeros((3, 10, 2), np.int8)
    np.savez(folder / "examples.npz", **{**examples, "clean": x, "adversarial": x + 1})


def test_a_page_of_windows_draws_curves_and_tells_eps_in_the_sensors_unit(folder: Path) -> None:
    of_windows(folder)
    made = page(*collect(folder))
    assert made.count("data:image/svg+xml") == 6
    assert 'class="pair drawn"' in made
    assert "one is 0.0625 g (x), 2 deg/s (gyro)" in made
    assert "eps 4 (0.25 g (x), 8 deg/s (gyro))" in re.sub(r"\s+", " ", made)


def test_a_page_of_pictures_speaks_of_pixel_levels(folder: Path) -> None:
    assert "for images: pixel levels of 256" in page(*collect(folder))


def test_a_form_that_is_none_is_refused_and_units_that_make_no_sense_are_left_out(
    folder: Path,
) -> None:
    of_windows(folder, units={"log2_step": "many"})
    assert "pixel levels" in page(*collect(folder))
    of_windows(folder, form="smells")
    with pytest.raises(DataError, match="form is none of pixels, windows, spectrum, features"):
        collect(folder)
