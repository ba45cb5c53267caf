"""The inputs of a comparison: from a file, from a dataset's test split, or seeded random ones."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike

from tinyrob import data
from tinyrob.data.about import check_units
from tinyrob.data.about import load as load_known
from tinyrob.data.anomaly import place
from tinyrob.data.dataset import Dataset, Labels, to_int8
from tinyrob.data.own.arrays import check_finite
from tinyrob.errors import DataError
from tinyrob.files.archive import check_npy, parse_npy, parse_npz
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited
from tinyrob.files.whole import write_atomically
from tinyrob.ir.graph import Tensor, numpy_type
from tinyrob.project.manifest import Manifest, Signature
from tinyrob.run.base import Array
from tinyrob.run.batch import Side
from tinyrob.validate.pictures import of_folder

Given: TypeAlias = Union[Path, str, ArrayLike, Mapping[str, ArrayLike]]  # noqa: UP007
"""A file, an array, or of several inputs an array each by name."""
SEED = 20260101
_BUDGET_MACS = 500_000_000
_FEWEST, _MOST = 10, 1000
_STEPS = 2.0**30
"""Of the input's scale: what a float32 input stays within, so that int32 holds it."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Inputs (N, *input_shape) of the model's types, labels (N,) where they are known, and where
    they are from; ``steps`` of them are a sequence, None:
    all. ``judged``: which of the inputs the labels are of, None: all."""

    inputs: Array
    labels: Labels | None
    source: str
    steps: int | None = None
    judged: Array | None = None

    def in_sequences(self, steps: int) -> Vectors:
        """The same as sequences of ``steps``."""
        count = -(-len(self.inputs) // steps)
        source = f"{self.source}, in {count:,} sequence{'' if count == 1 else 's'}"
        return replace(self, steps=steps, source=source)


KINDS = ("uniform", "near", "extreme", "drift")
"""Kinds of random inputs: every value alike, around the zero point, the least and the greatest
only, and neighbours that differ by little."""


def of_kind(kind: str, count: int, side: Side, seed: int = SEED) -> Array:
    """``count`` random inputs of one of ``KINDS``, in the model's own types; the same each time.

    float32 ones lie between the steps, and a little beyond both ends.
    """
    dice = np.random.default_rng(seed)
    arrays = []
    for inner, outer in side.pairs:
        info: Any = np.iinfo(numpy_type(inner.dtype))
        assert inner.quantization is not None
        least, most = (info.min, info.max) if inner.below is None else (0, inner.below - 1)
        zero, span = inner.quantization.zero_point, most - least
        shape = (count, inner.elements)
        if kind == "near":
            values = zero + dice.normal(0, span / 16, shape)
        elif kind == "extreme":
            values = np.where(dice.random(shape) < 0.5, least, most)
        elif kind == "drift":
            walk = np.cumsum(dice.normal(0, span / 64, shape), axis=1)
            values = walk + dice.uniform(least, most, (count, 1))
        else:
            values = dice.uniform(least - 0.5, most + 0.5, shape)
        arrays.append(_typed(values, inner, outer, dice))
    return side.outer.join(arrays)


def _typed(values: Array, inner: Tensor, outer: Tensor, dice: np.random.Generator) -> Array:
    """Real-valued steps of the operators' grid as values of the model's type."""
    assert inner.quantization is not None
    if outer.dtype == "float32":
        steps = values + dice.uniform(-0.5, 0.5, values.shape) - inner.quantization.zero_point
        return (steps * inner.quantization.scale).astype(np.float32)
    info: Any = np.iinfo(numpy_type(inner.dtype))
    ends = (info.min, info.max) if inner.below is None else (0, inner.below - 1)
    whole = np.clip(np.rint(values), *ends).astype(np.int64)
    if outer.dtype == "uint8":
        return (whole + 128).astype(np.uint8)
    return whole.astype(numpy_type(inner.dtype))


def default_count(manifest: Manifest) -> int:
    """How many inputs an emulator runs in about half a minute: 10 to 1,000."""
    return int(np.clip(_BUDGET_MACS // max(manifest.macs, 1), _FEWEST, _MOST))


def chosen(
    manifest: Manifest,
    inputs: Given | None = None,
    labels: Given | None = None,
    dataset: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
    steps: int | None = None,
) -> Vectors:
    """The inputs that were asked for: arrays or files, a dataset's, or the default ones.

    ``steps``: they are whole sequences of so many; arrays may then be (sequences, steps, ...).

    ``inputs`` (N, *input_shape) in the model's own types or the integers behind them, of several
    inputs one array each by name; ``labels`` (N,) class numbers; ``count``: the first so many.
    Raises DataError where they are not what the network takes, or say two things.
    """
    if count is not None and count < 1:
        raise DataError(f"{count} inputs are none to run", "ask for at least one")
    if inputs is None:
        if labels is not None:
            raise DataError("there are labels and no inputs", "give the inputs they belong to")
        if dataset is not None:
            return _whole(from_dataset(dataset, manifest, count, data_dir), steps)
        if steps is not None:  # as many whole ones as there are in what is run by default
            count = -(-(count or default_count(manifest)) // steps) * steps
        return _whole(default(manifest, count, data_dir), steps)
    if dataset is not None:
        raise DataError("a dataset and inputs both say what is run", "give one of the two")
    if isinstance(inputs, str | Path):
        where, x = str(inputs), read_inputs(Path(inputs), manifest, steps)
    else:
        where, x = "inputs", check_inputs(inputs, "inputs", manifest, steps)
    classes = None if labels is None else read_labels(labels, len(x), manifest)[:count]
    return _whole(Vectors(x[:count], classes, where), steps)


def _whole(vectors: Vectors, steps: int | None) -> Vectors:
    """Raises DataError where a sequence is not whole."""
    if steps is None:
        return vectors
    if len(vectors.inputs) % steps:
        raise DataError(
            f"{vectors.source}: {len(vectors.inputs):,} inputs are no whole sequences of {steps}",
            f"give a multiple of {steps}, or an array (sequences, {steps}, ...)",
        )
    return vectors.in_sequences(steps)


def from_file(path: Path, manifest: Manifest) -> Vectors:
    """An .npy of (N, *input_shape), or an .npz with one array an input, in the model's own types
    or in int8. Raises DataError where it is anything else."""
    return Vectors(read_inputs(path, manifest), None, str(path))


def read_inputs(path: Path, manifest: Manifest, steps: int | None = None) -> Array:
    """The inputs in a file. Nothing in it is executed. Raises DataError."""
    return check_inputs(_read(path, len(manifest.inputs) > 1), str(path), manifest, steps)


def read_labels(labels: Given, count: int, manifest: Manifest) -> Labels:
    """``count`` class numbers, one for each input, as an array or in an .npy file.

    Raises DataError where they are anything else, or beyond the network's outputs.
    """
    if isinstance(labels, str | Path):
        where, array = str(labels), _read(Path(labels), False)
    else:
        where, array = "labels", np.asarray(labels)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise DataError(
            f"{where}: {array.dtype} of shape {array.shape}, not {count} class numbers",
            "give one integer for each input",
        )
    outputs = manifest.output.values if manifest.about.anomaly is None else 2
    if array.min() < 0 or array.max() >= outputs:
        raise DataError(
            f"{where}: classes from {array.min()} to {array.max()}; the network has {outputs} "
            f"{'outputs' if manifest.about.anomaly is None else 'verdicts'}",
            f"class numbers are 0 to {outputs - 1}",
        )
    found: Labels = array.astype(np.int64)
    return found


def check_inputs(given: Any, where: str, manifest: Manifest, steps: int | None = None) -> Array:
    """``given``, if the network takes it; ``where`` names it in errors. Arrays of sequences of
    ``steps`` become those of their inputs; where the network knows its sensor, floats are that
    one's values. Raises DataError."""
    signatures = manifest.inputs or (manifest.input,)
    if len(signatures) > 1:
        named = isinstance(given, Mapping)
        loaded = {k: np.asarray(a) for k, a in given.items()} if named else np.asarray(given)
        return _records(loaded, where, signatures, steps)
    array, sensor = _unrolled(np.asarray(given), signatures[0], steps), manifest.about.sensor
    if sensor is not None and array.dtype.kind == "f" and array.shape[1:] == signatures[0].shape:
        check_finite(array, where)
        array = sensor.quantize(array)
    return _fitting(array, where, signatures[0])


