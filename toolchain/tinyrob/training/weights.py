"""Weights by name: what a run ends its float epochs with, and what another one can start from.

A source is a run's folder, an .npz file (of names and arrays, a checkpoint beside its recipe, or a
frozen network), a float Keras model (.h5, .keras) or the name of a zoo network. Names are Keras',
as ``stem_kernel/kernel``.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError, TinyrobError, TrainingError
from tinyrob.files.archive import arrays_of, read_zip
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited
from tinyrob.files.whole import write_atomically
from tinyrob.frozen.io import load_frozen
from tinyrob.frozen.model import Conv2D, Dense, DepthwiseConv2D, FrozenModel
from tinyrob.models import recipe_file, zoo
from tinyrob.models.layers import EPSILON, GAMMA_RANGE
from tinyrob.models.own.origin import SUFFIXES, take
from tinyrob.models.own.plan import Plan
from tinyrob.models.run_folder import FLOAT, FROZEN, RECIPE
from tinyrob.training import checkpoints

_SHOWN = 4  # names that did not match, in a message


@dataclass(frozen=True)
class Weights:
    """Arrays by name, the file that they are from and its SHA-256."""

    arrays: Mapping[str, NDArray[Any]]
    file: Path
    sha256: str


@dataclass(frozen=True)
class Match:
    """What became of a source's arrays: ``taken``, and by name what was not.

    ``lacking`` are the network's own that keep their random values, ``other_shape`` are in both
    but differ in shape, ``unused`` are in the source alone.
    """

    taken: int
    lacking: Sequence[str]
    other_shape: Sequence[str]
    unused: Sequence[str]

    def sentences(self) -> list[str]:
        """One line for what was taken, and one for each kind that was not."""
        lines = [f"{self.taken} arrays taken by name and shape"]
        for names, what in (
            (self.lacking, "start at random"),
            (self.other_shape, "start at random, as their shape is another"),
            (self.unused, "of the source are not used"),
        ):
            if names:
                more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                lines.append(f"{', '.join(names[:_SHOWN])}{more} {what}")
        return lines


def file_of(source: str) -> Path:
    """The file that ``source`` means. Raises TrainingError where there is none."""
    path = Path(source)
    if path.is_dir():
        newest = checkpoints.newest_file(path)
        for found in (newest, path / FLOAT, path / FROZEN):
            if found is not None and found.is_file():
                return found
        raise TrainingError(
            f"{source} holds no weights: neither a checkpoint nor {FLOAT} nor {FROZEN}",
            "name the folder of a training run",
        )
    if path.suffix in (".npz", *SUFFIXES):
        if not path.is_file():
            raise TrainingError(f"there is no file {source}", "check the path")
        return path
    if source in zoo.names():
        return zoo.ZOO / source / FROZEN
    raise TrainingError(
        f"{source!r} is neither a run's folder nor an .npz or Keras file nor a zoo network",
        f"the zoo has {', '.join(zoo.names())}",
    )


def read(source: str) -> Weights:
    """The weights of ``source``. Raises TrainingError where there are none or they are damaged."""
    path = file_of(source)
    try:
        if path.suffix in SUFFIXES:
            taken = take(str(path), Path()).origin
            return Weights(taken.weights, path, taken.sha256)
        content = read_limited(path, DATA_BYTES)
        digest = hashlib.sha256(content).hexdigest()
        members = read_zip(content)
        if "spec.json" in members:
            return Weights(of_frozen(load_frozen(path)), path, digest)
        if "header.npy" in members:
            return Weights(_of_checkpoint(path), path, digest)
        return Weights(arrays_of(members), path, digest)
    except (Damaged, OSError, ModelFormatError) as error:
        why = error.message if isinstance(error, TinyrobError) else str(error)
        raise TrainingError(f"{path} holds no weights: {why}", "name another file") from error


def _of_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """The weights that would be deployed: the averaged ones where there are such."""
    from tinyrob.models import topologies

    if not (path.parent / RECIPE).is_file():
        raise TrainingError(
            f"{path} is a checkpoint without its {RECIPE}, which says what its weights are called",
            "put the run's recipe beside it",
        )
    found, recipe = checkpoints.read(path), recipe_file.load(str(path.parent / RECIPE))
    # The names and their order follow from the topology alone: any image will do.
    image = (64, 64, found.weights[0].shape[-2])
    shape = recipe.topology.shape if isinstance(recipe.topology, Plan) else image
    model = topologies.build(recipe, shape, 2, quantized=False)
    names = [_plain(v.name) for v in model.weights]
    if len(names) != len(found.weights):
        raise TrainingError(f"{path} is not of the {RECIPE} beside it", "name another run")
    arrays = dict(zip(names, found.weights, strict=True))
    training, phase = recipe.training, found.history[-1]["phase"]
    if training.average and (phase != "warmup" or training.average_from == "warmup"):
        averaged = [_plain(v.name) for v in model.trainable_variables]
        arrays |= dict(zip(averaged, found.optimizer[-len(averaged) :], strict=True))
    return arrays


def named(model: Any) -> dict[str, NDArray[Any]]:
    """A Keras model's arrays by name."""
    return {_plain(v.name): v.numpy() for v in model.weights}


