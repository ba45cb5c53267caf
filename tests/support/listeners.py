"""A network that listens, made by hand, and recordings for it."""

from __future__ import annotations

import dataclasses
import wave
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.native import folder
from tinyrob.build.job import build
from tinyrob.deployable import Deployable, from_frozen
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features, Mel
from tinyrob.frozen.model import Dense, FrozenModel, Grid, Input, Reshape
from tinyrob.project.manifest import BuildFolder, open_build

FEATURES = Mel(frames=20, coefficients=5, log2_step=1)
HOW = Decisions(stride=3, window=2, threshold=0.6, release=0.4, refractory=4)


def listener(features: Features = FEATURES, classes: int = 3) -> FrozenModel:
    """A dense layer with random ternary weights, on the features that it carries."""
    generator = np.random.default_rng(7)
    values = features.frames * features.width
    sound = Grid(-7, -128, 127)
    kernel = generator.integers(-1, 2, (values, classes)).astype(np.int8)
    nodes = (
        Input("sound", (), sound, features.shape),
        Reshape("flat", ("sound",), sound, (values,)),
        Dense(
            "logits", ("flat",), Grid(-2, -128, 127), kernel, np.zeros(classes, np.int64),
            2 * generator.integers(-9, 9, classes) + 1,
        ),
    )  # fmt: skip
    return FrozenModel("listener", nodes, {"features": features.to_dict()})


def looker(size: tuple[int, int, int] = (9, 12, 3), classes: int = 4) -> FrozenModel:
    """A dense layer with random ternary weights, on pictures."""
    generator = np.random.default_rng(8)
    values = size[0] * size[1] * size[2]
    pixels = Grid(-7, -128, 127)
    kernel = generator.integers(-1, 2, (values, classes)).astype(np.int8)
    nodes = (
        Input("pixels", (), pixels, size),
        Reshape("flat", ("pixels",), pixels, (values,)),
        Dense(
            "logits", ("flat",), Grid(-2, -128, 127), kernel, np.zeros(classes, np.int64),
            2 * generator.integers(-9, 9, classes) + 1,
        ),
    )  # fmt: skip
    return FrozenModel("looker", nodes)


@cache
def built_to_look(target: str = "stm32") -> BuildFolder:
    """The looker's build; a test that changes it takes a copy."""
    out = folder() / "build"
    build(looking(), target, app="look", out=out)
    return open_build(out)


@cache
def built(target: str = "stm32", app: str = "listen") -> BuildFolder:
    """The listener's build; a test that changes it takes a copy."""
    out = folder() / "build"
    build(model(), target, app=app, out=out, decisions=HOW)
    return open_build(out)


def model() -> Deployable:
    return from_frozen(listener())


def looking() -> Deployable:
    return from_frozen(looker())


def without_features() -> Deployable:
    return from_frozen(dataclasses.replace(listener(), metadata={}))


def write_wav(
    path: Path, samples: NDArray[np.int16], rate: int = 16_000, channels: int = 1, bits: int = 16
) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bits // 8)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2" if bits == 16 else "u1").tobytes())
    return path