def _unrolled(array: Array, signature: Signature, steps: int | None) -> Array:
    """(sequences, steps, ...) as (inputs, ...)."""
    if steps is None or array.shape[1:] != (steps, *signature.shape):
        return array
    return array.reshape(-1, *signature.shape)


def _read(path: Path, several: bool) -> Any:
    """The array in a file, or where ``several`` are due the arrays by name, or one of records."""
    try:
        check_npy(path)
        content = read_limited(path, DATA_BYTES)
        if several and content.startswith(b"PK"):
            return parse_npz(content)
        return parse_npy(content)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise DataError(
            f"{path} is not a .npy file of numbers: {error}", "np.save makes one"
        ) from None


def _records(
    loaded: Any, where: str, signatures: tuple[Signature, ...], steps: int | None
) -> Array:
    """One record a sample, of the arrays named as the inputs are."""
    names = [s.name for s in signatures]
    found = list(loaded.files) if hasattr(loaded, "files") else list(loaded.dtype.names or ())
    if sorted(found) != sorted(names):
        raise DataError(
            f"{where} holds {', '.join(map(repr, found)) or 'one array'}; the network's inputs are "
            f"{', '.join(map(repr, names))}",
            "np.savez(path, **{name: array, …}) makes the right file",
        )
    arrays = [_fitting(_unrolled(loaded[s.name], s, steps), where, s) for s in signatures]
    counts = {len(array) for array in arrays}
    if len(counts) > 1:
        raise DataError(f"{where} holds arrays of {sorted(counts)} samples", "as many of each")
    kinds = {array.dtype == np.dtype(s.dtype) for array, s in zip(arrays, signatures, strict=True)}
    if len(kinds) > 1:
        raise DataError(f"{where} mixes integers with the model's own types", "give one of the two")
    parts = [(s.name, a.dtype, s.shape) for s, a in zip(signatures, arrays, strict=True)]
    records = np.empty(len(arrays[0]), np.dtype(parts))
    for signature, array in zip(signatures, arrays, strict=True):
        records[signature.name] = array
    return records


