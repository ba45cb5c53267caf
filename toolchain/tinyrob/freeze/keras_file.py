"""Reads what a .h5 or .keras file asks for, as data: Keras sees no file that was not read here."""

from __future__ import annotations

import importlib
import io
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.files.archive import read_zip
from tinyrob.files.json_text import parse_json
from tinyrob.files.limits import DEPTH, MEMBERS, MIB, MODEL_BYTES, Damaged, read_limited
from tinyrob.freeze.allowed import refused

_CONFIG, _ABOUT, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_SHOWN = 20
_LARGEST = 1 << 24
"""The largest whole number that a layer's option may be."""


@dataclass(frozen=True)
class KerasFile:
    """A file that may be shown to Keras: these bytes, under a name with this suffix."""

    content: bytes
    suffix: str


def read_keras_file(path: Path, also: frozenset[str] = frozenset()) -> KerasFile:
    """The bytes of a file in which nothing but what freeze takes is asked for, and ``also``.

    Nothing of the file is run to find out. Raises UnsupportedModel with all that it asks for
    beyond that, ModelFormatError for a file that is damaged, ToolMissing without h5py.
    """
    h5py = _h5py()
    try:
        content = read_limited(path)
        archive = zipfile.is_zipfile(io.BytesIO(content))
        config = _of_archive(content, h5py) if archive else _of_hdf5(content, h5py)
    except OSError as error:
        raise ModelFormatError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise ModelFormatError(
            f"{path} is truncated or not a Keras model: {error}",
            "save it again, with Keras 2 (tf_keras)",
        ) from None
    found = refused(config, also)
    if found:
        lines = [f"  {line}" for line in found[:_SHOWN]]
        more = len(found) - _SHOWN
        lines += [f"  and {more:,} more"] if more > 0 else []
        raise UnsupportedModel(
            "\n".join(
                [f"{path} asks for what tinyrob does not load, so it was not opened:", *lines]
            ),
            "a model is built of Keras' and QKeras' layers that freeze takes, with QKeras' "
            "quantizers: no Lambda, no bare TensorFlow operation, no class or function of yours",
        )
    return KerasFile(content, ".keras" if archive else ".h5")


def _h5py() -> Any:
    try:
        return importlib.import_module("h5py")
    except ImportError:
        from tinyrob import tf

        tf.keras()  # says how to install what is missing
        raise


def _of_archive(content: bytes, h5py: Any) -> Any:
    members = read_zip(content)
    strange = sorted(set(members) - {_CONFIG, _ABOUT, _WEIGHTS})
    if strange:
        raise Damaged(f"it holds {strange[0][:80]!r}, which no network of freeze's layers needs")
    for needed in (_CONFIG, _WEIGHTS):
        if needed not in members:
            raise Damaged(f"it lacks {needed}")
    about = parse_json(members[_ABOUT]) if _ABOUT in members else {}
    version = about.get("keras_version") if isinstance(about, dict) else None
    if isinstance(version, str) and version.startswith("3"):
        raise Damaged(f"it was saved with Keras {version[:20]}, and QKeras is of Keras 2")
    config = parse_json(members[_CONFIG])
    _check_sizes(config, set(_weights(members[_WEIGHTS], h5py)))
    return config


def _of_hdf5(content: bytes, h5py: Any) -> Any:
    sizes = set(_weights(content, h5py))
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            stored = file.attrs["model_config"]
        text = stored if isinstance(stored, str) else bytes(stored)
    except Exception as error:  # HDF5 fails in any way it likes on a damaged file
        raise Damaged(f"it has no readable model_config ({type(error).__name__})") from None
    config = parse_json(text)
    _check_sizes(config, sizes)
    return config


def _weights(content: bytes, h5py: Any) -> Iterator[int]:
    """The sizes of all axes of an HDF5 file's arrays, all of which lie in the file itself.

    Raises Damaged where one does not: HDF5 can refer to other files, and inflates what it reads.
    """
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            total = 0
            for dataset in _datasets(file, h5py):
                if dataset.external or dataset.is_virtual:
                    raise Damaged("it refers to other files")
                if dataset.dtype.kind not in "fiub" or dataset.ndim > 8:
                    raise Damaged("it holds arrays that are no weights")
                total += math.prod(dataset.shape) * dataset.dtype.itemsize
                if total > MODEL_BYTES:
                    raise Damaged(
                        f"its weights take more than the {MODEL_BYTES // MIB} MiB that are allowed"
                    )
                yield from dataset.shape
    except Damaged:
        raise
    except Exception as error:  # HDF5 fails in any way it likes on a damaged file
        raise Damaged(f"HDF5 cannot read it ({type(error).__name__})") from None


def _datasets(file: Any, h5py: Any) -> Iterator[Any]:
    waiting: list[tuple[Any, int]] = [(file, 0)]
    count = 0
    while waiting:
        group, depth = waiting.pop()
        for name in group:
            count += 1
            if count > MEMBERS or depth > DEPTH:
                raise Damaged("it holds more groups than any model")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Damaged("it refers to other files")
            item = group[name]
            if isinstance(item, h5py.Dataset):
                yield item
            elif isinstance(item, h5py.Group):
                waiting.append((item, depth + 1))


def _check_sizes(config: Any, sizes: set[int]) -> None:
    """Keras makes layers before it looks for their weights: none may be larger than those are."""
    waiting: list[tuple[str, Any]] = [("", config)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(key, item) for item in value]
        elif (
            type(value) is int and key != "shared_object_id" and not -_LARGEST <= value <= _LARGEST
        ):
            raise Damaged(f"its option {key[:80]!r} is {value:,}" if abs(value) < 1 << 64 else
                          f"its option {key[:80]!r} is absurdly large")  # fmt: skip
        elif key in ("units", "filters") and type(value) is int and value not in sizes:
            raise Damaged(f"it has no weights for a layer of {value:,} {key}")
