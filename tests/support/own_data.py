"""A user's raw files, made on the spot: pictures, accelerometer windows, tones, arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support import sounds
from tinyrob import data
from tinyrob.data.dataset import Dataset
from tinyrob.data.own import description
from tinyrob.data.own.description import Description
from tinyrob.errors import RecipeError
from tinyrob.files.toml_table import parse_toml

SHAPES = ("bar", "column", "square")


def described(text: str, base: Path) -> Description:
    """The ``[dataset]`` table whose keys are ``text``."""
    top = parse_toml(f"[dataset]\n{text}", "recipe.toml", RecipeError)
    return description.read(top.table("dataset"), base)


def load(text: str, base: Path) -> Dataset:
    return data.load(described(text, base))


def pictures(folder: Path, each: int = 6, size: tuple[int, int] = (9, 9)) -> Path:
    from PIL import Image

    dice = np.random.default_rng(0)
    for index in range(3 * each):
        kind = SHAPES[index % 3]
        pixels = dice.integers(0, 90, size)
        rows, columns = {"bar": (2, 7), "column": (7, 2), "square": (4, 4)}[kind]
        pixels[1 : 1 + rows, 1 : 1 + columns] += 120
        (folder / kind).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(pixels.astype(np.uint8))
        image.save(folder / kind / f"camera{index // 3 % 3}_{index:03}.png")
    return folder


def motion(folder: Path, people: int = 4, rows: int = 60) -> Path:
    """A CSV a person, with an activity after the other."""
    dice = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    for person in range(people):
        lines = ["ax,ay,gz,activity,who"]
        for activity, size in (("rest", 0.0), ("walk", 0.6), ("run", 1.5)):
            swing = np.sin(np.arange(rows) * 0.7)
            for row in range(rows):
                noise = dice.normal(0, 0.05, 2)
                lines.append(
                    f"{size * swing[row] + noise[0]:.4f},{1 + noise[1]:.4f},"
                    f"{150 * size * swing[row - 1]:.2f},{activity},p{person}"
                )
        (folder / f"person{person}.csv").write_text("\n".join(lines) + "\n")
    return folder


def write_wav(path: Path, samples: NDArray[np.floating], rate: int = 8000) -> None:
    """Of values between -1 and 1."""
    sounds.write_wav(path, (np.clip(samples, -1, 1) * 32767).astype(np.int16), rate)


def tones(folder: Path, each: int = 6, rate: int = 8000) -> Path:
    dice = np.random.default_rng(2)
    for index in range(3 * each):
        word, hertz = (("low", 300.0), ("high", 1500.0), ("noise", 0.0))[index % 3]
        sound = 0.02 * dice.normal(size=rate // 2)
        times = np.arange(rate // 4) / rate
        tone = 0.5 * np.sin(2 * np.pi * hertz * dice.uniform(0.9, 1.1) * times)
        sound[500 : 500 + len(tone)] += tone
        write_wav(folder / word / f"speaker{index // 3 % 3}_{index}.wav", sound, rate)
    return folder


def table(path: Path, count: int = 60) -> Path:
    dice = np.random.default_rng(3)
    y = np.arange(count) % 3
    x = dice.normal(0, 1, (count, 4)) * [1, 40, 0.02, 1] + [0, 0, 0, 7]
    x[:, 0] += 4 * y
    np.savez(path, x=x.astype(np.float32), y=np.array(["ok", "warm", "broken"])[y])
    return path