def _fitting(array: Array, where: str, signature: Signature) -> Array:
    shape = signature.shape
    if array.dtype not in (np.dtype(signature.inner), np.dtype(signature.dtype)):
        also = "" if signature.dtype == signature.inner else f" or {signature.dtype}"
        raise DataError(
            f"{where} holds {array.dtype}, not {signature.inner}{also}",
            f"quantize: round(x / {signature.scale:g}) + {signature.zero_point}",
        )
    if array.shape[1:] != shape or len(array) == 0:
        raise DataError(
            f"{where} holds an array {array.shape}; the network takes "
            f"(N, {', '.join(map(str, shape))}) with N at least 1"
        )
    if signature.below and not ((array >= 0) & (array < signature.below)).all():
        wrong = array[(array < 0) | (array >= signature.below)][0]
        raise DataError(
            f"{where} holds the index {wrong}; the network looks up one of {signature.below} rows",
            f"indices are 0 to {signature.below - 1}",
        )
    if (
        array.dtype == np.float32
        and not (np.abs(array / np.float32(signature.scale)) < _STEPS).all()
    ):
        raise DataError(
            f"{where} holds NaN, infinite values, or some beyond {_STEPS * signature.scale:g}: in "
            "C no such number becomes an integer, and each runner makes another of it",
            "mend the data, or clip them: numpy.nan_to_num, numpy.clip",
        )
    return np.ascontiguousarray(array)