def save(model: Any, path: Path) -> None:
    """Writes ``named(model)`` as an .npz file, whole or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, **named(model))  # type: ignore[arg-type]
    write_atomically(path, buffer.getvalue())


def of_frozen(model: FrozenModel) -> dict[str, NDArray[Any]]:
    """A frozen network as weights of its topology: the same function of the input.

    A normalization was folded into its kernel. Here the kernel's channels have one step again, as
    depthwise quantizers need it, and the normalization the rest as its gain.
    """
    arrays: dict[str, NDArray[Any]] = {}
    grids = {node.name: node.grid for node in model.nodes}
    for node in model.nodes:
        if not isinstance(node, Conv2D | DepthwiseConv2D | Dense) or node.name == "pool":
            continue
        depthwise = isinstance(node, DepthwiseConv2D)
        steps = np.exp2(node.log2_kernel.astype(np.float64))
        bias = (node.bias * steps * grids[node.inputs[0]].step / 2).astype(np.float32)
        if isinstance(node, Dense):
            arrays[f"{node.name}_kernel/kernel"] = (node.kernel * steps).astype(np.float32)
            arrays[f"{node.name}_kernel/bias"] = bias
            continue
        # Freezing may have halved a channel's step for its bias: back to odd integers.
        bits = np.bitwise_or.reduce(np.abs(node.kernel.astype(np.int64)).reshape(-1, len(steps)))
        spare = np.where(bits == 0, 1, bits & -bits).astype(np.int64)
        kernel = node.kernel // spare.reshape(node.kernel.shape[-2:] if depthwise else -1)
        common = 2.0 ** int(np.median(np.log2(steps * spare)))
        gain = np.where(bits == 0, 1.0, steps * spare / common)
        gamma = np.clip(gain, *GAMMA_RANGE)
        # Without a residual sum the block's activation is the second convolution's.
        plain = node.name.count("_") == 1 and node.name.startswith("stage")
        name = f"{node.name}_conv2" if plain else node.name
        word = "depthwise_kernel" if depthwise else "kernel"
        arrays[f"{name}_kernel/{word}"] = (kernel * common).astype(np.float32)
        arrays[f"{name}_norm/gamma"] = gamma.astype(np.float32)
        arrays[f"{name}_norm/beta"] = bias
        arrays[f"{name}_norm/moving_mean"] = np.zeros_like(bias)
        arrays[f"{name}_norm/moving_variance"] = np.maximum(
            (gamma / gain) ** 2 - EPSILON, 0.0
        ).astype(np.float32)
    return arrays


def start_from(model: Any, weights: Weights) -> Match:
    """Gives ``model`` the arrays that it has by the same name and shape.

    Raises TrainingError where there is none.
    """
    own = {_plain(v.name): v for v in model.weights}
    arrays = _without_norms({_plain(n): array for n, array in weights.arrays.items()}, own)
    fit = [n for n, v in own.items() if n in arrays and arrays[n].shape == tuple(v.shape)]
    if not fit:
        raise TrainingError(
            f"nothing in {weights.file} fits this network by name and shape",
            f"it has {', '.join(sorted(arrays)[:_SHOWN])}; "
            f"the network has {', '.join(sorted(own)[:_SHOWN])}",
        )
    for name in fit:
        if not np.isfinite(arrays[name]).all():
            raise TrainingError(f"{weights.file}: {name} is not finite", "name another file")
        own[name].assign(arrays[name].astype(np.float32))
    return Match(
        len(fit),
        [n for n in own if n not in arrays],
        [n for n in own if n in arrays and n not in fit],
        [n for n in arrays if n not in own],
    )


def _without_norms(arrays: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``arrays`` with a normalization in the kernel before it, where the network has a bias there.

    So it is in networks of a user's own, which are told from a frozen one's normalized form.
    """
    for name in list(arrays):
        layer, _, word = name.rpartition("/")
        norm = f"{layer.removesuffix('_kernel')}_norm"
        parts = [f"{norm}/{p}" for p in ("gamma", "beta", "moving_mean", "moving_variance")]
        folds = f"{layer}/bias" in own and parts[0] not in own and f"{layer}/bias" not in arrays
        if not word.endswith("kernel") or not folds or not set(parts) <= set(arrays):
            continue
        gamma, beta, mean, variance = (np.asarray(arrays.pop(p), np.float64) for p in parts)
        kernel = np.asarray(arrays[name], np.float64)
        if any(p.shape != gamma.shape or p.ndim != 1 for p in (beta, mean, variance)) or (
            kernel.size % max(1, gamma.size)
        ):
            continue
        gain = gamma / np.sqrt(variance + EPSILON)
        arrays[name] = (kernel.reshape(-1, gamma.size) * gain).reshape(kernel.shape)
        arrays[f"{layer}/bias"] = beta - mean * gain
    return arrays


def _plain(name: str) -> str:
    return name.partition(":")[0]
