"""Where a plan comes from: a Keras file, which is data, or a function of the user's own code."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError
from tinyrob.files.limits import Damaged
from tinyrob.models.own.keras_config import Weights, read_config
from tinyrob.models.own.keras_files import read_keras
from tinyrob.models.own.plan import Origin, Plan
from tinyrob.models.own.source import Arrays, Source, SourceLayer
from tinyrob.models.own.turn import turn

SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclass(frozen=True, eq=False)
class Taken:
    """A model that was turned: its plan, and where it comes from."""

    plan: Plan
    origin: Origin


def take(
    what: str, folder: Path, given: tuple[float, float] | None = None, weights: bool = True
) -> Taken:
    """The model in a file, or that ``net.py:build`` builds, as a plan.

    Raises ModelFormatError, and UnsupportedModel with all the layers that cannot be turned.
    """
    source, digest = read_source(what, folder)
    try:
        turned = turn(source, given)
    except Damaged as error:
        raise ModelFormatError(f"{what}: {error}", "save the model anew") from None
    arrays = turned.weights if weights else {}
    return Taken(turned.plan, Origin(what, digest, arrays, turned.notes))


def read_source(what: str, folder: Path) -> tuple[Source, str]:
    """The model in a file or of a function, and a SHA-256 (hex) of the file that was named.

    A file is read as data. ``net.py:build`` is the user's own code: it is run. Raises
    ModelFormatError.
    """
    name, colon, function = what.rpartition(":")
    if colon and name.endswith(".py"):
        path = _place(folder, name)
        return _of_code(path, function), _digest(path)
    path = _place(folder, what)
    if path.is_dir():
        from tinyrob.models.own.saved_model import files_of, read_saved_model

        source, digest = read_saved_model(path), hashlib.sha256()
        for file in files_of(path):
            digest.update(file.read_bytes())
        return source, digest.hexdigest()
    if path.suffix not in SUFFIXES:
        raise ModelFormatError(
            f"{what} is no Keras model by its ending",
            f"name a {', '.join(SUFFIXES)} file, a SavedModel's folder, or net.py:build",
        )
    return read_keras(path), _digest(path)


def _place(folder: Path, name: str) -> Path:
    """The file; where ``folder`` is yet to be made, as if it were there."""
    path = folder / name
    return path if folder.exists() else Path(os.path.normpath(path))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _of_code(path: Path, function: str) -> Source:
    if not path.is_file():
        raise ModelFormatError(f"there is no file {path}", "check the path")
    from tinyrob import tf

    tf.keras()  # with Keras 2 behind tf.keras, before the user's code imports any
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        build = runpy.run_path(str(path), run_name="tinyrob_net").get(function)
        if not callable(build):
            raise ModelFormatError(f"{path} has no function {function!r}", "name the one there is")
        model = build()
    except ModelFormatError:
        raise
    except Exception as error:  # the user's code raises what it likes
        own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        line = f", line {own[-1].lineno}" if own else ""
        raise ModelFormatError(
            f"{path}{line}: {type(error).__name__}: {str(error)[:200]}", "mend the function"
        ) from error
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return source_of(model, str(path))


def source_of(model: Any, where: str = "the model") -> Source:
    """A Keras model in memory, of Keras 2 or 3. Raises ModelFormatError."""
    try:
        text = model.to_json()
        return read_config(json.loads(text), _weights_of(model))
    except (AttributeError, TypeError, ValueError, NotImplementedError, Damaged) as error:
        raise ModelFormatError(
            f"{where}: {str(error)[:200]}",
            "return a Sequential model with an input's shape, or a functional one",
        ) from None


def _weights_of(model: Any) -> Weights:
    def find(
        path: tuple[str, ...], places: tuple[tuple[str, int], ...], layer: SourceLayer
    ) -> Arrays:
        found = model
        for name in path:
            found = found.get_layer(name)
        values: Mapping[str, NDArray[np.float32]] = {
            v.name.partition(":")[0].rpartition("/")[2]: np.asarray(v, np.float32)
            for v in found.weights
        }
        return values

    return find
