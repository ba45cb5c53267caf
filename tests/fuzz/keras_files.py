"""Keras files: what tinyrob itself decides at full speed, HDF5 in forks, and Keras behind it all.

A reader has HDF5's library write a strange file anew in a program of its own, which takes half a
second to start. Here a fork of this one does the same work; ``… as users have it`` starts programs.
"""

from __future__ import annotations

import io
import json
import os
import random
import select
import signal
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from mutate import in_json, mutated
from target import Target, in_file

from tinyrob.deployable import load_keras
from tinyrob.files import hdf5, hdf5_worker
from tinyrob.files.json_text import parse_json
from tinyrob.files.limits import MODEL_BYTES, Damaged
from tinyrob.freeze import allowed, keras_file
from tinyrob.models.own.keras_files import read_keras

SECONDS = 5
hdf5_worker.SECONDS = SECONDS  # given up before a target is too slow


def forked(content: bytes) -> bytes:
    """``hdf5.fresh``, by a fork of this program. Raises Damaged."""
    with tempfile.TemporaryDirectory(prefix="fuzz-hdf5-") as folder:
        source, target = Path(folder) / "source.h5", Path(folder) / "fresh.h5"
        source.write_bytes(content)
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0)
                os.dup2(writes, 1)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                with open(1, "w", closefd=False) as out, patch("sys.stdout", out):
                    hdf5_worker.main(str(source), str(target), str(MODEL_BYTES))
                os._exit(0)
            finally:
                os._exit(1)
        os.close(writes)
        with os.fdopen(reads, "rb") as pipe:
            ended = bool(select.select([pipe], [], [], SECONDS)[0])
            if not ended:
                os.kill(child, signal.SIGKILL)
            said = pipe.read().decode(errors="replace").strip()
        _, status = os.waitpid(child, 0)
        if status or said != "ok":
            raise Damaged(said or "HDF5 dies of it")
        return target.read_bytes()


def with_forks(read: Callable[[Path], object]) -> Callable[[Path], object]:
    """``read``, with HDF5 in forks."""

    def call(path: Path) -> object:
        with patch.object(hdf5, "fresh", forked):
            return read(path)

    return call


def h5(config: Any) -> bytes:
    """A model's file; ``config`` is a text, or what JSON is made of."""
    import h5py

    text = config if isinstance(config, str) else json.dumps(config)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = text
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense"]
        layer = group.create_group("dense")
        layer.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        layer.create_dataset("dense/kernel:0", data=np.ones((4, 3), np.float32))
        layer.create_dataset("dense/bias:0", data=np.zeros(3, np.float32))
    return buffer.getvalue()


def archive(config: Any, version: str = "2.21.0") -> bytes:
    """The same as a .keras file."""
    import h5py

    weights, buffer = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as file:
        for number, array in enumerate((np.ones((4, 3)), np.zeros(3))):
            place = f"layers/{config_name(config)}/vars/{number}"
            file.create_dataset(place, data=array.astype(np.float32))
    with zipfile.ZipFile(buffer, "w") as whole:
        whole.writestr("config.json", json.dumps(config))
        whole.writestr("metadata.json", json.dumps({"keras_version": version}))
        whole.writestr("model.weights.h5", weights.getvalue())
    return buffer.getvalue()


def config_name(config: Any) -> str:
    """What the archive calls its one layer with weights."""
    kind = config["config"]["layers"][1]["class_name"]
    return "dense" if kind == "Dense" else "q_dense"


def quantized() -> dict[str, Any]:
    """A network of QKeras."""
    quantizer = {"class_name": "quantized_bits", "config": {"bits": 8, "alpha": "auto_po2"}}
    options = {"name": "dense", "units": 3, "kernel_quantizer": quantizer,
               "activation": "quantized_relu(4,2)"}  # fmt: skip
    return _model("QDense", "qkeras.qlayers", options)


def plain() -> dict[str, Any]:
    """A float network of Keras' own."""
    return _model("Dense", "keras.layers", {"name": "dense", "units": 3, "activation": "relu"})


def _model(kind: str, module: str, options: dict[str, Any]) -> dict[str, Any]:
    entry = {"name": "x", "batch_input_shape": [None, 4], "dtype": "float32"}
    layers = [
        {"class_name": "InputLayer", "name": "x", "inbound_nodes": [], "config": entry},
        {"class_name": kind, "module": module, "name": "dense",
         "inbound_nodes": [[["x", 0, 0, {}]]], "config": options},
    ]  # fmt: skip
    places = {"input_layers": [["x", 0, 0]], "output_layers": [["dense", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **places}}


def _remade(config: Callable[[], Any]) -> Callable[[bytes, random.Random], bytes]:
    """Damages the configuration inside of a whole HDF5 file, or the file."""
    text = json.dumps(config()).encode()

    def mutate(data: bytes, draw: random.Random) -> bytes:
        if draw.random() < 0.5:
            return mutated(data, draw)
        changed = in_json(text, draw)
        # Beyond 64 KiB an attribute does not fit into a header.
        return h5(changed.decode()) if len(changed) < 60_000 else mutated(data, draw)

    return mutate


def _configuration(data: bytes) -> object:
    """What decides whether Keras sees a file, without the file."""
    try:
        config = parse_json(data)
        keras_file._check_sizes(config, {3, 4})
    except Damaged:
        return None
    return allowed.refused(config)


def _tensorflow() -> None:
    from tinyrob import tf

    tf.keras()
    tf.qkeras()


def _loaded(path: Path) -> object:
    from tinyrob import tf

    try:
        return load_keras(path)
    finally:
        tf.keras().backend.clear_session()


def targets() -> Mapping[str, Target]:
    """Each reader of Keras files."""
    whole, own = in_file("x.h5", keras_file.read_keras_file), in_file("x.h5", read_keras)
    forks = {
        suffix: in_file(f"x.{suffix}", with_forks(keras_file.read_keras_file))
        for suffix in ("h5", "keras")
    }
    return {
        "keras configuration": Target(
            _configuration, [json.dumps(made()).encode() for made in (quantized, plain)]
        ),
        "h5": Target(forks["h5"], [h5(quantized())], _remade(quantized)),
        "h5, as users have it": Target(whole, [h5(quantized())], slow=True),
        "keras": Target(forks["keras"], [archive(quantized())]),
        "keras, by Keras itself": Target(
            in_file("x.h5", with_forks(_loaded)),
            [h5(quantized())],
            _remade(quantized),
            slow=True,
            first=_tensorflow,
        ),
        "own h5": Target(in_file("x.h5", with_forks(read_keras)), [h5(plain())], _remade(plain)),
        "own h5, as users have it": Target(own, [h5(plain())], slow=True),
        "own keras": Target(
            in_file("x.keras", with_forks(read_keras)), [archive(plain(), "3.5.0")]
        ),
    }
