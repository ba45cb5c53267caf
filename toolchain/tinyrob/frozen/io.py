"""Saves and loads frozen models: one .npz of plain integers, checked by a digest of its contents.

The archive holds ``spec.json`` (format, version, name, metadata, nodes), one .npy an array, and
``sha256``: the digest of all of it. Loading executes nothing and unpickles nothing. The same model
gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError
from tinyrob.files.whole import write_atomically
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid, Node
from tinyrob.frozen.shapes import output_shapes

FORMAT = "tinyrob frozen model"
VERSION = 1

_KINDS: Mapping[str, type[Node]] = {kind.__name__: kind for kind in fr.KINDS}
_ARRAYS = {"kernel": "i1", "log2_kernel": "<i2", "bias": "<i4"}
_BASE = {"name", "inputs", "grid"}
_HINT = "the file is damaged, or is not a frozen model: freeze or download it again"


def save_frozen(model: FrozenModel, path: Path) -> None:
    """Writes ``model`` to ``path``, replacing it only when all is written."""
    data = frozen_bytes(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)


def frozen_bytes(model: FrozenModel) -> bytes:
    """The bytes of ``model``'s file; the same for the same model."""
    members: dict[str, bytes] = {}
    nodes = []
    for number, node in enumerate(model.nodes):
        grid = [node.grid.log2_step, node.grid.lo, node.grid.hi]
        entry: dict[str, Any] = {"kind": type(node).__name__, "name": node.name}
        entry.update(inputs=list(node.inputs), grid=grid)
        for key in _options(type(node)):
            if key in _ARRAYS:
                members[f"{number:03d}.{key}.npy"] = _npy(getattr(node, key), _ARRAYS[key])
            else:
                entry[key] = getattr(node, key)
        nodes.append(entry)
    spec = {"format": FORMAT, "version": VERSION, "name": model.name}
    spec.update(metadata=dict(model.metadata), nodes=nodes)
    members["spec.json"] = json.dumps(spec, indent=1, sort_keys=True).encode()
    members["sha256"] = _digest(members).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            archive.writestr(_zip_entry(name), members[name], compresslevel=9)
    return buffer.getvalue()


def load_frozen(path: Path) -> FrozenModel:
    """Reads a frozen model. Raises ModelFormatError where it is missing, damaged or foreign."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFormatError(f"cannot read {path}: {error.strerror}", "check the path") from error
    return parse_frozen(data, str(path))


def parse_frozen(data: bytes, where: str = "frozen model") -> FrozenModel:
    """The model in a file's bytes; ``where`` is its name in messages. Raises ModelFormatError."""
    members = _members(data, where)
    if members.pop("sha256", b"").decode("ascii", "replace") != _digest(members):
        raise ModelFormatError(f"{where} is damaged: its digest does not match its contents", _HINT)
    try:
        spec = json.loads(members["spec.json"])
        if spec["format"] != FORMAT:
            raise ModelFormatError(f"{where} is not a frozen model", _HINT)
        if spec["version"] != VERSION:
            raise ModelFormatError(
                f"{where} has version {spec['version']} of the format, not {VERSION}",
                "freeze the model with this version of tinyrob, or update tinyrob",
            )
        nodes = tuple(_node(n, entry, members, where) for n, entry in enumerate(spec["nodes"]))
        model = FrozenModel(str(spec["name"]), nodes, dict(spec["metadata"]))
    except KeyError as error:
        raise ModelFormatError(f"{where} lacks {error.args[0]!r}", _HINT) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelFormatError(f"{where} holds something unreadable: {error}", _HINT) from error
    if not nodes or not isinstance(nodes[0], fr.Input):
        raise ModelFormatError(f"{where} does not start with an input", _HINT)
    output_shapes(model)
    return model


def _members(data: bytes, where: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise ModelFormatError(f"{where} is cut off or no .npz file: {error}", _HINT) from error
    except (ValueError, RuntimeError, OverflowError) as error:
        raise ModelFormatError(f"{where} is damaged: {error}", _HINT) from error


def _node(number: int, entry: Mapping[str, Any], members: dict[str, bytes], where: str) -> Node:
    kind = _KINDS.get(entry["kind"])
    if kind is None:
        raise ModelFormatError(
            f"{where}: node {entry['name']!r} is of the unknown kind {entry['kind']!r}",
            f"this tinyrob knows {', '.join(sorted(_KINDS))}",
        )
    log2_step, lo, hi = (int(n) for n in entry["grid"])
    if not lo <= 0 <= hi or hi - lo > 255 or not -64 <= log2_step <= 64:
        raise ModelFormatError(f"{where}: node {entry['name']!r} has an impossible grid", _HINT)
    values: dict[str, Any] = {
        "name": str(entry["name"]),
        "inputs": tuple(str(name) for name in entry["inputs"]),
        "grid": Grid(log2_step, lo, hi),
    }
    for key in _options(kind):
        if key in _ARRAYS:
            values[key] = _array(members[f"{number:03d}.{key}.npy"], _ARRAYS[key])
        else:
            values[key] = _option(key, entry[key])
    return kind(**values)


def _options(kind: type[Node]) -> list[str]:
    return [field.name for field in fields(kind) if field.name not in _BASE]


def _npy(array: NDArray[Any], dtype: str) -> bytes:
    narrow = array.astype(dtype)
    if not np.array_equal(narrow, array):
        raise ValueError(f"integers do not fit {dtype}")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(narrow), (1, 0), allow_pickle=False)
    return buffer.getvalue()


def _array(data: bytes, dtype: str) -> NDArray[Any]:
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    if array.dtype != np.dtype(dtype):
        raise ValueError(f"an array of {array.dtype} where {np.dtype(dtype)} is due")
    return array if dtype == "i1" else array.astype(np.int64)


def _option(key: str, value: Any) -> Any:
    """A whole number, a word (``padding`` only), or a tuple of such; ValueError otherwise."""
    if isinstance(value, list):
        return tuple(_option(key, item) for item in value)
    if type(value) is int or (key == "padding" and isinstance(value, str)):
        return value
    raise ValueError(f"{key} {value!r}")


def _digest(members: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(members):
        digest.update(f"{name}\n{len(members[name])}\n".encode())
        digest.update(members[name])
    return digest.hexdigest()


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
