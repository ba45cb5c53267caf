"""What a user says of what is in front of a model: the tables [features], [listen] and [camera]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import RecipeError
from tinyrob.features import camera, decisions, read
from tinyrob.features.camera import Scaling
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.toml_table import Table, read_toml

CLASSES = "classes"


@dataclass(frozen=True)
class Front:
    """What is in front of a network, as the file says; None for a table that is not there.
    ``classes`` name the outputs of a network that does not (none: they are not said)."""

    features: Features | None = None
    decisions: Decisions | None = None
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()


def read_front(path: Path | None) -> Front:
    """Of a recipe or any other TOML file; None: nothing is said. Raises RecipeError."""
    if path is None:
        return Front()
    top = read_toml(path, RecipeError)
    features, listen = top.optional_table(read.KEY), top.optional_table(decisions.KEY)
    frames = top.optional_table(camera.KEY)
    classes = top.texts(CLASSES) if top.has(CLASSES) else ()
    if features is None and listen is None and frames is None and not classes:
        raise RecipeError(
            f"{path.name} has no table [{read.KEY}], [{decisions.KEY}] or [{camera.KEY}]",
            "the page `features of sound` of the documentation has one to start from",
        )
    return Front(
        None if features is None else read.read(features),
        None if listen is None else decisions.read(listen),
        None if frames is None else _scaling(frames),
        classes,
    )


def _scaling(t: Table) -> Scaling:
    found = camera.read(t)
    t.done()
    return found
