"""``tinyrob new``: looks at data, chooses a network for them, and writes a project that trains."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinyrob import data
from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.data.anomaly import place
from tinyrob.data.dataset import Dataset
from tinyrob.data.own.description import KINDS
from tinyrob.emit.render import render
from tinyrob.errors import DataError, RecipeError
from tinyrob.files import escape, resources
from tinyrob.files.together import take_back, write_together
from tinyrob.files.whole import TORN, clear_torn, torn_prefix
from tinyrob.models import recipe_file
from tinyrob.start.guess import Guess, guess
from tinyrob.start.keras_network import keras_sketch
from tinyrob.start.network import detector, sketch

BOARD = "stm32f405"
RECIPE, WORKFLOW = "recipe.toml", ".github/workflows/robustness.yml"
FILES = (RECIPE, "gate.toml", "README.md", WORKFLOW)
EPS = 4
UNLIKE = 1.5  # how many times as many examples one class has, where classes are weighed
_STEPS = 4000  # of training, about


@dataclass(frozen=True)
class Started:
    """What ``tinyrob new`` wrote: the recipe's file, and what it found in the data."""

    recipe: Path
    kind: str
    classes: tuple[str, ...]
    splits: Mapping[str, int]
    board: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "recipe": str(self.recipe),
            "kind": self.kind,
            "classes": list(self.classes),
            "splits": dict(self.splits),
            "board": self.board,
        }


def new(
    folder: Path,
    source: Path,
    board: str | None = None,
    keras: str | None = None,
    normal: str | None = None,
) -> Started:
    """Writes a recipe, a gate, a README and a CI file for the data ``source`` into ``folder``.

    All four or none; files that are there are never replaced. The data are read whole, so what is
    wrong with them is said now. ``keras`` is a model of the user's own, which the network is made
    of; ``normal`` the class that a detector of anomalies learns, which data of one class always
    get. Raises DataError, BoardError, ToolMissing, and what ``keras_sketch`` raises.
    """
    chosen = find_board(board or BOARD)
    _check_free(folder)
    found = guess(source)
    path = _path(source, folder)
    found, dataset = _tried(found, path, folder)
    if not 1 <= len(dataset.shape) <= 3:
        raise DataError(
            f"{source} has inputs of shape {dataset.shape}, and networks take pictures (H, W, C), "
            "sequences (T, C) or vectors (C,)",
            "reshape the inputs: axes that kernels need not tell apart can be joined",
        )
    if normal is None and len(dataset.classes) == 1:
        (normal,) = dataset.classes
    if normal is not None:
        place(dataset.classes, normal, str(source))
        if keras is not None:
            raise DataError(
                "a detector of anomalies gives its input back, and a Keras model is taken as one "
                "that tells classes",
                "leave out --keras, or give data of several classes without --normal",
            )
        if "train" not in found.split:
            found = replace(found, split={**found.split, "validation": 0.15})
            dataset = _load(found, path, folder)
    written = _texts(folder, path, found, dataset, chosen, keras, normal)
    _check_trains(written[RECIPE].decode(), folder)
    _write(folder, written)
    counts = {"train": len(dataset.x_train), "test": len(dataset.x_test)}
    if dataset.x_validation is not None:
        counts["validation"] = len(dataset.x_validation)
    return Started(folder / RECIPE, found.kind, dataset.classes, counts, chosen.name)


