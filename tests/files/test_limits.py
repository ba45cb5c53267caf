"""Files say how large they are before memory is taken; what is too large or too deep is told."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import threading
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinyrob.errors import RecipeError
from tinyrob.files import limits
from tinyrob.files.archive import parse_npy, parse_npz, read_npy, read_zip
from tinyrob.files.json_text import check, complaints, one_of, parse_json, whole
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.files.mat5 import parse_mat
from tinyrob.files.toml_table import parse_toml


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(header: str, content: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def peak(call: Callable[[], Any]) -> int:
    """The most memory that a call took, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_that_grows_is_refused_before_it_is_unpacked(monkeypatch: Any) -> None:
    bomb = zipped({f"{i}.npy": bytes(1 << 24) for i in range(4)})

    def refuse() -> None:
        with pytest.raises(Damaged, match="grows to 67,108,864 bytes"):
            read_zip(bomb, most=1 << 20)

    assert peak(refuse) < 1 << 22


def test_a_member_gives_no_more_than_it_said() -> None:
    honest = zipped({"a": bytes(1 << 20)})
    lying = honest.replace(struct.pack("<I", 1 << 20), struct.pack("<I", 16))
    with pytest.raises(Damaged):
        read_zip(lying)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no zip"),
        (zipped({"a": b"x"})[:-10], "no zip"),
        (zipped({"a": b"x"}, zipfile.ZIP_LZMA), "unknown method"),
        (zipped({"a": b"x"}, zipfile.ZIP_BZIP2), "unknown method"),
    ],
)
def test_what_is_no_zip_of_ours_is_told(data: bytes, words: str) -> None:
    with pytest.raises(Damaged, match=words):
        read_zip(data)


def test_a_name_stands_once_in_a_zip() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    with pytest.raises(Damaged, match="two files of one name"):
        read_zip(buffer.getvalue())


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1 << 38,), }", "damaged"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (274877906944,), }", "takes 1,099,5"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (), }", "not plain numbers"),
        ("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (), }", "not plain"),
        ("{'descr': '<U100000000', 'fortran_order': False, 'shape': (), }", "not plain"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "damaged"),
        ("{'descr': '<f4', 'fortran_order': 3, 'shape': (0,), }", "damaged"),
        ("(" * 90, "damaged"),
        ("__import__('os')", "damaged"),
    ],
)
def test_an_array_that_cannot_be_is_refused(header: str, words: str) -> None:
    with pytest.raises(Damaged, match=words):
        parse_npy(npy(header))


def test_texts_are_of_characters_that_there_are() -> None:
    header = "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }"
    assert parse_npy(npy(header, b"a\0\0\0")).tolist() == ["a"]
    with pytest.raises(Damaged, match="no characters"):
        parse_npy(npy(header, b"\xff\xff\xff\xff"))


@given(
    hnp.arrays(
        st.sampled_from(["i1", "<i2", ">i4", "<f4", "<f8", "?", "<U3", "u1"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_arrays_come_back_as_numpy_saves_them(array: np.ndarray[Any, Any]) -> None:
    for order in ("C", "F"):
        buffer = io.BytesIO()
        np.savez(buffer, a=np.asarray(array, order=order))
        back = parse_npz(buffer.getvalue())["a"]
        assert back.shape == array.shape
        assert back.tobytes() == np.ascontiguousarray(array.astype(back.dtype)).tobytes()
        assert back.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested"),
        ("[" * 70 + "]" * 70, "nested"),
        ("{", "not JSON"),
        ("NaN", "NaN"),
        ("1e999", "too large"),
        ("9" * 5000, "thousands of digits"),
        (b"\xff\xfe\x00", "JSON|UTF-8"),
        ('{"\\u001b": 1}', "key"),
        (" " * (limits.TEXT_BYTES + 1), "bytes, more than"),
    ],
)
def test_a_json_text_that_is_not_fit_is_told(text: str | bytes, words: str) -> None:
    with pytest.raises(Damaged, match=words):
        parse_json(text)


def test_texts_in_json_are_safe_to_show() -> None:
    assert parse_json('{"a": ["x\\u001b[31m", {"b": "\\u202ey"}]}') == {
        "a": [r"x\x1b[31m", {"b": r"\u202ey"}]
    }


def test_every_complaint_about_a_form_is_made_at_once() -> None:
    form = {"n": whole(0, 9), "kind": one_of("a", "b"), "rows": [{"x": float, "y?": (str, None)}]}
    good = {"n": 3, "kind": "a", "rows": [{"x": 1, "y": None}, {"x": 0.5}], "more": 1}
    check(good, form)
    bad = {"n": True, "kind": "c", "rows": [{"x": "1"}, 7, {"x": 1.0, "y": 2}]}
    assert complaints(bad, form) == [
        "n is not a whole number in [0, 9]",
        "kind is none of a, b",
        "rows/0/x is not a number",
        "rows/1 is not an object",
        "rows/2/y is not a text",
    ]


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "a" + ".a" * 100 + " = 1", "x = 0x" + "f" * 9000]
)
def test_a_toml_text_that_is_too_deep_is_told(text: str) -> None:
    with pytest.raises(RecipeError, match=r"^t\.toml: "):
        parse_toml(text, "t.toml", RecipeError).integer("x", 0, 1)


