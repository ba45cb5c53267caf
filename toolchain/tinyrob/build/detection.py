"""``tinyrob det``: the threshold of a network that listens, and what it costs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob import data
from tinyrob.build.listening import decisions_of, features_of
from tinyrob.data.about import check_units
from tinyrob.data.about import load as load_known
from tinyrob.data.dataset import Dataset
from tinyrob.deployable import Deployable
from tinyrob.errors import BuildError, DataError
from tinyrob.features import decisions, read
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.toml_text import dump_toml
from tinyrob.files.whole import check_output, write_atomically
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.listen.det import Curve, curve

RESULT, TABLES = "detection.json", "listen.toml"
_MARK = "# Made by tinyrob det"


@dataclass(frozen=True)
class Detection:
    """The curve of a model, and its ``chosen`` threshold."""

    model: str
    model_digest: str
    features: Features
    curve: Curve

    @property
    def chosen(self) -> float:
        """The threshold."""
        return self.curve.chosen

    @property
    def met(self) -> bool:
        """Whether it keeps what was asked for, on validation."""
        return self.curve.met

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "model": self.model,
            "model_digest": self.model_digest,
            "features": self.features.to_dict(),
            **self.curve.to_dict(),
        }


def measure(
    model: Deployable,
    out: Path,
    *,
    snr: float = 10.0,
    hours: float = 1.0,
    per_hour: float = 0.5,
    dataset: str | None = None,
    data_dir: Path | None = None,
    given: Features | None = None,
    how: Decisions | None = None,
    seed: int = 0,
) -> Detection:
    """Writes detection.json and listen.toml into ``out``.

    Raises BuildError for a network without features, DataError for data that no stream can be made
    of, and for a listen.toml in ``out`` that is somebody else's.
    """
    features = features_of(model, given)
    if features is None:
        raise BuildError(
            f"{model.name} says nothing of the features that it was trained on",
            "name them with --features FILE.toml, or train with a [features] table",
        )
    tables = out / TABLES
    if tables.exists() and not tables.read_bytes().startswith(_MARK.encode()):
        raise DataError(f"{tables} was not made by tinyrob det", "name another folder with --out")
    for path in (out / RESULT, tables):
        check_output(path)
    found = _dataset(model, dataset, data_dir, features)
    graph = read_tflite(model.window or model.tflite)
    made = Detection(
        model.name,
        hashlib.sha256(model.tflite).hexdigest(),
        features,
        curve(
            graph, features, how or decisions_of(model, features), found,
            hours=hours, snr=snr, per_hour=per_hour, seed=seed,
        ),
    )  # fmt: skip
    tuned = {
        read.KEY: features.to_dict(),
        decisions.KEY: made.curve.tuned().to_dict(),
    }
    about = f"{_MARK}: the threshold of {model.name} for {per_hour:g} false accepts an hour.\n"
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / RESULT, (json.dumps(made.to_dict(), indent=2) + "\n").encode())
    write_atomically(tables, (about + dump_toml(tuned)).encode())
    return made


def _dataset(model: Deployable, name: str | None, root: Path | None, features: Features) -> Dataset:
    known = name or model.dataset
    if known is None:
        raise DataError(
            f"{model.name} does not say what it was trained on", "name its data with --dataset"
        )
    if name is None and model.features is not None:
        found = load_known(model.about, known, root)
    else:
        found = data.load(known, root, features)
    check_units(model.about, found, model.name)
    return found
