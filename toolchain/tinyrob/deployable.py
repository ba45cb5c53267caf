"""MODEL, as the verbs take it: a zoo name, a training run, an int8 .tflite or a QKeras model."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, TinyrobError, did_you_mean
from tinyrob.files import names
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.frozen.model import FrozenModel
from tinyrob.ir.graph import Graph
from tinyrob.ir.tflite_read import read_tflite

DEFAULT = "digits-stq-jr"
"""The zoo's model that is built where none is named."""

KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclass(frozen=True, eq=False)
class Deployable:
    """A network that can be built: its graph and .tflite, and the frozen model where it has one.

    ``dataset`` names the data that it was trained on, where that is known.
    """

    name: str
    graph: Graph
    tflite: bytes
    frozen: FrozenModel | None = None
    dataset: str | None = None


def load_model(model: str | None = None) -> Deployable:
    """What MODEL names; None is the zoo's default.

    Raises ModelFormatError where it is unknown or damaged, UnsupportedModel or FreezeError where
    it cannot be taken, ToolMissing where reading it needs TensorFlow.
    """
    from tinyrob.models import zoo

    if model == "":
        raise ModelFormatError("the model's name is empty", "is a variable of your script unset?")
    name = model or DEFAULT
    path = Path(name)
    if name in zoo.names():
        return from_frozen(zoo.load(name))
    if path.is_dir():
        return _from_run(path)
    if path.is_file():
        if path.suffix == ".tflite":
            return _from_tflite(path)
        if path.suffix in KERAS_SUFFIXES:
            return _from_keras(path)
        raise ModelFormatError(
            f"{path} is no model that tinyrob knows by its ending",
            "a model is a zoo name, a training run's folder, a .tflite, a .h5 or a .keras",
        )
    raise ModelFormatError(
        f"there is no model {name!r}: no file, no folder, and not in the zoo",
        f"{did_you_mean(name, zoo.names())}`tinyrob models` lists the zoo",
    )


def _from_tflite(path: Path) -> Deployable:
    name = names.safe(path.stem)
    try:
        data = read_limited(path)
        return Deployable(name, read_tflite(data, name), data)
    except Damaged as error:
        raise ModelFormatError(f"{path}: {error}", "give a model for a microcontroller") from None
    except ModelFormatError as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from None


def from_frozen(frozen: FrozenModel) -> Deployable:
    """A frozen model with its graph and .tflite. Raises UnsupportedModel where it has none."""
    from tinyrob.frozen.to_graph import to_graph
    from tinyrob.ir.tflite_write import write_tflite

    graph = to_graph(frozen)
    dataset = frozen.metadata.get("dataset")
    return Deployable(
        frozen.name,
        graph,
        write_tflite(graph),
        frozen,
        dataset if isinstance(dataset, str) else None,
    )


def _from_run(folder: Path) -> Deployable:
    from tinyrob.frozen.io import load_frozen

    frozen = folder / "frozen.npz"
    if not frozen.is_file():
        unfinished = any(folder.glob("checkpoint-*.npz"))
        raise ModelFormatError(
            f"{folder} holds no frozen.npz",
            "the training has not ended: go on with --resume"
            if unfinished
            else "name the folder of a training run (`tinyrob train … --out DIR`)",
        )
    return from_frozen(load_frozen(frozen))


def _from_keras(path: Path) -> Deployable:
    from tinyrob.freeze import freeze

    return from_frozen(freeze(load_keras(path), names.safe(path.stem)))


def load_keras(path: Path, also: frozenset[str] = frozenset()) -> Any:
    """The model in a file that holds freeze's layers (and the layers ``also``) only.

    Raises UnsupportedModel with all that it asks for beyond that, ModelFormatError where it is
    damaged, ToolMissing where TensorFlow or QKeras is not installed.
    """
    from tinyrob import tf
    from tinyrob.freeze.keras_file import read_keras_file

    checked = read_keras_file(path, also)
    keras, qkeras = tf.keras(), tf.qkeras()
    objects = _objects(qkeras)
    if checked.suffix == ".keras":
        objects["QActivation"] = _activation_reader(qkeras)
    # Keras gets the very bytes that were checked, under a name that it takes as we did.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"model{checked.suffix}"
        copy.write_bytes(checked.content)
        try:
            return keras.models.load_model(
                copy, custom_objects=objects, compile=False, safe_mode=True
            )
        except TinyrobError:
            raise
        except Exception as error:  # Keras raises what it likes on a file that it cannot read
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelFormatError(
                f"{path} cannot be loaded as a Keras model: {reason[0][:200]}",
                "save it with Keras 2 (tf_keras); of layers beyond Keras' own only QKeras' are "
                "known",
            ) from None


def _objects(qkeras: Any) -> dict[str, Any]:
    """What names in a file may mean beyond Keras' own layers: QKeras' classes, and tinyrob's."""
    from tinyrob.models import layers, quantizers

    objects: dict[str, Any] = {}
    qkeras.utils._add_supported_quantized_objects(objects)
    ours = (layers.PowerOfTwoBatchNormalization, quantizers.ReluGrid, quantizers.SignedGrid)
    return objects | {kind.__name__: kind for kind in (*ours, quantizers.SeededTernary)}


def _activation_reader(qkeras: Any) -> Any:
    """QKeras 0.9 writes a QActivation's quantizer into a .keras file and cannot read it back."""

    class Reader(qkeras.QActivation):  # type: ignore[misc]
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            activation = config["activation"]
            if isinstance(activation, dict):
                legacy = {key: activation[key] for key in ("class_name", "config")}
                config = {**config, "activation": qkeras.get_quantizer(legacy)}
            return qkeras.QActivation(**config)

    return Reader
