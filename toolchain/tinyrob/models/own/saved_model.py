"""A Keras 2 model in a SavedModel folder: its description and its checkpoint, read as data.

The functions in a SavedModel are left alone: no graph is loaded, let alone run. Imports TensorFlow,
for its messages: import this module only where it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.errors import ModelFormatError
from tinyrob.files.json_text import parse_json
from tinyrob.files.limits import MIB, MODEL_BYTES, Damaged, read_limited
from tinyrob.models.own.bundle import Bundle, parsed
from tinyrob.models.own.keras_config import Weights, read_config
from tinyrob.models.own.source import Arrays, Source, SourceLayer

DESCRIPTION, VARIABLES = "keras_metadata.pb", "variables"
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def files_of(folder: Path) -> list[Path]:
    """The files that are read. Raises ModelFormatError where it is no such folder."""
    description = folder / DESCRIPTION
    variables = sorted((folder / VARIABLES).glob("variables.*"))
    if not (folder / "saved_model.pb").is_file() or not variables:
        raise ModelFormatError(
            f"{folder} is no SavedModel", "name a .h5 or .keras file, or a SavedModel's folder"
        )
    if not description.is_file():
        raise ModelFormatError(
            f"{folder} is a SavedModel without Keras' description of its layers ({DESCRIPTION})",
            "Keras 3's export and TensorFlow write such: save the model as a .keras file",
        )
    return [description, *variables]


def read_saved_model(folder: Path) -> Source:
    """The model in a folder that Keras 2 has saved. Raises ModelFormatError, ToolMissing."""
    files = files_of(folder)
    _tf.tensorflow()
    from tensorflow.core.protobuf import trackable_object_graph_pb2
    from tf_keras.protobuf import saved_metadata_pb2

    try:
        if sum(path.stat().st_size for path in files) > MODEL_BYTES:
            raise Damaged(f"it is larger than the {MODEL_BYTES // MIB} MiB that are allowed")
        described = parsed(saved_metadata_pb2.SavedMetadata, read_limited(files[0]))
        bundle = Bundle(folder / VARIABLES / "variables")
        graph = parsed(trackable_object_graph_pb2.TrackableObjectGraph, bundle.text(_GRAPH))
        nodes = {node.node_path: _plain(parse_json(node.metadata)) for node in described.nodes
                 if node.identifier.startswith("_tf_keras")}  # fmt: skip
        root = nodes.get("root")
        if not isinstance(root, dict) or not isinstance(root.get("class_name"), str):
            raise Damaged("it does not describe a model")
        kind = root["class_name"] if root["class_name"] == "Sequential" else "Functional"
        weights = _weights(nodes, bundle, graph)
        return read_config({"class_name": kind, "config": root.get("config")}, weights)
    except OSError as error:
        raise ModelFormatError(f"cannot read {folder}: {error.strerror}", "check it") from None
    except Damaged as error:
        raise ModelFormatError(
            f"{folder} is no SavedModel that can be taken: {error}", "save it as a .keras file"
        ) from None


def _weights(nodes: dict[str, Any], bundle: Bundle, graph: Any) -> Weights:
    """A layer's place among the checkpoint's objects, by the names of the models around it."""
    places: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path in nodes:
        parts = path.split(".")
        around = [".".join(parts[: n + 1]) for n in range(1, len(parts))]
        names = tuple(nodes[a].get("name") for a in around if isinstance(nodes.get(a), dict))
        if len(names) == len(around) and all(isinstance(name, str) for name in names):
            places[names] = tuple(parts[1:])

    def find(
        path: tuple[str, ...], where: tuple[tuple[str, int], ...], layer: SourceLayer
    ) -> Arrays:
        place, at = places.get(path), 0
        for name in place or ():
            inner = {child.local_name: child.node_id for child in graph.nodes[at].children}
            if name not in inner or not 0 <= inner[name] < len(graph.nodes):
                return {}
            at = inner[name]
        found = {}
        for child in graph.nodes[at].children if place else ():
            if 0 <= child.node_id < len(graph.nodes):
                for value in graph.nodes[child.node_id].attributes:
                    if value.name == "VARIABLE_VALUE":
                        array = bundle.array(value.checkpoint_key)
                        found[child.local_name] = array.astype(np.float32)
        return found

    return find


def _plain(value: Any) -> Any:
    """Tuples and shapes as lists, as the other kinds of files have them."""
    if isinstance(value, dict):
        if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
            return _plain(value["items"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
