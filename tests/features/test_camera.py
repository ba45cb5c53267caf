"""Frames to pictures: the same bytes in Python and in C, for every format, size and fit."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from support.native import SANITIZERS, WARNINGS, folder, gcc
from tinyrob.emit.picture import emit_picture
from tinyrob.features import camera
from tinyrob.features.camera import BYTES, FITS, FORMATS, RESIZES, Scaling
from tinyrob.files import resources

_PROBE = Path(__file__).parents[1] / "support" / "picture_probe.c"
SIZES = [(8, 8, 3), (8, 8, 1), (5, 12, 3), (24, 7, 1)]
WAYS = [Scaling(fit, resize) for fit in FITS for resize in RESIZES]
pytestmark = pytest.mark.filterwarnings("error")


@cache
def program(size: tuple[int, int, int], how: Scaling) -> Path:
    home = folder()
    emit_picture(size, "probe", how=how).write(home / "fw")
    sources = [*(home / "fw/kernels").glob("*.c"), *(home / "fw/model").glob("*.c")]
    gcc(
        "-O2", *WARNINGS, *SANITIZERS, f"-DINPUT_BYTES={np.prod(size)}", "-I", home / "fw/include",
        "-I", home / "fw/model", _PROBE, *sources, "-o", home / "probe",
    )  # fmt: skip
    return home / "probe"


def in_c(
    frames: list[NDArray[np.uint8]], form: str, size: tuple[int, int, int], how: Scaling
) -> NDArray[np.int8]:
    data = b""
    for raw in frames:
        head = np.array([FORMATS.index(form), raw.shape[1] // BYTES[form], raw.shape[0]], "<u4")
        data += head.tobytes() + raw.tobytes()
    done = subprocess.run([program(size, how)], input=data, capture_output=True)
    assert done.returncode == 0, (done.returncode, done.stderr.decode())
    return np.frombuffer(done.stdout, np.int8).reshape(-1, *size)


@settings(max_examples=30)
@given(st.data())
def test_any_frame_becomes_the_same_picture_in_c(data: st.DataObject) -> None:
    size, how = data.draw(st.sampled_from(SIZES)), data.draw(st.sampled_from(WAYS))
    form = data.draw(st.sampled_from(FORMATS))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    frames = []
    for _ in range(3):
        height, width = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 70))
        width += width % 2 if form == "yuv422" else 0
        shape = height, width * BYTES[form]
        levels = data.draw(st.sampled_from([[0, 255], list(range(256))]))
        frames.append(generator.choice(np.array(levels, np.uint8), shape))
    expected = np.stack([camera.picture(raw, form, size, how) for raw in frames])
    np.testing.assert_array_equal(in_c(frames, form, size, how), expected)


def test_a_frame_of_the_pictures_size_is_the_picture() -> None:
    raw = np.random.default_rng(0).integers(0, 256, (8, 24), dtype=np.uint8)
    made = camera.picture(raw, "rgb888", (8, 8, 3))
    assert (made.astype(int) + 128 == raw.reshape(8, 8, 3)).all()


def test_boxes_have_the_plain_mean() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    made = camera.scaled(pixels, (3, 5))
    plain = pixels.reshape(3, 4, 5, 4, 3).astype(float).mean((1, 3))
    assert (made == np.floor(plain + 0.5)).all()


def test_the_middle_is_cut_out_and_stretching_takes_all() -> None:
    pixels = np.zeros((4, 12, 1), np.uint8)
    pixels[:, 4:8] = 200
    assert (camera.scaled(pixels, (2, 2)) == 200).all()
    assert camera.scaled(pixels, (1, 3), Scaling("stretch")).ravel().tolist() == [0, 200, 0]


def test_enlarging_repeats_pixels() -> None:
    pixels = np.array([[[1], [2]], [[3], [4]]], np.uint8)
    assert camera.scaled(pixels, (4, 4))[..., 0].tolist() == [
        [1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4],
    ]  # fmt: skip


def test_grey_is_pillows() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert (camera.grey(rgb)[..., 0] == np.asarray(Image.fromarray(rgb).convert("L"))).all()


def test_colours_of_the_formats_are_white_black_and_the_primaries() -> None:
    words = np.array([[0xFFFF, 0, 0xF800, 0x07E0, 0x001F]], "<u2")
    expected = [[255] * 3, [0] * 3, [255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert camera.colours(words.view(np.uint8), "rgb565")[0].tolist() == expected
    assert camera.colours(words.byteswap().view(np.uint8), "rgb565_be")[0].tolist() == expected
    red = np.array([[76, 85, 76, 255]], np.uint8)
    assert np.abs(camera.colours(red, "yuv422")[0].astype(int) - [255, 0, 0]).max() <= 2


def test_between_pixels_is_the_plain_bilinear_value() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (7, 12, 3), dtype=np.uint8)
    for size in ((5, 9), (14, 24), (7, 12), (3, 31)):
        made = camera.scaled(pixels, size, Scaling("stretch", "bilinear"))
        exact = _between(_between(pixels.astype(float), 0, size[0]), 1, size[1])
        # Places are in Q8: half a step of 1/256 along each axis, of at most 255.
        assert np.abs(made - exact).max() <= 0.5 + 2 * 255 / 512


def _between(x: NDArray[np.float64], axis: int, count: int) -> NDArray[np.float64]:
    length = x.shape[axis]
    places = np.clip((np.arange(count) + 0.5) * length / count - 0.5, 0, length - 1)
    below = np.minimum(places.astype(int), length - 2)
    part = (places - below).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return x.take(below, axis) * (1 - part) + x.take(below + 1, axis) * part


def test_between_two_pixels_lies_what_the_page_says() -> None:
    pixels = np.array([[[0], [255]]], np.uint8)
    made = camera.scaled(pixels, (1, 4), Scaling("stretch", "bilinear"))
    assert made.ravel().tolist() == [0, 64, 191, 255]  # (192 * 0 + 64 * 255 + 128) >> 8


def test_a_padded_picture_lies_in_the_middle_of_black() -> None:
    pixels = np.full((4, 12, 1), 9, np.uint8)
    made = camera.scaled(pixels, (7, 6), Scaling("pad"))[..., 0]
    assert made.tolist() == [[0] * 6] * 2 + [[9] * 6] * 2 + [[0] * 6] * 3
    high = camera.scaled(pixels.swapaxes(0, 1), (6, 6), Scaling("pad", "bilinear"))[..., 0]
    assert high.tolist() == [[0, 0, 9, 9, 0, 0]] * 6


def test_a_drivers_numbers_of_formats_are_the_tables_that_frames_are_named_by() -> None:
    text = (resources.firmware() / "ports" / "common" / "tr_camera.h").read_text()
    found = re.findall(r"#define TR_CAMERA_(\w+) (\d+)U\n", text)
    assert {name.lower(): int(number) for name, number in found} == {
        name: number for number, name in enumerate(FORMATS)
    }
