"""The readers, each with whole files to begin from."""

from __future__ import annotations

import dataclasses
import io
import json
import pickle
import random
import struct
import tempfile
import wave
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import Phase, find, settings
from mutate import mutated, summed

from support import results
from support.frozen_models import every_kind
from support.graphs import KINDS, graphs
from support.recurrent import lstm, streaming, svdf
from support.surgery import small_file
from tinyrob.boards.read import load_board
from tinyrob.data import cifar10, svhn, wav
from tinyrob.data.own import description
from tinyrob.deployable import from_frozen
from tinyrob.errors import DataError
from tinyrob.files import hdf5_worker, resources
from tinyrob.files.archive import read_npz
from tinyrob.files.toml_table import parse_toml
from tinyrob.freeze.keras_file import read_keras_file
from tinyrob.frozen.io import frozen_bytes, parse_frozen
from tinyrob.hls.boards import load_fpga_board
from tinyrob.hls.csim import open_project
from tinyrob.hls.overrides import read_overrides
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.models import recipe_file
from tinyrob.network.to_network import to_network
from tinyrob.project.elf import read_sections
from tinyrob.project.manifest import Flash, Manifest, Ram, Signature, open_build
from tinyrob.report.page import report
from tinyrob.run.frames import Frame, Splitter, decode, encode
from tinyrob.search import space
from tinyrob.training import checkpoints
from tinyrob.validate.gate import load_gate
from tinyrob.validate.vectors import read_inputs, read_labels

hdf5_worker.SECONDS = 5  # what HDF5 does not end with is given up before a target is too slow

Mutate = Callable[[bytes, random.Random], bytes]


@dataclasses.dataclass(frozen=True)
class Target:
    """``read`` may raise TinyrobError only; ``seeds`` are whole files."""

    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    mutate: Mutate = mutated


