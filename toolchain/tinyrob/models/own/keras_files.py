"""Keras models in files, read as data: HDF5 and .keras of Keras 2 and 3. Nothing in one is run.

No Keras is needed for it, of either kind: the configuration is text, the weights are arrays.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError
from tinyrob.files import hdf5
from tinyrob.files.archive import read_zip
from tinyrob.files.json_text import parse_json
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.models.own.keras_config import Weights, read_config
from tinyrob.models.own.source import Arrays, Source, SourceLayer

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"

_ORDER: Mapping[str, tuple[str, ...]] = {
    "SeparableConv1D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "DepthwiseConv1D": ("depthwise_kernel", "bias"),
    "DepthwiseConv2D": ("depthwise_kernel", "bias"),
    "PReLU": ("alpha",),
    "Normalization": ("mean", "variance", "count"),
}
"""A class's weights in the order that Keras keeps them in; of all others ``kernel``, ``bias``."""


def read_keras(path: Path) -> Source:
    """The model in a .h5, .hdf5 or .keras file of Keras 2 or 3.

    Raises ModelFormatError where it is none, is damaged, or has more than one input or output.
    """
    h5py = hdf5.h5py()
    try:
        content = read_limited(path)
        if zipfile.is_zipfile(io.BytesIO(content)):
            members = read_zip(content)
            for needed in (_CONFIG, _WEIGHTS):
                if needed not in members:
                    raise Damaged(f"it lacks {needed}")
            fresh = hdf5.fresh(members[_WEIGHTS])
            with h5py.File(io.BytesIO(fresh), "r") as file:
                return read_config(parse_json(members[_CONFIG]), _of_archive(file, h5py))
        with h5py.File(io.BytesIO(hdf5.fresh(content)), "r") as file:
            text = file.attrs.get("model_config")
            if not isinstance(text, str):
                raise Damaged("it holds weights without a model: save the whole model")
            group = file.get("model_weights", file)
            return read_config(parse_json(text), _of_hdf5(group, h5py))
    except OSError as error:
        raise ModelFormatError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise ModelFormatError(
            f"{path} is no Keras model that can be taken: {error}",
            "save the model anew, with model.save(…)",
        ) from None


def names_of(kind: str, options: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """The names of a layer's ``count`` weights in Keras' order."""
    if kind == "BatchNormalization":
        wanted = [("scale", "gamma"), ("center", "beta")]
        learned = [name for key, name in wanted if options.get(key, True)]
        return (*learned, "moving_mean", "moving_variance")[:count]
    return _ORDER.get(kind, ("kernel", "bias"))[:count]


def _of_archive(file: Any, h5py: Any) -> Weights:
    """In a .keras file, a layer's place is its class's name with a number."""

    def find(
        path: tuple[str, ...], places: tuple[tuple[str, int], ...], layer: SourceLayer
    ) -> Arrays:
        where = "".join(f"layers/{_snake(kind)}{f'_{n}' if n else ''}/" for kind, n in places)
        group = file.get(f"{where}vars")
        if not isinstance(group, h5py.Group):
            return {}
        numbers = sorted((key for key in group if key.isdigit()), key=int)
        names = names_of(layer.kind, layer.options, len(numbers))
        return {name: _array(group[n]) for name, n in zip(names, numbers, strict=False)}

    return find


def _of_hdf5(file: Any, h5py: Any) -> Weights:
    """In an HDF5 file, the outermost layer's group holds arrays called ``…/layer/kernel:0``."""
    read: dict[str, dict[tuple[str, str], Callable[[], NDArray[np.float32]]]] = {}

    def contents(name: str) -> Mapping[tuple[str, str], Callable[[], NDArray[np.float32]]]:
        if name not in read:
            found: dict[tuple[str, str], Callable[[], NDArray[np.float32]]] = {}
            group = file.get(name)

            def visit(place: str, item: Any) -> None:
                parts = place.partition(":")[0].split("/")
                if isinstance(item, h5py.Dataset):
                    inner = parts[-2] if len(parts) > 1 else name
                    found[inner, parts[-1]] = lambda: _array(item)

            if isinstance(group, h5py.Group):
                group.visititems(visit)
            read[name] = found
        return read[name]

    def find(
        path: tuple[str, ...], places: tuple[tuple[str, int], ...], layer: SourceLayer
    ) -> Arrays:
        there = contents(path[0])
        if len(path) == 1:  # all that a group holds is its layer's, whatever scope it was made in
            return {variable: get() for (_, variable), get in there.items()}
        return {variable: get() for (name, variable), get in there.items() if name == path[-1]}

    return find


def _array(item: Any) -> NDArray[np.float32]:
    return np.asarray(item[()], np.float32)


def _snake(name: str) -> str:
    """A class's name as Keras writes it in places: ``Conv2D`` is ``conv2d``."""
    parted = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()
