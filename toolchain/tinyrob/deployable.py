"""MODEL, as the verbs take it: a zoo name, a training run, an int8 .tflite or a QKeras model."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.data.about import NOTHING, About, about_frozen
from tinyrob.errors import DataError, ModelFormatError, TinyrobError, UnsupportedModel, did_you_mean
from tinyrob.features.read import from_metadata
from tinyrob.features.spec import Features
from tinyrob.files import names
from tinyrob.files.html import table
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.files.whole import write_atomically
from tinyrob.frozen.model import FrozenModel
from tinyrob.ir.graph import Graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.manifest import FILE
from tinyrob.project.streaming import Streaming

DEFAULT = "digits-stq-jr"
"""The zoo's model that is built where none is named."""

KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclass(frozen=True, eq=False)
class Deployable:
    """A network that can be built: its graph and .tflite, and the frozen model where it has one.

    ``dataset`` names the data that it was trained on, where that is known; ``about`` says more of
    them. ``stream``: the graph takes a stream, step by step; ``window`` is then the .tflite of the
    whole network that it was made of.
    """

    name: str
    graph: Graph
    tflite: bytes
    frozen: FrozenModel | None = None
    dataset: str | None = None
    about: About = NOTHING
    stream: Streaming | None = None
    window: bytes | None = None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The input's, without the batch; of a stream that of a whole window."""
        if self.stream is not None:
            return self.stream.shape
        return self.graph.tensors[self.graph.inputs[0]].sample_shape

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the outputs' values; none where they are unknown."""
        graph = self.graph
        if self.about.anomaly is not None:
            return self.about.anomaly.classes
        outputs = graph.tensors[graph.outputs[0]].elements if graph.outputs else 0
        return self.about.classes if len(self.about.classes) == outputs else ()

    @property
    def features(self) -> Features | None:
        """How its inputs are made of sound, where it says so. Raises ModelFormatError."""
        own = None if self.frozen is None else from_metadata(self.frozen.metadata, self.name)
        return own or self.about.features

    @property
    def exact(self) -> bool:
        """Whether every runner must give the frozen model's bits; False without such a model."""
        return self.frozen is not None and self.frozen.exact

    @property
    def rewritten(self) -> tuple[str, ...]:
        """What freezing made of a Keras model that left something open, in sentences."""
        if self.frozen is None:
            return ()
        metadata = self.frozen.metadata
        notes: Any = metadata.get("rewritten")
        told = [f"layer {layer!r}: {what}" for layer, what in notes] if _is_told(notes) else []
        far = metadata.get("difference")
        if isinstance(far, dict) and set(far) == {"inputs", "largest", "same_class"}:
            told.append(
                f"so it is not Keras' function to the bit: logits differ by up to "
                f"{far['largest']:.3g}, and {100 * far['same_class']:.1f} % of the classes are the "
                f"same, on {far['inputs']} made-up inputs"
            )
        return tuple(told)

    def facts(self) -> dict[str, str]:
        """What it is, in words."""
        graph = self.graph
        source, sink = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
        return {
            "input": f"{source.dtype} {source.sample_shape}",
            "output": f"{sink.dtype} {sink.sample_shape}",
            "operators": f"{len(graph.ops)}",
            "as .tflite": f"{len(self.tflite):,} bytes",
            "reference": "the frozen model" if self.exact else "TFLite Micro",
            "trained on": self.dataset or "unknown",
        }

    def __repr__(self) -> str:
        words = ", ".join(f"{key} {value}" for key, value in self.facts().items())
        return f"<{type(self).__name__} {self.name}: {words}>"

    def _repr_html_(self) -> str:
        return table(self.name, ("", ""), self.facts().items())


def _is_told(notes: Any) -> bool:
    """Whether a frozen model's file, which may be of anybody, tells of rewritings as we do."""
    return isinstance(notes, list) and all(
        isinstance(note, list) and len(note) == 2 and all(isinstance(text, str) for text in note)
        for note in notes
    )


def as_deployable(model: Any = None) -> Deployable:
    """As ``load_model``, and networks in memory: a Keras or QKeras model, a frozen model, the
    bytes of a .tflite. A path may be any path-like object.

    Raises what ``load_model`` raises; FreezeError for a Keras model that breaks an exactness rule.
    """
    if isinstance(model, Deployable):
        return model
    if isinstance(model, FrozenModel):
        return from_frozen(model)
    if isinstance(model, bytes | bytearray):
        return Deployable("model", read_tflite(bytes(model), "model"), bytes(model))
    if model is None or isinstance(model, str | os.PathLike):
        return load_model(None if model is None else os.fspath(model))
    if hasattr(model, "layers") and hasattr(model, "get_config"):
        from tinyrob.freeze import freeze

        return from_frozen(freeze(model, names.safe(str(getattr(model, "name", "model")))))
    raise ModelFormatError(
        f"{type(model).__name__} is no model",
        "a model is a name, a path, a QKeras model, or the bytes of a .tflite",
    )


def write_tflite_file(model: Deployable, output: Path) -> Path:
    """Writes the .tflite to ``output``, whole or not at all. Raises DataError, OSError."""
    if output.is_dir():
        raise DataError(f"{output} is a folder, not a file", "name the .tflite to write")
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, model.tflite)
    return output


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
    if (path / FILE).is_file():
        return from_build(open_build(path))
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
    if path.exists():
        raise ModelFormatError(f"{path} is a pipe or a device, not a file", "copy it into a file")
    raise ModelFormatError(
        f"there is no model {name!r}: no file, no folder, and not in the zoo",
        f"{did_you_mean(name, zoo.names())}`tinyrob models` lists the zoo",
    )


def from_build(folder: BuildFolder) -> Deployable:
    """The network that a build folder holds. Raises DataError where its parts do not agree."""
    manifest = folder.manifest
    if manifest.frozen:
        from tinyrob.frozen.io import load_frozen

        network = from_frozen(load_frozen(folder.frozen))
    else:
        network = _from_tflite(folder.tflite)
    if network.tflite != folder.tflite.read_bytes():
        raise DataError(
            f"{folder.frozen} and {folder.tflite} are not the same network", "build again"
        )
    return Deployable(
        manifest.model,
        network.graph,
        network.tflite,
        network.frozen,
        manifest.dataset,
        manifest.about,
        manifest.stream,
        folder.window.read_bytes() if manifest.stream is not None else None,
    )


def _from_tflite(path: Path) -> Deployable:
    name = names.safe(path.stem)
    try:
        data = read_limited(path)
        return Deployable(name, read_tflite(data, name), data)
    except Damaged as error:
        raise ModelFormatError(f"{path}: {error}", "give a model for a microcontroller") from None
    except UnsupportedModel as error:
        message = f"{path}: {error.message}"
        raise UnsupportedModel(message, error.hint, error.obstacles) from None
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
        about_frozen(frozen.metadata),
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
    # Keras gets what was checked and no more, under a name that it takes as we did.
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
