"""A network that listens, made by hand, and recordings for it."""

from __future__ import annotations

import dataclasses
import math
from functools import cache

import numpy as np

from support.native import folder
from support.streams import Line
from tinyrob.build.job import build
from tinyrob.deployable import Deployable, from_frozen
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features, Mel
from tinyrob.frozen.model import Dense, FrozenModel, Grid, Input, Reshape
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import BuildFolder, open_build

FEATURES = Mel(frames=20, coefficients=5, log2_step=1)
ODD = Mel(frames=21, coefficients=5, log2_step=1)
FOLLOWING = Decisions(stride=4, window=2, threshold=0.5, release=0.4, refractory=4)
HOW = Decisions(stride=3, window=2, threshold=0.6, release=0.4, refractory=4)


def listener(features: Features = FEATURES, classes: int = 3) -> FrozenModel:
    """A network on the features of sound that it carries."""
    made = _dense("listener", "sound", features.shape, classes, 7)
    return dataclasses.replace(made, metadata={"features": features.to_dict()})


def looker(size: tuple[int, int, int] = (9, 12, 3), classes: int = 4) -> FrozenModel:
    """A network on pictures."""
    return _dense("looker", "pixels", size, classes, 8)


def _dense(name: str, source: str, shape: tuple[int, ...], classes: int, seed: int) -> FrozenModel:
    """A dense layer with random ternary weights."""
    generator = np.random.default_rng(seed)
    values = math.prod(shape)
    grid = Grid(-7, -128, 127)
    kernel = generator.integers(-1, 2, (values, classes)).astype(np.int8)
    nodes = (
        Input(source, (), grid, shape),
        Reshape("flat", (source,), grid, (values,)),
        Dense(
            "logits", ("flat",), Grid(-2, -128, 127), kernel, np.zeros(classes, np.int64),
            2 * generator.integers(-9, 9, classes) + 1,
        ),
    )  # fmt: skip
    return FrozenModel(name, nodes)


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


@cache
def built_to_follow() -> BuildFolder:
    """A network that takes two frames a push, of windows of an odd number of them."""
    out = folder() / "build"
    build(following(), "stm32", app="listen", out=out, decisions=FOLLOWING, features=ODD, stream=0)
    return open_build(out)


def following() -> Deployable:
    line = Line(41, ODD.frames, 1, ODD.coefficients)
    line.conv((3, 1), 6, stride=(2, 1))
    line.depthwise((4, 1))
    line.dense(3)
    graph = line.graph("follower")
    return Deployable("follower", graph, write_tflite(graph))


def model() -> Deployable:
    return from_frozen(listener())


def looking() -> Deployable:
    return from_frozen(looker())


def without_features() -> Deployable:
    return from_frozen(dataclasses.replace(listener(), metadata={}))
