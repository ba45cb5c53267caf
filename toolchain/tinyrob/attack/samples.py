"""The examples that are attacked: the first ones of a test set, or the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.grid import Int8Array
from tinyrob.attack.settings import Array, Settings
from tinyrob.attack.target import Labels
from tinyrob.deployable import Deployable
from tinyrob.errors import DataError
from tinyrob.files.archive import read_npy
from tinyrob.files.limits import Damaged


@dataclass(frozen=True)
class Samples:
    """Int8 inputs (N, ...), labels (N,), and the classes' names where they are known."""

    dataset: str
    x: Int8Array
    y: Labels
    classes: list[str]


def load_samples(settings: Settings, model: Deployable, count: int) -> Samples:
    """The first ``count`` examples. Raises DataError where they do not match the model."""
    if settings.inputs is not None or settings.labels is not None:
        found = _own(settings.inputs, settings.labels)
    else:
        found = _dataset(settings, model)
    source, sink = (model.graph.tensors[i[0]] for i in (model.graph.inputs, model.graph.outputs))
    outputs = sink.elements
    if found.x.shape[1:] != source.sample_shape:
        raise DataError(
            f"{found.dataset} has inputs of shape {found.x.shape[1:]}, "
            f"{model.name} takes {source.sample_shape}",
            "name the dataset that the model was trained on with --dataset",
        )
    highest = max(int(found.y.max(initial=0)), len(found.classes) - 1)
    if highest >= outputs or int(found.y.min(initial=0)) < 0:
        raise DataError(
            f"{found.dataset} has classes up to {highest}, {model.name} has {outputs} outputs",
            "name the dataset that the model was trained on with --dataset",
        )
    return Samples(found.dataset, found.x[:count], found.y[:count], found.classes)


def _dataset(settings: Settings, model: Deployable) -> Samples:
    from tinyrob import data

    name = settings.dataset or model.dataset
    if name is None:
        raise DataError(
            f"{model.name} does not say what it was trained on",
            f"name its dataset (--dataset {' or '.join(data.DATASETS)}), "
            "or give int8 inputs and labels (--input F.npy --labels F.npy)",
        )
    found = data.load(name, settings.data_dir)
    x = data.to_int8(found.x_test)
    return Samples(name, x, found.y_test.astype(np.int64), list(found.classes))


def _own(inputs: Array | None, labels: Array | None) -> Samples:
    if inputs is None or labels is None:
        raise DataError("--input and --labels go together", "give both, as .npy files")
    (name, x), (of_labels, y) = _array(inputs, "inputs"), _array(labels, "labels")
    if x.dtype != np.int8 or x.ndim < 2:
        raise DataError(
            f"{name} holds {x.dtype} of shape {x.shape}, not int8 inputs (N, ...)",
            "save the network's own int8 inputs with numpy.save",
        )
    if y.ndim != 1 or len(y) != len(x) or not np.issubdtype(y.dtype, np.integer):
        raise DataError(
            f"{of_labels} holds {y.dtype} of shape {y.shape}, not {len(x)} class numbers",
            "save one integer for each input with numpy.save",
        )
    title = Path(name).name if isinstance(inputs, str | Path) else name
    return Samples(title, np.ascontiguousarray(x), y.astype(np.int64), [])


def _array(given: Array, name: str) -> tuple[str, NDArray[Any]]:
    """An array and what messages call it."""
    if not isinstance(given, str | Path):
        return name, np.asarray(given)
    path = Path(given)
    try:
        return str(path), read_npy(path)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}", "check the path") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise DataError(f"{path} is no .npy file: {error}", "save it with numpy.save") from None