def in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Gives ``read`` the bytes as a file called ``name`` in a folder of its own."""

    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            return read(path)

    return call


def _manifest() -> Manifest:
    side = Signature((4, 4, 1), 0.5, 0)
    return Manifest(
        1, "m", "t", "b", "native", "validate", "portable", "firmware.elf", 10, 20, Flash(1, 2, 3),
        30, Ram(1, 2, 3), "", (), side, side, None, False, False, "0" * 64, "0" * 64, "0" * 64, "",
        "",
    )  # fmt: skip


def _npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _examples() -> bytes:
    return _npz(
        clean=np.zeros((2, 4, 4, 1), np.int8), adversarial=np.ones((2, 4, 4, 1), np.int8),
        label=np.array([0, 1]), clean_class=np.array([0, 1]), adversarial_class=np.array([1, 0]),
        index=np.array([0, 1]), eps=np.array([1.0, 2.0]), norm=np.array(["linf", "l2"]),
    )  # fmt: skip


def _report(**files: bytes) -> Callable[[bytes], object]:
    """The report with one file (whose content is b"") replaced."""

    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            for name, content in files.items():
                (Path(folder) / name.replace("__", ".")).write_bytes(content or data)
            return report(Path(folder))

    return call


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _checkpoint() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = checkpoints.Checkpoint(1, [np.zeros(3)], [np.ones((2, 2))], [{"loss": 1.0}], "id", 3)
        return checkpoints.save(Path(folder), made).read_bytes()


def _wave() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(64))
    return buffer.getvalue()


def _mat() -> bytes:
    def element(kind: int, content: bytes) -> bytes:
        padded = content.ljust(-(-len(content) // 8) * 8, b"\0")
        return struct.pack("<II", kind, len(content)) + padded

    def matrix(name: bytes, values: np.ndarray[Any, Any]) -> bytes:
        parts = element(6, struct.pack("<II", 9, 0))
        parts += element(5, struct.pack(f"<{values.ndim}i", *values.shape))
        return element(14, parts + element(1, name) + element(2, values.tobytes(order="F")))

    x, y = np.zeros((32, 32, 3, 1), np.uint8), np.ones((1, 1), np.uint8)
    return bytes(124) + b"\x00\x01IM" + matrix(b"X", x) + matrix(b"y", y)


def _elf() -> bytes:
    strings = b"\0.text\0.strings\0"
    header = struct.pack(
        "<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01" + bytes(9), 2, 40, 1, 0, 0, 52 + len(strings),
        0, 52, 0, 0, 40, 2, 1,
    )  # fmt: skip
    sections = struct.pack("<10I", 1, 1, 2, 0, 0, 16, 0, 0, 4, 0)
    sections += struct.pack("<10I", 7, 3, 0, 0, 52, len(strings), 0, 0, 1, 0)
    return header + strings + sections


def _keras_h5(config: Any) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.create_dataset("model_weights/dense/kernel", data=np.zeros((4, 3), np.float32))
    return buffer.getvalue()


def _keras(config: Any) -> bytes:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", '{"keras_version": "2.21.0"}')
        archive.writestr("model.weights.h5", _keras_h5(config))
    return buffer.getvalue()


def _model() -> dict[str, Any]:
    quantizer = {"class_name": "quantized_bits", "config": {"bits": 8, "alpha": "auto_po2"}}
    layers = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, 4]}},
        {"class_name": "QDense", "module": "qkeras.qlayers", "inbound_nodes": [[["x", 0, 0, {}]]],
         "config": {"name": "dense", "units": 3, "kernel_quantizer": quantizer,
                    "activation": "quantized_relu(4,2)"}},
    ]  # fmt: skip
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers}}


def _hls() -> bytes:
    port = {"name": "x", "shape": [4], "log2_step": -4, "zero_point": 0}
    layer = {**port, "identifier": "x", "traced": True, "inputs": ["x"]}
    return _json({"kind": "hls", "model": "m", "input": port, "output": port, "layers": [layer]})


def _frames(data: bytes) -> object:
    return [decode(piece) for piece in Splitter().feed(data)]


def _texts(folder: Path, pattern: str, kind: str = "") -> list[bytes]:
    found = [path.read_bytes() for path in sorted(folder.glob(pattern))]
    return [text for text in found if kind.encode() in text][:4]


def _pickle() -> bytes:
    images = np.zeros((3, 3072), np.uint8)
    return pickle.dumps({b"data": images, b"labels": [0, 1, 2]}, protocol=2)


def _networks() -> list[bytes]:
    """The least network of each operator, and those that keep a state."""
    few = settings(max_examples=20, database=None, phases=[Phase.generate])
    drawn = [
        find(graphs((k,)), lambda g: True, settings=few, random=random.Random(1)) for k in KINDS
    ]
    stateful = [lstm(seed=1), streaming(np.zeros), *(svdf(seed=1, wide=w) for w in (True, False))]
    return [small_file(), *(write_tflite(graph) for graph in (*drawn, *stateful))]


def targets() -> Mapping[str, Target]:
    """Every reader by name."""
    attack, build = _json(results.attack()), _json(results.build())
    manifest = _json(json.loads(_manifest().to_json()))
    gate = (b'clean = 0.7\nexact = true\nflags = ["x"]\n[[attack]]\nname = "worst-case"\n'
            b'norm = "linf"\neps = 4\naccuracy = 0.35\n')  # fmt: skip
    override = b'io_type = "io_stream"\n[layers.conv1]\nstrategy = "resource"\nreuse_factor = 4\n'
    choices = b'recipe = "digits-stq"\nepochs = 2\nvalidation = 100\n[kernel]\nstem = [2, 4]\n'
    boards = resources.boards()
    return {
        "tflite": Target(lambda data: to_network(read_tflite(data, "x")), _networks()),
        "frozen": Target(lambda d: from_frozen(parse_frozen(d)), [frozen_bytes(every_kind())]),
        "h5": Target(in_file("x.h5", read_keras_file), [_keras_h5(_model())]),
        "keras": Target(in_file("x.keras", read_keras_file), [_keras(_model())]),
        "recipe": Target(
            in_file("x.toml", lambda p: recipe_file.load(str(p))),
            _texts(recipe_file.SHIPPED, "*.toml"),
        ),
        "space": Target(in_file("x.toml", space.read), [choices]),
        "gate": Target(in_file("x.toml", load_gate), [gate]),
        "overrides": Target(in_file("x.toml", read_overrides), [override]),
        "board": Target(
            in_file("mps2_an386.toml", load_board), [(boards / "mps2_an386.toml").read_bytes()]
        ),
        "fpga board": Target(
            in_file("pynq-z2.toml", load_fpga_board), [(boards / "pynq-z2.toml").read_bytes()]
        ),
        "manifest": Target(in_file("manifest.json", lambda p: open_build(p.parent)), [manifest]),
        "hls manifest": Target(
            in_file("manifest.json", lambda p: open_project(p.parent)), [_hls()]
        ),
        "report: attack": Target(_report(attack__json=b""), [attack]),
        "report: build": Target(_report(manifest__json=b""), [build]),
        "report: examples": Target(_report(attack__json=attack, examples__npz=b""), [_examples()]),
        "report: validation": Target(
            _report(attack__json=attack, validate__json=b""), [_json(results.validation())]
        ),
        "attack state": Target(in_file("x.npz", _state), [_npz(key=np.array("k"), a=np.ones(9))]),
        "checkpoint": Target(
            in_file("checkpoint-00001.npz", checkpoints.read), [_checkpoint()], summed(mutated)
        ),
        "vectors": Target(
            in_file("x.npy", lambda p: read_inputs(p, _manifest())),
            [_npy(np.zeros((2, 4, 4, 1), np.int8))],
        ),
        "wav": Target(in_file("x.wav", wav.read_wav), [_wave()]),
        **_own(),
        "labels": Target(
            in_file("x.npy", lambda p: read_labels(p, 3, _manifest())),
            [_npy(np.array([0, 1, 2])), _npy(np.array([[0], [1]], np.uint8))],
        ),
        "mat": Target(in_file("x.mat", svhn._read), [_mat()]),
        "cifar-10, python": Target(in_file("x", cifar10._read_python), [_pickle()]),
        "cifar-10, binary": Target(in_file("x", cifar10._read_binary), [bytes(3073)]),
        "elf": Target(in_file("x.elf", read_sections), [_elf()]),
        "frames": Target(_frames, [encode(Frame(1, 2, 3, 4, b"body\0more"))]),
    }


def _own() -> Mapping[str, Target]:
    """Files of a user's own data, each beside whole ones, and a recipe that describes them."""
    from PIL import Image

    def picture(kind: str) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(buffer, kind)
        return buffer.getvalue()

    def flac() -> bytes:
        import soundfile

        buffer = io.BytesIO()
        soundfile.write(buffer, np.sin(np.arange(2000)), 16_000, format="FLAC")
        return buffer.getvalue()

    def beside(name: str, table: str) -> Callable[[bytes], object]:
        def call(data: bytes) -> object:
            with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
                for label in ("a", "b"):
                    (Path(folder) / "data" / label).mkdir(parents=True)
                    for number in range(2):
                        (Path(folder) / "data" / label / f"{number}{name}").write_bytes(data)
                top = parse_toml(f"[dataset]\n{table}", "x.toml", DataError)
                described = description.read(top.table("dataset"), Path(folder))
                return description.load(described)

        return call

    lines = "ax,ay,activity\n" + "".join(f"{n},0.5,{'ab'[n // 20]}\n" for n in range(40))
    arrays = _npz(x=np.ones((8, 3), np.float32), y=np.arange(8) % 2)
    table = 'kind = "windows"\npath = "data/a/0.csv"\nwindow = 4\nlabel = "activity"\n'
    recipe = (recipe_file.SHIPPED / "digits-stq-jr.toml").read_text()
    recipe = recipe.replace('dataset = "digits"\n', "") + f'[dataset]\n{table}unit = ["g", "g"]\n'
    return {
        "own picture": Target(
            beside(".png", 'kind = "images"\npath = "data"\nsize = 8\n'),
            [picture("PNG"), picture("JPEG"), picture("WEBP"), picture("BMP")],
        ),
        "own table": Target(beside(".csv", table), [lines.encode()]),
        "own arrays": Target(beside(".npz", 'kind = "arrays"\npath = "data/a/0.npz"\n'), [arrays]),
        "own recording": Target(
            beside(
                ".wav",
                'kind = "audio"\npath = "data"\nrate = 16000\nseconds = 0.1\nresample = false\n',
            ),
            [_wave(), flac()],
        ),
        "own recipe": Target(
            in_file("x.toml", lambda p: recipe_file.load(str(p))), [recipe.encode()]
        ),
    }


def _state(path: Path) -> object:
    from tinyrob.attack.store import Store

    return Store(path.parent).load("x", "k") and read_npz(path)
