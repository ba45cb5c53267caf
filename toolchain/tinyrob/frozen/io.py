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
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError
from tinyrob.files import names
from tinyrob.files.archive import parse_npy, read_zip
from tinyrob.files.json_text import Form, check, complaints, one_of, parse_json, whole
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.files.whole import write_atomically
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid, Node
from tinyrob.frozen.rules import broken_rules
from tinyrob.frozen.shapes import output_shapes

FORMAT = "tinyrob frozen model"
VERSION = 1

_KINDS: Mapping[str, type[Node]] = {kind.__name__: kind for kind in fr.KINDS}
_ARRAYS = {"kernel": "i1", "log2_kernel": "<i2", "bias": "<i4"}
_BASE = {"name", "inputs", "grid"}
_SHOWN = 10  # broken rules in an error
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
        data = read_limited(path)
    except OSError as error:
        raise ModelFormatError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except Damaged as error:
        raise ModelFormatError(f"{path} is no frozen model: {error}", _HINT) from None
    return parse_frozen(data, str(path))


def parse_frozen(data: bytes, where: str = "frozen model") -> FrozenModel:
    """The model in a file's bytes; ``where`` is its name in messages.

    Raises ModelFormatError where it is damaged, or is none that freeze can have made.
    """
    try:
        members = read_zip(data)
        if members.pop("sha256", b"").decode("ascii", "replace") != _digest(members):
            raise Damaged("its digest does not match its contents")
        spec = _spec(members)
        if spec["version"] != VERSION:
            raise ModelFormatError(
                f"{where} has version {spec['version']} of the format, not {VERSION}",
                "freeze the model with this version of tinyrob, or update tinyrob",
            )
        nodes = tuple(_node(n, entry, members) for n, entry in enumerate(spec["nodes"]))
    except Damaged as error:
        raise ModelFormatError(f"{where} is damaged: {error}", _HINT) from None
    if not isinstance(nodes[0], fr.Input):
        raise ModelFormatError(f"{where} does not start with an input", _HINT)
    model = FrozenModel(spec["name"], nodes, spec["metadata"])
    try:
        output_shapes(model)
    except ModelFormatError as error:
        raise ModelFormatError(f"{where}: {error.message}", error.hint) from None
    broken = broken_rules(model)
    if broken:
        more = [f"and {len(broken) - _SHOWN:,} more"] if len(broken) > _SHOWN else []
        lines = "".join(f"\n  {line}" for line in (*broken[:_SHOWN], *more))
        raise ModelFormatError(
            f"{where} was not made by freeze: it breaks rules that make a network exact{lines}",
            "freeze the QKeras model again",
        )
    return model


def _spec(members: Mapping[str, bytes]) -> dict[str, Any]:
    if "spec.json" not in members:
        raise Damaged("it lacks 'spec.json'")
    spec = parse_json(members["spec.json"])
    if not isinstance(spec, dict) or spec.get("format") != FORMAT:
        raise Damaged("it is not a frozen model")
    check(spec, {"version": whole(0, 1 << 31)})
    if spec["version"] == VERSION:
        check(spec, _FORM)
        if not spec["nodes"]:
            raise Damaged("it holds no nodes")
        wrong = names.wrong([spec["name"], *(entry["name"] for entry in spec["nodes"])])
        if wrong is not None:
            raise Damaged(wrong)
    return dict(spec)


def _node(number: int, entry: Mapping[str, Any], members: Mapping[str, bytes]) -> Node:
    kind = _KINDS.get(entry["kind"])
    if kind is None:
        raise Damaged(
            f"node {entry['name']!r} is of the unknown kind {entry['kind'][:80]!r}, not one of "
            f"{', '.join(sorted(_KINDS))}"
        )
    values: dict[str, Any] = {
        "name": entry["name"],
        "inputs": tuple(entry["inputs"]),
        "grid": Grid(*entry["grid"]),
    }
    for key in _options(kind):
        if key in _ARRAYS:
            member = f"{number:03d}.{key}.npy"
            if member not in members:
                raise Damaged(f"it lacks {member!r}")
            values[key] = _array(member, members[member], _ARRAYS[key])
        else:
            check(entry, {key: _OPTIONS[key]})
            values[key] = _tuples(entry[key])
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


def _array(name: str, data: bytes, dtype: str) -> NDArray[Any]:
    array = parse_npy(data)
    if array.dtype != np.dtype(dtype) or array.size == 0:
        raise Damaged(f"{name!r} is {array.dtype} {array.shape}, and {np.dtype(dtype)} is due")
    return array if dtype == "i1" else array.astype(np.int64)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _several(form: Form, *counts: int) -> Callable[[Any], str | None]:
    """A form: a list of so many."""

    def wrong(value: Any) -> str | None:
        if not isinstance(value, list) or len(value) not in counts:
            return f"is not a list of {' or '.join(map(str, counts))}"
        return next(iter(complaints(value, [form])), None)

    return wrong


_SIDE = whole(0, 1 << 16)
_PAIR = _several(_SIDE, 2)
_OPTIONS: Mapping[str, Form] = {
    "shape": _several(whole(1, 1 << 24), *range(1, 7)),
    "strides": _PAIR,
    "dilation": _PAIR,
    "window": _PAIR,
    "padding": (one_of("same", "valid"), _several(_PAIR, 2)),
}
_FORM: Form = {
    "name": str,
    "metadata": {str: object},
    "nodes": [
        {"kind": str, "name": str, "inputs": [str], "grid": _several(whole(-(1 << 16), 1 << 16), 3)}
    ],
}


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
