"""What a user says of a model's sound: the tables [features] and [listen] of a TOML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import RecipeError
from tinyrob.features import decisions, read
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.toml_table import read_toml


@dataclass(frozen=True)
class Sound:
    """What the file says; None for a table that is not there."""

    features: Features | None = None
    decisions: Decisions | None = None


def read_sound(path: Path | None) -> Sound:
    """Of a recipe or any other TOML file; None: nothing is said. Raises RecipeError."""
    if path is None:
        return Sound()
    top = read_toml(path, RecipeError)
    features, listen = top.optional_table(read.KEY), top.optional_table(decisions.KEY)
    if features is None and listen is None:
        raise RecipeError(
            f"{path.name} has neither a table [{read.KEY}] nor a table [{decisions.KEY}]",
            "the page `features of sound` of the documentation has one to start from",
        )
    return Sound(
        None if features is None else read.read(features),
        None if listen is None else decisions.read(listen),
    )
