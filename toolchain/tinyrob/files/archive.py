"""Zip archives and NumPy files, read within limits: sizes are known before memory is taken.

A zip says how large its members are; that is added up first, and no member gives more than it
said. An array's header says its shape; that is compared with the bytes that are there. Nothing is
unpickled.
"""

from __future__ import annotations

import ast
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.limits import DATA_BYTES, MEMBERS, MIB, MODEL_BYTES, Damaged, read_limited

Arrays = dict[str, NDArray[Any]]
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAGIC = b"\x93NUMPY"
_HEADER_BYTES = 10_000
_DTYPE = re.compile(r"[<>|=]?(?:[biuf][1248]|f16|[US][1-9]\d{0,4})")


GROWTH = 16
"""A zip may grow to the limit, or to so many times its own size (adversarial examples do to 4)."""


def read_zip(
    data: bytes, most: int = MODEL_BYTES, wanted: Iterable[str] | None = None
) -> dict[str, bytes]:
    """A zip's members (``wanted``: only these, where they are there) by name.

    Raises Damaged where it is none, is not whole, has a member twice, encrypted or packed by
    another method than deflate, or would grow beyond ``most`` bytes (and GROWTH).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive, len(data), max(most, GROWTH * len(data)))
            chosen = members if wanted is None else [n for n in wanted if n in members]
            return {name: _content(archive, members[name]) for name in chosen}
    except Damaged:
        raise
    except Exception as error:  # zipfile raises in many ways for what is not whole
        raise Damaged(f"it is cut off or no zip archive: {_reason(error)}") from None


def _members(archive: zipfile.ZipFile, size: int, most: int) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MEMBERS:
        raise Damaged(f"it holds {len(infos):,} files, more than {MEMBERS:,}")
    members = {info.filename: info for info in infos}
    if len(members) != len(infos):
        raise Damaged("it holds two files of one name")
    total = sum(info.file_size for info in infos)
    if total > most:
        raise Damaged(
            f"it grows to {total:,} bytes when it is unpacked, more than the "
            f"{most // MIB:,} MiB that are allowed"
        )
    for info in infos:
        if info.flag_bits & 0x1:
            raise Damaged(f"its member {info.filename[:80]!r} is encrypted")
        if info.compress_type not in _METHODS:
            raise Damaged(f"its member {info.filename[:80]!r} is packed by an unknown method")
        if info.compress_size > size:
            raise Damaged(f"its member {info.filename[:80]!r} is cut off")
    return members


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise Damaged(f"its member {info.filename[:80]!r} is not as long as it says")
    return content


def parse_npy(data: bytes) -> NDArray[Any]:
    """The array in an .npy file: numbers or texts. Raises Damaged for anything else."""
    if data.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(data)):
        raise Damaged("it holds several arrays (an .npz file), not one")
    dtype, fortran, shape, start = _layout(data, len(data))
    flat = np.frombuffer(memoryview(data)[start:], dtype)
    fields = [dtype[name].base for name in dtype.names or ()] or [dtype]
    if any(field.kind == "U" for field in fields):
        _check_text(flat, dtype)
    array = flat.reshape(shape[::-1]).transpose() if fortran else flat.reshape(shape)
    return array.astype(dtype.newbyteorder("="), order="C", copy=True)


def check_npy(path: Path) -> None:
    """Raises OSError, and Damaged where a file's beginning says that it is no .npy file of its
    size, before the rest of it is read. A pipe, and an .npz file, are left to who reads them."""
    if not path.is_file():
        return
    with path.open("rb") as stream:
        head = stream.read(12 + _HEADER_BYTES)
    if not head.startswith(b"PK"):
        _layout(head, max(path.stat().st_size, len(head)))


def _layout(data: bytes, size: int) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """Type, order and shape of the array in a file of ``size`` bytes that begins with ``data``,
    and where its values begin."""
    if not data.startswith(_MAGIC) or len(data) < 12:
        raise Damaged("it is not an .npy file")
    version = (data[6], data[7])
    if version == (1, 0):
        length, start = struct.unpack_from("<H", data, 8)[0], 10
    elif version in ((2, 0), (3, 0)):
        length, start = struct.unpack_from("<I", data, 8)[0], 12
    else:
        raise Damaged(f"it is an .npy file of the unknown version {version[0]}.{version[1]}")
    if length > min(_HEADER_BYTES, len(data) - start):
        raise Damaged("its array's header is cut off or too long")
    dtype, fortran, shape = _header(data[start : start + length])
    if math.prod(n for n in shape if n) >= 1 << 48:
        raise Damaged(f"its array has the absurd shape {_shown(shape)}")
    needed, there = math.prod(shape) * dtype.itemsize, size - start - length
    if needed != there:
        raise Damaged(
            f"its array {dtype} {_shown(shape)} takes {_bytes(needed)}, and there are "
            f"{_bytes(there)}"
        )
    return dtype, fortran, shape, start + length


def _check_text(flat: NDArray[Any], dtype: np.dtype[Any]) -> None:
    """NumPy believes that texts are of characters that there are; Python does not."""
    if dtype.names:
        raise Damaged("its records hold texts, which no input has")
    letters = flat.view(dtype.str[0].replace("|", "=") + "u4")
    if letters.size and int(letters.max()) > 0x10FFFF:
        raise Damaged("its texts are of no characters")


def _header(text: bytes) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    try:
        header = ast.literal_eval(text.decode("latin1"))
        descr, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
    except Exception:  # the parser raises what it likes for a text that is no Python value
        raise Damaged("its array's header is damaged") from None
    if not _plain(descr) and not _records(descr):
        raise Damaged(f"its array holds {str(descr)[:40]!r}, not plain numbers")
    sizes = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 1 << 48 for n in shape)
    if type(fortran) is not bool or not sizes or len(shape) > 32:
        raise Damaged("its array's header is damaged")
    try:
        return np.dtype(descr), fortran, shape
    except (TypeError, ValueError):  # ValueError: two fields of one name
        raise Damaged(f"its array holds {str(descr)[:40]!r}, not plain numbers") from None


def _plain(descr: Any) -> bool:
    return isinstance(descr, str) and _DTYPE.fullmatch(descr) is not None


def _records(descr: Any) -> bool:
    """Whether an array is of records of plain numbers: (name, type) or (name, type, shape)."""
    if not isinstance(descr, list) or not 1 <= len(descr) <= 256:
        return False
    for field in descr:
        if not isinstance(field, tuple) or len(field) not in (2, 3) or not _plain(field[1]):
            return False
        shape = field[2] if len(field) == 3 else ()
        if not isinstance(shape, tuple) or not all(type(n) is int and n > 0 for n in shape):
            return False
        if not isinstance(field[0], str) or math.prod(shape) >= 1 << 40:
            return False
    return True


def parse_npz(data: bytes) -> Arrays:
    """The arrays in an .npz file, by name. Raises Damaged."""
    return arrays_of(read_zip(data))


def arrays_of(members: Mapping[str, bytes]) -> Arrays:
    """The arrays of an archive's .npy files. Raises Damaged, naming the one that is no array."""
    found: Arrays = {}
    for name, content in members.items():
        key = name.removesuffix(".npy")
        try:
            found[key] = parse_npy(content)
        except Damaged as error:
            raise Damaged(f"{key[:80]!r}: {error}") from None
    return found


def read_npy(path: Path, most: int = DATA_BYTES) -> NDArray[Any]:
    """The array in a file. Raises OSError, Damaged."""
    check_npy(path)
    return parse_npy(read_limited(path, most))


def read_npz(path: Path, most: int = DATA_BYTES) -> Arrays:
    """The arrays in a file. Raises OSError, Damaged."""
    return parse_npz(read_limited(path, most))


def _reason(error: Exception) -> str:
    if isinstance(error, zlib.error | struct.error | EOFError | zipfile.BadZipFile | OSError):
        return (str(error) or type(error).__name__)[:200]
    return type(error).__name__


def _shown(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape[:8])) + ("x..." if len(shape) > 8 else "") or "()"


def _bytes(count: int) -> str:
    return f"{count:,} bytes"
