"""The teacher of a distillation: a network to ask, or its logits for the training inputs.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset
from tinyrob.errors import TrainingError
from tinyrob.files.archive import parse_npz
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited
from tinyrob.files.whole import write_atomically
from tinyrob.frozen.io import load_frozen
from tinyrob.models import recipe_file, topologies, zoo
from tinyrob.models.recipe import Augment, Recipe
from tinyrob.models.run_folder import FLOAT, FROZEN, LABELS, RECIPE
from tinyrob.training import augment, weights
from tinyrob.training.batches import Logits

tf = _tf.tensorflow()
_BATCH = 500
_HINT = "name a run's folder, a zoo network, or an .npz file with `logits` (inputs, classes)"


@dataclass(frozen=True)
class Teacher:
    """``network`` gives logits of real inputs (N, *shape); or ``logits`` (inputs, V, C) are known.

    ``logits`` belong to the training inputs in their order, before any are held out; V is 1 or the
    number of ``augment.variants``. ``sha256`` is of ``file``.
    """

    file: Path
    sha256: str
    network: Callable[[Any], Any] | None = None
    logits: Logits | None = None


def load(recipe: Recipe, dataset: Dataset) -> Teacher | None:
    """The recipe's teacher, or None. ``dataset`` is whole: nothing is held out yet.

    Raises TrainingError where it is missing, damaged, or of other inputs or classes.
    """
    source = recipe.distillation.teacher
    if not source:
        return None
    path = Path(source)
    if path.suffix == ".npz" and path.is_file():
        return _of_logits(path, recipe, dataset)
    if path.is_dir():
        file = next((f for f in (path / FLOAT, path / FROZEN) if f.is_file()), None)
        if file is None:
            raise TrainingError(
                f"{source} is no run that could teach: it has neither {FLOAT} nor {FROZEN}", _HINT
            )
    elif source in zoo.names():
        file = zoo.ZOO / source / FROZEN
    else:
        raise TrainingError(f"distillation.teacher: there is no {source!r}", _HINT)
    network = _float(file, dataset) if file.name == FLOAT else _frozen(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    _check(network, source, dataset)
    return Teacher(file, digest, network)


def _float(file: Path, dataset: Dataset) -> Callable[[Any], Any]:
    """A float network of the recipe beside ``file``."""
    recipe = recipe_file.load(str(file.parent / RECIPE))
    model = topologies.build(recipe, dataset.shape, len(dataset.classes), quantized=False)
    found = weights.start_from(model, weights.read(str(file)))
    if found.lacking or found.other_shape:
        raise TrainingError(f"{file} is not of the {RECIPE} beside it, or of other data", _HINT)
    return lambda x: model(x, training=False)


def _frozen(file: Path) -> Callable[[Any], Any]:
    from tinyrob.frozen.reference import QKerasReference

    model = QKerasReference(load_frozen(file)).model

    def network(x: Any) -> Any:
        logits = model(x, training=False)
        return tf.reshape(logits, (tf.shape(x)[0], logits.shape[-1]))

    return network


def _check(network: Callable[[Any], Any], source: str, dataset: Dataset) -> None:
    try:
        logits = network(tf.zeros((1, *dataset.shape)))
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise TrainingError(
            f"the teacher {source} does not take inputs of {dataset.shape}", _HINT
        ) from error
    if logits.shape[-1] != len(dataset.classes):
        raise TrainingError(
            f"the teacher {source} tells {logits.shape[-1]} classes, "
            f"{dataset.name} has {len(dataset.classes)}",
            _HINT,
        )


def _of_logits(path: Path, recipe: Recipe, dataset: Dataset) -> Teacher:
    try:
        content = read_limited(path, DATA_BYTES)
        arrays = parse_npz(content)
        if "logits" not in arrays:
            raise Damaged("it has no array 'logits'")
    except (OSError, Damaged) as error:
        raise TrainingError(f"{path} holds no logits: {error}", _HINT) from error
    logits = arrays["logits"]
    if logits.ndim == 2:
        logits = logits[:, None]
    known = (1, len(augment.variants(recipe.training.augment)))
    expected = len(dataset.x_train), len(dataset.classes)
    fit = logits.ndim == 3 and logits.shape[1] in known
    if not fit or (len(logits), logits.shape[2]) != expected:
        raise TrainingError(
            f"{path}: its logits are {logits.shape}, and {dataset.name} has {expected[0]} training "
            f"inputs of {expected[1]} classes, with {known[1]} augmentations",
            _HINT,
        )
    if logits.dtype.kind != "f" or not np.isfinite(logits).all():
        raise TrainingError(f"{path}: its logits are not all finite numbers", _HINT)
    return Teacher(path, hashlib.sha256(content).hexdigest(), logits=logits)


def labelled(teacher: Teacher, recipe: Recipe, dataset: Dataset, out: Path) -> Teacher:
    """``teacher`` with its logits for all training inputs and all that augmentation makes of them.

    They are kept in ``out`` as 16-bit floats (labels.npz), so that a resumed run has the same ones.
    """
    kept, how = out / LABELS, recipe.training.augment
    if not kept.is_file():
        assert teacher.network is not None
        logits = soft_labels(teacher.network, dataset, how)
        buffer = io.BytesIO()
        np.savez(buffer, logits=logits)
        write_atomically(kept, buffer.getvalue())
    made = _of_logits(kept, recipe, dataset)
    return Teacher(teacher.file, teacher.sha256, logits=made.logits)


def soft_labels(network: Callable[[Any], Any], dataset: Dataset, how: Augment) -> Logits:
    """The network's logits (inputs, V, C) for each of the V variants of every training input."""
    from tinyrob.training.step import to_real

    ask = tf.function(lambda pixels: network(to_real(pixels)))
    x, variants = dataset.x_train, augment.variants(how)
    logits = np.empty((len(x), len(variants), len(dataset.classes)), np.float16)
    for number, (flip, top, left) in enumerate(variants):
        for start in range(0, len(x), _BATCH):
            part = x[start : start + _BATCH]
            all_of = np.ones(len(part), np.int64)
            draws = augment.Draws(flip * all_of > 0, top * all_of, left * all_of)
            changed = tf.constant(augment.apply(part, how, draws))
            logits[start : start + _BATCH, number] = ask(changed).numpy()
    return logits
