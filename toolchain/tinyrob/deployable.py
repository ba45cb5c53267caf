"""MODEL, as the verbs take it: a zoo name, a training run, an int8 .tflite or a QKeras model."""

from __future__ import annotations

import importlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, TinyrobError, UnsupportedModel, did_you_mean
from tinyrob.frozen.model import FrozenModel
from tinyrob.ir.graph import Graph
from tinyrob.ir.tflite_read import read_tflite

DEFAULT = "digits-stq-jr"
"""The zoo's model that is built where none is named."""

KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")
_TRUSTED_MODULES = ("keras", "tf_keras", "qkeras", "tinyrob", "builtins")


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
    data = path.read_bytes()
    try:
        return Deployable(path.stem, read_tflite(data, path.stem), data)
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
    from tinyrob import tf
    from tinyrob.freeze import freeze

    refuse_code(path)
    keras, qkeras = tf.keras(), tf.qkeras()
    objects: dict[str, Any] = {}
    qkeras.utils._add_supported_quantized_objects(objects)
    if path.suffix == ".keras":
        objects["QActivation"] = _activation_reader(qkeras)
    try:
        model = keras.models.load_model(path, custom_objects=objects, compile=False)
    except TinyrobError:
        raise
    except Exception as error:  # Keras raises what it likes on a file that it cannot read
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelFormatError(
            f"{path} cannot be loaded as a Keras model: {reason[0][:200]}",
            "save it with Keras 2 (tf_keras); of layers beyond Keras' own only QKeras' are known",
        ) from None
    return from_frozen(freeze(model, path.stem))


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


def refuse_code(path: Path) -> None:
    """Refuses a Keras file that would run code: a Lambda layer, or classes of other modules.

    Nothing of the file is run to find out. Raises UnsupportedModel, ModelFormatError for a file
    that is damaged, ToolMissing where there is no h5py to read it.
    """
    damaged = ModelFormatError(f"{path} is truncated or not a Keras model", "save it again")
    try:
        if path.suffix == ".keras" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                config = json.loads(archive.read("config.json"))
        else:
            h5py: Any = importlib.import_module("h5py")

            with h5py.File(path, "r") as file:
                config = json.loads(file.attrs["model_config"])
    except ImportError:
        from tinyrob import tf

        tf.keras()  # says how to install what is missing
        raise
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise damaged from None
    if "Lambda" in _values(config, "class_name"):
        raise UnsupportedModel(
            f"{path} holds a Lambda layer, which is code: tinyrob never runs code from a model",
            "replace it with a Keras layer",
        )
    for module in sorted(_values(config, "module")):
        if module.partition(".")[0] not in _TRUSTED_MODULES:
            raise UnsupportedModel(
                f"{path} asks for code of the Python module {module!r}: tinyrob never runs code "
                "from a model",
                "use layers of Keras and QKeras only",
            )


def _values(config: Any, key: str) -> set[str]:
    """Every text that stands under ``key`` in a Keras configuration, however deep."""
    found: set[str] = set()
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get(key), str):
                found.add(item[key])
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found
