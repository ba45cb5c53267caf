"""SavedModels: their index at full speed, and the whole folder behind TensorFlow's messages."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from mutate import mutated
from target import Target

from support import bundles
from tinyrob.files.limits import Damaged
from tinyrob.files.sstable import parse_sstable
from tinyrob.models.own.turn import turn

INDEX = "variables/variables.index"
READ = ("keras_metadata.pb", INDEX, "variables/variables.data-00000-of-00001")


class _Saved(Sequence[bytes]):
    """A model that Keras saves when it is asked for, as a zip of its folder."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: Any) -> Any:
        return (_saved(),)[index]


@cache
def _saved() -> bytes:
    from tinyrob import tf

    keras = tf.keras()
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.ReLU(), layers.Flatten(),
         layers.Dense(3)]
    )  # fmt: skip
    for variable in model.weights:
        variable.assign(np.ones(variable.shape))
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        model.save(folder, save_format="tf")
        parts = {name: (Path(folder) / name).read_bytes() for name in READ}
    keras.backend.clear_session()
    return _zipped(parts)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _damaged(data: bytes, draw: random.Random) -> bytes:
    """One file damaged; the index most often within, with checksums that are right."""
    parts = _parts(data)
    name = draw.choice((*READ, INDEX))
    if name == INDEX and draw.random() < 0.8:
        entries = sorted(parse_sstable(parts[name]).items())
        place = draw.randrange(len(entries) + 1)
        if place < len(entries):
            entries[place] = (entries[place][0], mutated(entries[place][1], draw))
            parts[name] = bundles.table(bundles.block(entries))
        else:
            parts[name] = bundles.table(mutated(bundles.block(entries), draw))
    else:
        parts[name] = mutated(parts[name], draw)
    return _zipped(parts)


def _read(data: bytes) -> object:
    from tinyrob.models.own.saved_model import read_saved_model

    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        (folder / "variables").mkdir()
        (folder / "saved_model.pb").write_bytes(b"")
        for name, content in _parts(data).items():
            (folder / name).write_bytes(content)
        with contextlib.suppress(Damaged):  # which its caller tells
            return turn(read_saved_model(folder))
        return None
    finally:
        shutil.rmtree(folder)


def _index(data: bytes) -> object:
    with contextlib.suppress(Damaged):
        return parse_sstable(bundles.table(data)), parse_sstable(data)
    return None


def targets() -> Mapping[str, Target]:
    """Each reader of SavedModels."""
    entries = [(b"", b"\x08\x01"), *((f"layer/{n}".encode(), bytes(n)) for n in range(9))]
    return {
        "saved model's index": Target(
            _index, [bundles.block(entries), bundles.table(bundles.block(entries))]
        ),
        "saved model": Target(_read, _Saved(), _damaged, slow=True, first=_saved),
    }
