"""The readers, each with whole files to begin from."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import keras_files
import numpy as np
import saved_models
import seeds
import users
from mutate import mutated, summed
from target import Target, in_file, in_folder

from support import results
from support.frozen_models import every_kind
from tinyrob.boards.lattice import load_lattice_board
from tinyrob.boards.read import load_board
from tinyrob.certify import certificate
from tinyrob.data import cifar10, feature_cache, svhn, wav
from tinyrob.deployable import from_frozen
from tinyrob.errors import TinyrobError
from tinyrob.files import resources
from tinyrob.files.archive import read_npz
from tinyrob.frozen.io import frozen_bytes, parse_frozen
from tinyrob.hls.boards import load_fpga_board
from tinyrob.hls.csim import open_project
from tinyrob.hls.overrides import read_overrides
from tinyrob.hls.reports import read_reports
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.models import recipe_file, zoo
from tinyrob.network.to_network import to_network
from tinyrob.project.build_folder import open_build
from tinyrob.project.image import read_image
from tinyrob.report.page import report
from tinyrob.rtl.bitstream import read_clock
from tinyrob.rtl.synth import read_cells, read_route
from tinyrob.run.frames import Frame, Splitter, decode, encode
from tinyrob.search import space
from tinyrob.training import checkpoints, weights
from tinyrob.validate.gate import load_gate
from tinyrob.validate.vectors import read_inputs, read_labels


def _report(**files: bytes) -> Callable[[bytes], object]:
    """The report with one file (whose content is b"") replaced."""

    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            for name, content in files.items():
                (Path(folder) / name.replace("__", ".")).write_bytes(content or data)
            return report(Path(folder))

    return call


def _frames(data: bytes) -> object:
    return [decode(piece) for piece in Splitter().feed(data)]


def targets() -> Mapping[str, Target]:
    """Every reader by name."""
    attack, build = seeds.as_json(results.attack()), seeds.as_json(results.build())
    manifest = seeds.as_json(json.loads(seeds.manifest().to_json()))
    gate = (b'clean = 0.7\nexact = true\nflags = ["x"]\n[[attack]]\nname = "worst-case"\n'
            b'norm = "linf"\neps = 4\naccuracy = 0.35\n')  # fmt: skip
    override = b'io_type = "io_stream"\n[layers.conv1]\nstrategy = "resource"\nreuse_factor = 4\n'
    choices = b'recipe = "digits-stq"\nepochs = 2\nvalidation = 100\n[kernel]\nstem = [2, 4]\n'
    boards = resources.boards()
    return {
        "tflite": Target(lambda data: to_network(read_tflite(data, "x")), seeds.networks()),
        "frozen": Target(lambda d: from_frozen(parse_frozen(d)), [frozen_bytes(every_kind())]),
        **keras_files.targets(),
        **saved_models.targets(),
        "recipe": Target(
            in_file("x.toml", lambda p: recipe_file.load(str(p))),
            seeds.texts(recipe_file.SHIPPED, "*.toml"),
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
        "lattice board": Target(
            in_file("ulx3s-85f.toml", load_lattice_board),
            [(boards / "ulx3s-85f.toml").read_bytes()],
        ),
        "yosys cells": Target(
            in_file("stat.json", read_cells),
            [seeds.as_json({"design": {"num_cells_by_type": {"LUT4": 3, "TRELLIS_FF": 2}}})],
        ),
        "nextpnr report": Target(in_folder("report.json", _routed), [seeds.as_json(seeds.ROUTED)]),
        "manifest": Target(in_file("manifest.json", lambda p: open_build(p.parent)), [manifest]),
        "hls manifest": Target(
            in_file("manifest.json", lambda p: open_project(p.parent)), [seeds.hls()]
        ),
        "report: attack": Target(_report(attack__json=b""), [attack]),
        "report: build": Target(_report(manifest__json=b""), [build]),
        "report: examples": Target(
            _report(attack__json=attack, examples__npz=b""), [seeds.examples()]
        ),
        "report: validation": Target(
            _report(attack__json=attack, validate__json=b""), [seeds.as_json(results.validation())]
        ),
        "attack state": Target(
            in_file("x.npz", _state), [seeds.npz(key=np.array("k"), a=np.ones(9))]
        ),
        "checkpoint": Target(
            in_file("checkpoint-00001.npz", checkpoints.read), [seeds.checkpoint()], summed(mutated)
        ),
        "vectors": Target(
            in_file("x.npy", lambda p: read_inputs(p, seeds.manifest())),
            [seeds.npy(np.zeros((2, 4, 4, 1), np.int8))],
        ),
        "wav": Target(in_file("x.wav", wav.read_wav), [seeds.recording()]),
        **users.targets(),
        "labels": Target(
            in_file("x.npy", lambda p: read_labels(p, 3, seeds.manifest())),
            [seeds.npy(np.array([0, 1, 2])), seeds.npy(np.array([[0], [1]], np.uint8))],
        ),
        "mat": Target(in_file("x.mat", svhn._read), [seeds.mat()]),
        "cifar-10, python": Target(in_file("x", cifar10._read_python), [seeds.cifar()]),
        "cifar-10, binary": Target(in_file("x", cifar10._read_binary), [bytes(3073)]),
        "elf": Target(in_file("x.elf", read_image), [seeds.elf(), seeds.program()]),
        "certificate": Target(
            in_file("x.json", lambda p: certificate.read(p, (4, 4, 1))), [seeds.certificate()]
        ),
        "zoo card": Target(
            in_folder("m/card.json", lambda p: zoo.card("m", p)),
            [path.read_bytes() for path in sorted(zoo.ZOO.glob("*/card.json"))[:4]],
        ),
        "feature cache": Target(
            in_folder("k.npz", lambda p: feature_cache.cached(p, "k", dict)),
            [seeds.summed_npz(x=np.zeros((2, 3), np.int8))],
            summed(mutated),
        ),
        "weights": Target(
            in_file("x.npz", lambda p: weights.read(str(p))),
            [seeds.npz(**{"dense/kernel": np.ones((2, 2), np.float32)})],
        ),
        "hls reports": Target(
            in_folder("m_prj/solution1/syn/report/m_csynth.xml", lambda p: read_reports(p, "m")),
            [seeds.CSYNTH],
        ),
        "frames": Target(_frames, [encode(Frame(1, 2, 3, 4, b"body\0more"))]),
    }


def _routed(folder: Path) -> object:
    (folder / "manifest.json").write_text('{"streams": [{"stream": "b", "name": "dense"}]}')
    with contextlib.suppress(TinyrobError):
        read_route(folder / "report.json")
    return read_clock(folder / "report.json", folder)


def _state(path: Path) -> object:
    from tinyrob.attack.store import Store

    return Store(path.parent).load("x", "k") and read_npz(path)