def test_a_file_is_read_up_to_its_limit_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(101))
    assert len(read_limited(tmp_path / "a", 101)) == 101
    with pytest.raises(Damaged, match="more than the 0 MiB"):
        read_limited(tmp_path / "a", 100)


def test_a_file_too_large_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no place

    def refuse() -> None:
        with pytest.raises(Damaged, match="more than the 1 MiB"):
            read_limited(tmp_path / "a", 1 << 20)

    assert peak(refuse) < 1 << 16


def test_reading_takes_the_room_of_the_file_not_of_the_limit(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"12345678")
    tracemalloc.start()
    assert read_limited(tmp_path / "small") == b"12345678"
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_what_says_that_it_is_empty_is_read() -> None:
    assert read_limited(Path("/proc/self/status")).startswith(b"Name:")


def test_a_device_is_no_file() -> None:
    with pytest.raises(Damaged, match="it is a device, not a file"):
        read_limited(Path(os.devnull))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_without_a_writer_is_told(tmp_path: Path, monkeypatch: Any) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(limits, "WAIT", 0.05)
    with pytest.raises(Damaged, match="a pipe that nobody writes into"):
        read_limited(tmp_path / "pipe")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("size", [0, 1, 1 << 18])
def test_a_pipe_is_read_to_its_end(size: int, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = bytes(size) + b"end"
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    assert read_limited(tmp_path / "pipe") == content
    writer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_without_an_end_is_read_to_the_limit(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), (tmp_path / "pipe").open("wb") as pipe:
            while True:
                pipe.write(bytes(1 << 16))

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(Damaged, match="more than the 1 MiB"):
        read_limited(tmp_path / "pipe", 1 << 20)
    writer.join()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "it is not an .npy file"),
        (
            npy("{'descr': '|i1', 'fortran_order': False, 'shape': (3,)}"),
            "takes 3 bytes, and there",
        ),
    ],
    ids=["nothing", "less"],
)
def test_a_large_file_that_is_no_array_of_its_size_is_not_read(
    head: bytes, words: str, tmp_path: Path
) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        file.write(head)
        file.truncate(1 << 30)  # a hole

    def refuse() -> None:
        with pytest.raises(Damaged, match=words):
            read_npy(tmp_path / "a.npy")

    assert peak(refuse) < 1 << 20


def test_an_array_in_a_file_is_read(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    np.save(tmp_path / "a.npy", array)
    assert np.array_equal(read_npy(tmp_path / "a.npy"), array)


def mat(**arrays: Any) -> bytes:
    """A MAT-file as SciPy writes it."""
    io_ = pytest.importorskip("scipy.io")
    buffer = io.BytesIO()
    io_.savemat(buffer, arrays, do_compression=arrays.pop("compressed", True))
    return buffer.getvalue()


@pytest.mark.parametrize("compressed", [True, False])
def test_mat_files_are_read_as_scipy_writes_them(compressed: bool) -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (32, 32, 3, 5)).astype(np.uint8)
    y = np.arange(1, 6, dtype=np.uint8)[:, None]
    found = parse_mat(mat(X=x, y=y, z="text", compressed=compressed), ("X", "y"))
    assert np.array_equal(found["X"], x)
    assert np.array_equal(found["y"], y)
    assert sorted(found) == ["X", "y"]


def test_a_mat_variable_that_grows_is_refused() -> None:
    bomb = zlib.compress(bytes(1 << 29), 9)
    data = bytes(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(bomb)) + bomb

    def refuse() -> None:
        with pytest.raises(Damaged, match="grows beyond"):
            parse_mat(data, ("X",))

    assert peak(refuse) < 3 * limits.MODEL_BYTES


@given(st.data())
def test_a_damaged_mat_file_is_told(data: st.DataObject) -> None:
    good = bytearray(mat(X=np.arange(24, dtype=np.uint8).reshape(2, 3, 4), compressed=False))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Damaged):  # and nothing else
        parse_mat(bytes(good[: data.draw(st.integers(0, len(good)))]), ("X",))
