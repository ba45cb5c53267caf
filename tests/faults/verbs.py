"""The verbs that are swept, each with the smallest work that takes all of its ways to the disk."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from support.surgery import small_file

RECIPE = """
name = "tiny"
seed = 3

[dataset]
kind = "arrays"
path = "own.npz"
split = { test = 0.25 }

[topology]
stem = { filters = 2 }
stages = [{ filters = 2 }]
head = "flatten"

[quantizers.layers]
stem = { kernel = 4 }
logits = { kernel = 4, activation = { bits = 8, integer = 4 } }

[training]
epochs = { warmup = 1, qat = 1, settle = 0 }
batch = 20
"""
SPACE = """
recipe = "tiny.toml"
epochs = 1
validation = 6
[pgd]
eps = 8
images = 4
steps = 1
[kernel]
stem = [2, 4]
"""
TABLE = """
[[task]]
name = "digits"
title = "Digits"
dataset = "digits"
samples = 4
eps = [8]
attacks = ["noise"]
[[task.network]]
model = "digits-stq-jr"
method = "ternary"
"""


def own() -> bytes:
    """Forty small pictures of two classes."""
    dice = np.random.default_rng(0)
    y = np.arange(40) % 2
    x = dice.integers(0, 128, (40, 4, 4, 1)) + 120 * y[:, None, None, None]
    file = io.BytesIO()
    np.savez(file, x=x.astype(np.uint8), y=y)
    return file.getvalue()


PAGE = "above\n<!-- table:begin -->\n<!-- table:end -->\nbelow\n"


@dataclass(frozen=True)
class Verb:
    """``arguments`` of tinyrob; ``made`` is what it makes, a file or a folder. ``resume``: what
    else the second run is told. ``loads``: modules that every run would load."""

    arguments: Sequence[str]
    made: str
    before: Sequence[str] = ()
    """Arguments of what has made another ``made`` already."""
    resume: Sequence[str] = ()
    loads: Sequence[str] = ()
    needs: Mapping[str, bytes] | None = None
    ignored: Sequence[str] = ()
    """Parts of names in ``made`` of what is not the same in two undisturbed runs, for its times."""
    derived: str = ""
    """A part of the path of what is made anew when it is needed, and may be missing."""
    trains: bool = False
    module: str = ""
    """What is run in place of tinyrob: ``command`` of this module."""
    again: bool = True
    """Whether it runs again where all that it makes is there."""
    whole_at_once: bool = True
    """Whether ``made`` comes in one step; else it grows, and only the second run is compared."""


VERBS: dict[str, Verb] = {
    "export-tflite": Verb(("export-tflite", "digits-stq-jr", "-o", "made.tflite"), "made.tflite"),
    "build": Verb(
        ("build", "small.tflite", "--target", "mps2_an386", "--app", "none", "--out", "made"),
        "made", needs={"small.tflite": small_file()},
    ),
    "new": Verb(
        ("new", "made", "--data", "own.npz"), "made", needs={"own.npz": own()},
        loads=("tinyrob.start.project",), again=False,
    ),
    "new-into": Verb(
        ("new", "made", "--data", "own.npz"), "made",
        needs={"own.npz": own(), "made/notes.txt": b"mine"},
        loads=("tinyrob.start.project",), again=False, whole_at_once=False,
    ),
    "build-again": Verb(
        ("build", "small.tflite", "--target", "mps2_an386", "--app", "none", "--out", "made"),
        "made", needs={"small.tflite": small_file()},
        before=("build", "small.tflite", "--target", "stm32", "--app", "none", "--out", "made"),
    ),
    "export-hls": Verb(
        ("export-hls", "digits-stq-jr", "--out", "made", "--vectors", "1"), "made",
        derived="made/build/",
    ),
    "attack": Verb(
        (
            "attack", "digits-stq-jr", "--attacks", "noise", "--eps", "8", "--eps-l2", "none",
            "--samples", "4", "--on", "host", "--out", "made",
        ),
        "made", loads=("tinyrob.attack.session",), ignored=("state",), derived="made/build/host/",
        whole_at_once=False,
    ),
    "train": Verb(
        ("train", "tiny.toml", "--out", "made"), "made", resume=("--resume",),
        loads=("tinyrob.training.session",), trains=True,
        needs={"tiny.toml": RECIPE.encode(), "own.npz": own()},
        whole_at_once=False,
    ),
    "search": Verb(
        ("search", "space.toml", "--trials", "2", "--out", "made"), "made",
        loads=("tinyrob.training.session", "optuna"), trains=True,
        needs={"tiny.toml": RECIPE.encode(), "own.npz": own(), "space.toml": SPACE.encode()},
        ignored=("study", "trials", ".db", "journal"), whole_at_once=False,
    ),
    "table": Verb(
        ("bench", "--readme", "bench/page.md", "--runs", "runs"),
        "bench", loads=("tinyrob.attack.session", "benchmarks.comparison.__main__"),
        needs={"bench/robustness.toml": TABLE.encode(), "bench/page.md": PAGE.encode()},
        module="benchmarks.comparison.__main__", whole_at_once=False,
    ),
}  # fmt: skip