def from_dataset(
    name: data.Data, manifest: Manifest, count: int | None, data_dir: Path | None = None
) -> Vectors:
    """The first ``count`` (None: all) of a dataset's test split, or so many of the pictures in a
    folder. Raises DataError."""
    if isinstance(name, str) and name not in data.DATASETS and Path(name).is_dir():
        return Vectors(*of_folder(Path(name), manifest, count, SEED), name)
    return _of(data.load(name, data_dir, manifest.about.features), manifest, count)


def _of(dataset: Dataset, manifest: Manifest, count: int | None) -> Vectors:
    if dataset.shape != manifest.input.shape:
        raise DataError(
            f"{dataset.name} has inputs {dataset.shape}, the network takes {manifest.input.shape}",
            "name the dataset that the network is for",
        )
    check_units(manifest.about, dataset, manifest.model)
    if manifest.input.inner != "int8":
        raise DataError(
            f"{dataset.name} is of int8 inputs, the network takes {manifest.input.inner}",
            "give the inputs as a file: --input F.npy",
        )
    inputs, labels = to_int8(dataset.x_test)[:count], dataset.y_test[:count]
    if (known := manifest.about.anomaly) is not None:
        labels = (labels != place(dataset.classes, known.normal, dataset.name)).astype(np.int64)
    whole = "all" if len(inputs) == len(dataset.x_test) else "the first"
    return Vectors(inputs, labels, f"{whole} {len(inputs):,} of the test split of {dataset.name}")


def random(count: int, manifest: Manifest) -> Vectors:
    """``count`` inputs, every integer of its type alike; the same ones each time. Of other types:
    values that become them, and for float32 such as lie between and beyond."""
    signatures = manifest.inputs or (manifest.input,)
    dice = np.random.default_rng(SEED)
    arrays = [_drawn(count, signature, dice) for signature in signatures]
    inputs = arrays[0]
    if len(signatures) > 1:
        kinds = [(s.name, a.dtype, s.shape) for s, a in zip(signatures, arrays, strict=True)]
        inputs = np.empty(count, np.dtype(kinds))
        for signature, array in zip(signatures, arrays, strict=True):
            inputs[signature.name] = array
    return Vectors(inputs, None, f"{count:,} random inputs (seed {SEED})")


def _drawn(count: int, signature: Signature, dice: np.random.Generator) -> Array:
    shape = (count, *signature.shape)
    if signature.dtype == "uint8":
        return dice.integers(0, 256, shape, dtype=np.uint8)
    if signature.dtype == "float32":
        inner: Any = np.dtype(signature.inner)
        ends = np.iinfo(inner)
        steps = dice.uniform(ends.min - 2, ends.max + 2, shape) - signature.zero_point
        return (steps * signature.scale).astype(np.float32)
    kind: Any = np.dtype(signature.dtype)
    if signature.below:
        return dice.integers(0, signature.below, shape, dtype=kind)
    info = np.iinfo(kind)
    return dice.integers(info.min, info.max + 1, shape, dtype=kind)


def default(manifest: Manifest, count: int | None, data_dir: Path | None = None) -> Vectors:
    """The model's dataset where it is known and there, else random inputs, saying why."""
    wanted = count or default_count(manifest)
    if manifest.dataset is None:
        return random(wanted, manifest)
    try:
        return _of(load_known(manifest.about, manifest.dataset, data_dir), manifest, wanted)
    except DataError as error:
        made = random(wanted, manifest)
        return Vectors(made.inputs, None, f"{made.source}, since {error.message}")


def write_outputs(path: Path, outputs: Array) -> None:
    """Writes an .npy, whole or not at all. Raises DataError where ``path`` is a folder."""
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a file", "name the .npy to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.save(buffer, outputs, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
