"""Checkpoints: one file an epoch, whole or absent, that say themselves whether they are damaged."""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import TrainingError
from tinyrob.files.archive import parse_npz
from tinyrob.files.json_text import check, parse_json, whole
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited
from tinyrob.files.whole import TORN, write_atomically

KEPT = 2
_NAME = re.compile(r"checkpoint-(\d{5})\.npz")


@dataclass(frozen=True)
class Checkpoint:
    """A run after ``epoch`` epochs, with weights and optimizer state in their models' order.

    ``identity`` says what the run depends on: another run's checkpoint is not gone on from.
    ``total`` is the number of epochs that the run is to have; 0 where the file does not say.
    ``origins`` tells of files that the run began with, by their use (``init``, ``teacher``).
    """

    epoch: int
    weights: list[NDArray[Any]]
    optimizer: list[NDArray[Any]]
    history: list[dict[str, Any]]
    identity: str
    total: int = 0
    origins: dict[str, Any] = field(default_factory=dict)


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Writes ``checkpoint-<epoch>.npz`` and removes all but the newest two."""
    path = folder / f"checkpoint-{checkpoint.epoch:05d}.npz"
    write(path, checkpoint)
    for old in _all(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes one file."""
    arrays: dict[str, Any] = {f"weight{i:04d}": w for i, w in enumerate(checkpoint.weights)}
    arrays |= {f"optimizer{i:04d}": w for i, w in enumerate(checkpoint.optimizer)}
    header = {
        "epoch": checkpoint.epoch,
        "history": checkpoint.history,
        "identity": checkpoint.identity,
        "total": checkpoint.total,
        "origins": checkpoint.origins,
        "weights": len(checkpoint.weights),
        "optimizer": len(checkpoint.optimizer),
    }
    buffer = io.BytesIO()
    np.savez(buffer, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)
    body = buffer.getvalue()
    # A zip file tolerates bytes behind its end, so the sum goes there and the file stays an .npz.
    write_atomically(path, body + hashlib.sha256(body).digest())


def clear_torn(folder: Path) -> None:
    """Removes what a kill in the middle of a write has left behind."""
    for torn in folder.glob(f"*{TORN}"):
        torn.unlink(missing_ok=True)


def read(path: Path) -> Checkpoint:
    """Reads one file. Raises TrainingError where it is damaged."""
    try:
        content = read_limited(path, DATA_BYTES)
        body, total = content[:-32], content[-32:]
        if hashlib.sha256(body).digest() != total:
            raise Damaged("its checksum does not match")
        archive = parse_npz(body)
        if "header" not in archive:
            raise Damaged("it has no header")
        header = parse_json(archive["header"].tobytes(), finite=False)
        check(header, _HEADER)
        weights = _arrays(archive, "weight", header["weights"])
        optimizer = _arrays(archive, "optimizer", header["optimizer"])
    except (OSError, Damaged) as error:
        raise TrainingError(
            f"the checkpoint {path} is damaged: {error}", "remove it to resume from an earlier one"
        ) from error
    return Checkpoint(
        header["epoch"],
        weights,
        optimizer,
        header["history"],
        header["identity"],
        header.get("total", 0),
        header.get("origins", {}),
    )


_HEADER = {
    "epoch": whole(0, 1 << 31),
    "weights": whole(0, 100_000),
    "optimizer": whole(0, 100_000),
    "history": [{str: object}],
    "identity": str,
    "total?": whole(0, 1 << 31),
    "origins?": {str: object},
}


def _arrays(archive: dict[str, NDArray[Any]], kind: str, count: int) -> list[NDArray[Any]]:
    names = [f"{kind}{i:04d}" for i in range(count)]
    missing = [name for name in names if name not in archive]
    if missing:
        raise Damaged(f"it lacks {missing[0]!r}")
    return [archive[name] for name in names]


def newest(folder: Path) -> tuple[Checkpoint, list[Path]] | None:
    """The newest sound checkpoint and the damaged ones passed over; None where there is no file.

    Raises TrainingError where there are files but none is sound.
    """
    damaged: list[Path] = []
    for path in _all(folder):
        try:
            return read(path), damaged
        except TrainingError:
            damaged.append(path)
    if damaged:
        raise TrainingError(
            f"every checkpoint in {folder} is damaged: {', '.join(p.name for p in damaged)}",
            "start again without --resume",
        )
    return None


def newest_file(folder: Path) -> Path | None:
    """The newest checkpoint's file, sound or not; None where there is none."""
    return next(iter(_all(folder)), None)


def _all(folder: Path) -> list[Path]:
    """Checkpoint files, newest first."""
    found = [path for path in folder.glob("checkpoint-*.npz") if _NAME.fullmatch(path.name)]
    return sorted(found, reverse=True)
