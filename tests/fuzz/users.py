"""Files of a user's own: pictures, sounds and tables, each beside whole ones, and a recipe."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import seeds
from target import Target, in_file

from tinyrob.data.own import description
from tinyrob.errors import DataError
from tinyrob.features.spec import Mel
from tinyrob.files.toml_table import parse_toml
from tinyrob.listen.frames import frame_of
from tinyrob.listen.sound import read_recording
from tinyrob.listen.tables import read_front
from tinyrob.models import recipe_file
from tinyrob.start.guess import guess

SOUND = b"""[features]
kind = "mfcc"
rate = 16000
frames = 49
frame = 480
hop = 320
fft = 512
bands = 40
coefficients = 10
[listen]
stride = 2
window = 3
threshold = 0.7
"""


def _picture(kind: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(buffer, kind)
    return buffer.getvalue()


def _flac() -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.sin(np.arange(2000)), 16_000, format="FLAC")
    return buffer.getvalue()


def _parquet() -> bytes:
    import pyarrow
    import pyarrow.parquet

    values = {"ax": np.arange(40.0), "ay": np.arange(40), "activity": ["a"] * 20 + ["b"] * 20}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(values), buffer)
    return buffer.getvalue()


def _beside(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Gives ``read`` a folder with two classes of two such files each."""

    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            for label in ("a", "b"):
                (Path(folder) / "data" / label).mkdir(parents=True)
                for number in range(2):
                    (Path(folder) / "data" / label / f"{number}{name}").write_bytes(data)
            return read(Path(folder))

    return call


def _described(table: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        top = parse_toml(f"[dataset]\n{table}", "x.toml", DataError)
        return description.load(description.read(top.table("dataset"), folder))

    return read


def targets() -> Mapping[str, Target]:
    """Each reader of what users have recorded."""
    lines = "ax,ay,activity\n" + "".join(f"{n},0.5,{'ab'[n // 20]}\n" for n in range(40))
    arrays = seeds.npz(x=np.ones((8, 3), np.float32), y=np.arange(8) % 2)
    table = 'kind = "windows"\npath = "data/a/0.csv"\nwindow = 4\nlabel = "activity"\n'
    images, windows = 'kind = "images"\npath = "data"\nsize = 8\n', _described(table)
    sounds = 'kind = "audio"\npath = "data"\nrate = 16000\nseconds = 0.1\nresample = false\n'
    recipe = (recipe_file.SHIPPED / "digits-stq-jr.toml").read_text()
    recipe = recipe.replace('dataset = "digits"\n', "") + f'[dataset]\n{table}unit = ["g", "g"]\n'
    pictures = [_picture(kind) for kind in ("PNG", "JPEG", "WEBP", "BMP")]

    def guessed(folder: Path) -> object:
        return guess(folder / "data")

    return {
        "own picture": Target(_beside(".png", _described(images)), pictures),
        "own table": Target(_beside(".csv", windows), [lines.encode()]),
        "own parquet": Target(
            _beside(".parquet", _described(table.replace(".csv", ".parquet"))), [_parquet()]
        ),
        "own arrays": Target(
            _beside(".npz", _described('kind = "arrays"\npath = "data/a/0.npz"\n')), [arrays]
        ),
        "own recording": Target(_beside(".wav", _described(sounds)), [seeds.recording(), _flac()]),
        "own recipe": Target(
            in_file("x.toml", lambda p: recipe_file.load(str(p))), [recipe.encode()]
        ),
        "new: picture": Target(_beside(".png", guessed), pictures),
        "new: table": Target(_beside(".csv", guessed), [lines.encode()]),
        "new: arrays": Target(_beside(".npz", guessed), [arrays]),
        "new: recording": Target(_beside(".wav", guessed), [seeds.recording(), _flac()]),
        "listen: tables": Target(in_file("x.toml", read_front), [SOUND]),
        "listen: recording": Target(
            in_file("x.wav", lambda p: read_recording(p, Mel())), [seeds.recording()]
        ),
        "look: picture": Target(
            in_file("x.png", lambda p: [frame_of(p, form) for form in ("rgb565", "yuv422")]),
            pictures,
        ),
    }