def _check_free(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file, not a folder", "name another folder")
    take_back(folder, FILES)
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise DataError(
            f"{folder} holds {', '.join(there)} already", "name another folder, or move them away"
        )


def _path(source: Path, folder: Path) -> str:
    """The data's place as the recipe has it: from the recipe's folder, where both share one."""
    whole, base = source.resolve(), folder.resolve()
    common = Path(os.path.commonpath([whole, base.parent]))
    if common == Path(common.anchor):
        return whole.as_posix()
    return Path(os.path.relpath(whole, base)).as_posix()


def _tried(found: Guess, path: str, folder: Path) -> tuple[Guess, Dataset]:
    """The guess that can be read: a group that cannot fill the splits is left out."""
    try:
        return found, _load(found, path, folder)
    except DataError:
        without = found.without("group")
        if without == found:
            raise
        try:
            return without, _load(without, path, folder)
        except DataError:
            pass
        raise


def _load(found: Guess, path: str, folder: Path) -> Dataset:
    return data.load(data.read(recipe_table(found, path), folder), None, found.features)


def recipe_table(found: Guess, path: str) -> Any:
    """The table that the recipe will hold, to be read as a recipe's is."""
    from tinyrob.files.toml_table import parse_toml

    lines = [f"kind = {_value(found.kind)}", f"path = {_value(path)}"]
    lines += [f"{key} = {_value(value)}" for key, value, _ in found.keys]
    lines.append(f"split = {_value(found.split)}")
    return parse_toml("[dataset]\n" + "\n".join(lines), RECIPE, DataError)


def _value(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, str):
        return f'"{escape.toml(value)}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def _key(name: str) -> str:
    """A name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{escape.toml(name)}"'


def _keys(found: Guess) -> Iterator[escape.Code]:
    for key, value, remark in found.keys:
        line = f"{key} = {_value(value)}"
        yield escape.code(f"{line:<31} # {escape.toml(remark)}" if remark else line)


def _split_keys(found: Guess) -> Iterator[escape.Code]:
    remarks = {"test": "the share that tests", "train": "folders, files or arrays of each split"}
    values: dict[str, Any] = dict(found.split)
    if "train" not in values:
        values["seed"] = 0
    for key, value in values.items():
        remark = remarks.get(key, "") if key == "train" or "train" not in values else ""
        line = f"{key} = {_value(value)}"
        yield escape.code(f"{line:<31} # {remark}" if remark else line)


_TOLD = {
    "rate": "samples a second, as the dataset's",
    "frames": "rows of the network's input",
    "frame": "samples of a row",
    "hop": "samples from one row to the next",
}


def _feature_keys(found: Guess) -> Iterator[escape.Code]:
    if found.features is None:
        return
    chosen = found.features.to_dict()
    for key in ("kind", *_TOLD, "fft", "bands", "low", "high", "coefficients"):
        line = f"{key} = {_value(chosen[key])}"
        yield escape.code(f"{line:<31} # {_TOLD[key]}" if key in _TOLD else line)


def _texts(
    folder: Path,
    path: str,
    found: Guess,
    dataset: Dataset,
    board: Board,
    keras: str | None,
    normal: str | None,
) -> dict[str, bytes]:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-") or "own"
    train, classes = len(dataset.x_train), len(dataset.classes)
    if normal is not None:
        drawn, last = detector(dataset.shape, board), "reconstruction"
    elif keras is None:
        drawn, last = sketch(dataset.shape, dataset.form, classes, board, train), "logits"
    else:
        drawn, last = keras_sketch(keras, folder, dataset)
    counts = sorted([int((dataset.y_train == c).sum()) for c in range(classes)])
    batch = min(64, max(1, train // 4))
    epochs = max(12, min(120, round(_STEPS * batch / train)))
    warmup, settle = epochs // 2, epochs // 4
    told = f": {dataset.units.told(EPS)}" if dataset.units is not None else ""
    chance = 1.0 / classes
    shape = " x ".join(map(str, dataset.shape))
    return {
        RECIPE: render(
            "start/recipe.toml.j2",
            name=name,
            path=path,
            kind=found.kind,
            holds=KINDS[found.kind].holds,
            keys=list(_keys(found)),
            split=list(_split_keys(found)),
            features=list(_feature_keys(found)),
            balanced=counts[-1] > UNLIKE * counts[0],
            float=dataset.units is not None and found.kind in ("arrays", "windows"),
            shape=shape,
            topology=[escape.code(line) for line in drawn.lines],
            macs=f"{drawn.macs / 1000:,.0f},000" if drawn.macs >= 1000 else drawn.macs,
            own=keras is not None,
            normal=None if normal is None else escape.toml(normal),
            held_out=0 if dataset.x_validation is not None else max(1, train // 8),
            last=escape.code(_key(last)),
            board=board.name,
            eps=EPS,
            eps_told=told,
            probe=min(50, train),
            epochs=(warmup, epochs - warmup - settle, settle),
            batch=batch,
        ),
        "gate.toml": render(
            "start/gate.toml.j2",
            detects=normal is not None,
            clean=f"{min(0.9, max(0.5, 2 * chance)):.2f}",
            robust=f"{chance:.2f}",
            eps=EPS,
            eps_told=told,
        ),
        "README.md": render(
            "start/README.md.j2",
            normal=normal,
            name=name,
            classes=classes,
            examples=f"{train + len(dataset.x_test):,} examples of {shape}",
            board=board.name,
        ),
        WORKFLOW: render(
            "start/robustness.yml.j2",
            detects=normal is not None,
            path=path,
            uses=[escape.code(line) for line in _actions()],
            extras="train,check,data",
            board=board.name,
        ),
    }


def _actions() -> Sequence[str]:
    """Checkout and Python's set-up, pinned as in the workflow that is for copying."""
    text = (resources.templates() / "ci" / "github-actions.yml").read_text(encoding="utf-8")
    found = {m[1]: m[0] for m in re.finditer(r"uses: actions/([\w-]+)@\S+ # v\S+", text)}
    python = re.search(r'python-version: "[\d.]+"', text)
    assert python is not None
    return [f"- {found['checkout']}", f"- {found['setup-python']}", "  with:", f"    {python[0]}"]


def _check_trains(text: str, folder: Path) -> None:
    """The recipe reads back: a name in the data that breaks it is a bug here, not in training."""
    try:
        recipe_file.parse(text, RECIPE, folder)
    except RecipeError as error:  # pragma: no cover - every key above is one that readers know
        raise DataError(f"the recipe would not be read: {error.message}", error.hint) from error


def _write(folder: Path, texts: Mapping[str, bytes]) -> None:
    """All files, or none of them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        clear_torn(folder)
        fresh = Path(tempfile.mkdtemp(TORN, torn_prefix(folder), folder.parent))
        try:
            fresh.chmod(0o755)
            for name, content in texts.items():
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                (fresh / name).write_bytes(content)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return
    write_together(folder, texts)
