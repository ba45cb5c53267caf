"""Reads what a .h5 or .keras file asks for, as data: Keras sees no file that was not read here."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.files import hdf5
from tinyrob.files.archive import read_zip
from tinyrob.files.json_text import parse_json
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.freeze.allowed import refused

_CONFIG, _ABOUT, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_SHOWN = 20
_LARGEST = 1 << 24
"""The largest whole number that a layer's option may be."""


@dataclass(frozen=True)
class KerasFile:
    """What may be shown to Keras, under a name with this suffix: what was checked, and no more.

    HDF5 files are written anew by a program of its own (``files.hdf5``).
    """

    content: bytes
    suffix: str


def read_keras_file(path: Path, also: frozenset[str] = frozenset()) -> KerasFile:
    """The content of a file in which nothing but what freeze takes is asked for, and ``also``.

    Nothing of the file is run to find out. Raises UnsupportedModel with all that it asks for
    beyond that, ModelFormatError for a file that is damaged, ToolMissing without h5py.
    """
    h5py = hdf5.h5py()
    try:
        content = read_limited(path)
        archive = zipfile.is_zipfile(io.BytesIO(content))
        config, fresh = (_of_archive if archive else _of_hdf5)(content, h5py)
    except OSError as error:
        raise ModelFormatError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise ModelFormatError(
            f"{path} is truncated or not a Keras model: {error}",
            "save it again, with Keras 2 (tf_keras); a float model of Keras 3 is trained on from a "
            'recipe (topology = { keras = "FILE" }), or quantized as it is (`tinyrob quantize`)',
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
            "quantizers: no Lambda, no bare TensorFlow operation, no class or function of yours. A "
            'float model is trained on from a recipe (topology = { keras = "FILE" }), or '
            "quantized as it is (`tinyrob quantize`)",
        )
    return KerasFile(fresh, ".keras" if archive else ".h5")


def _of_archive(content: bytes, h5py: Any) -> tuple[Any, bytes]:
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
    members[_WEIGHTS] = hdf5.fresh(members[_WEIGHTS])
    _check_sizes(config, _sizes(members[_WEIGHTS], h5py))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return config, buffer.getvalue()


def _of_hdf5(content: bytes, h5py: Any) -> tuple[Any, bytes]:
    fresh = hdf5.fresh(content)
    with h5py.File(io.BytesIO(fresh), "r") as file:
        text = file.attrs.get("model_config")
    if not isinstance(text, str):
        raise Damaged("it has no model_config")
    config = parse_json(text)
    _check_sizes(config, _sizes(fresh, h5py))
    return config, fresh


def _sizes(fresh: bytes, h5py: Any) -> set[int]:
    """The sizes of all axes of a fresh file's arrays."""
    found: set[int] = set()
    with h5py.File(io.BytesIO(fresh), "r") as file:
        file.visititems(lambda _, item: found.update(getattr(item, "shape", ())))
    return found


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
