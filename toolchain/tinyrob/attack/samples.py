"""The examples that are attacked: the first ones of a test set, or the user's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob import data
from tinyrob.attack.grid import Int8Array
from tinyrob.attack.settings import Array, Settings
from tinyrob.attack.target import Labels
from tinyrob.data.about import check_units
from tinyrob.data.about import load as load_known
from tinyrob.data.dataset import Dataset
from tinyrob.data.own.arrays import check_finite
from tinyrob.data.units import Units
from tinyrob.deployable import Deployable
from tinyrob.errors import DataError, UnsupportedModel
from tinyrob.files.archive import read_npy
from tinyrob.files.limits import Damaged


@dataclass(frozen=True)
class Samples:
    """Int8 inputs (N, ...), labels (N,), the classes' names where they are known, and what the
    inputs stand for; ``x`` are an attacker's inputs where it stands in front of the network."""

    dataset: str
    x: Int8Array
    y: Labels
    classes: list[str]
    units: Units | None = None
    form: str | None = None


def load_samples(settings: Settings, model: Deployable, count: int) -> Samples:
    """The first ``count`` examples. Raises DataError where they do not match the model."""
    if model.about.anomaly is not None:
        raise UnsupportedModel(
            f"{model.name} detects anomalies: it has no classes that an attack could exchange",
            "validate and run score it; attacks and proofs are for networks that tell classes",
        )
    if settings.inputs is not None or settings.labels is not None:
        found = replace(
            _own(settings.inputs, settings.labels, model.about.sensor),
            classes=list(model.classes),
            units=model.about.units,
            form=model.about.form,
        )
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
    return replace(found, x=found.x[:count], y=found.y[:count])


def _dataset(settings: Settings, model: Deployable) -> Samples:
    called, found = dataset_of(settings, model)
    y = found.y_test.astype(np.int64)
    classes = list(found.classes)
    return Samples(called, data.to_int8(found.x_test), y, classes, found.units, found.form)


def dataset_of(settings: Settings, model: Deployable) -> tuple[str, Dataset]:
    """The dataset, and what it is called. Raises DataError where none is named, or not there."""
    name = settings.dataset or model.dataset
    if name is None:
        raise DataError(
            f"{model.name} does not say what it was trained on",
            f"name its dataset (--dataset {' or '.join(data.DATASETS)}, or a recipe's file), "
            "or give int8 inputs and labels (--input F.npy --labels F.npy)",
        )
    if settings.dataset is None:
        found = load_known(model.about, name, settings.data_dir)
    else:
        found = data.load(name, settings.data_dir, model.about.features)
    check_units(model.about, found, model.name)
    return name if settings.dataset is None or not name.endswith(".toml") else found.name, found


def _own(inputs: Array | None, labels: Array | None, sensor: Units | None) -> Samples:
    if inputs is None or labels is None:
        raise DataError("--input and --labels go together", "give both, as .npy files")
    (name, x), (of_labels, y) = array(inputs, "inputs"), array(labels, "labels")
    if sensor is not None and x.dtype.kind == "f" and x.ndim >= 2:
        if len(sensor.log2_step) not in (1, x.shape[-1]):
            raise DataError(
                f"{name} has {x.shape[-1]} channels, the network's sensor {len(sensor.log2_step)}",
                "channels are on the last axis",
            )
        check_finite(x, name)
        x = sensor.quantize(x)
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


def array(given: Array, name: str) -> tuple[str, NDArray[Any]]:
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
