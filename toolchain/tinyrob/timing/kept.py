"""An estimate beside its build: ``estimate.json``, for the pages that show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tinyrob.boards.read import find_board
from tinyrob.errors import BoardError, DataError, RunnerError, ToolMissing
from tinyrob.files.json_text import Form, check, number, read_json, whole
from tinyrob.files.limits import Damaged
from tinyrob.files.whole import write_atomically
from tinyrob.project.build_folder import BuildFolder
from tinyrob.timing.estimate import Estimate, check_timing, estimate, random_input

FILE = "estimate.json"

_COUNT = whole(0, 1 << 53)
_FORM: Form = {
    "elf_digest": str,
    "board": str,
    "cpu_hz": whole(1, 1 << 53),
    "cycles_estimate": _COUNT,
    "ms_estimate": number(0.0, 1e12),
    "instructions": _COUNT,
    "error_percent": (number(0.0, 1e6), None),
    "about": str,
    "layers": [{"cycles_estimate": _COUNT, "instructions": _COUNT}],
}


def estimate_build(folder: BuildFolder) -> Estimate:
    """Estimates one inference of a random input, and keeps that in the folder.

    Raises BoardError for a core without a table or an app that answers no host, ToolMissing,
    RunnerError, OSError.
    """
    manifest = folder.manifest
    if manifest.app != "validate" or manifest.runtime == "tflm":
        raise BoardError(
            f"cycles are estimated of the app validate of generated C, not of {manifest.app}",
            "build without --app and --runtime",
        )
    check_timing(find_board(manifest.board))
    found = estimate(folder, random_input(folder))
    values = {"elf_digest": manifest.elf_digest, "board": found.board, "cpu_hz": found.cpu_hz}
    text = json.dumps({**values, **found.to_dict()}, indent=1) + "\n"
    write_atomically(folder.path / FILE, text.encode())
    return found


def try_to_estimate(folder: BuildFolder) -> tuple[Estimate | None, str | None]:
    """The same, or why there is none."""
    try:
        return estimate_build(folder), None
    except (BoardError, RunnerError, ToolMissing) as error:
        return None, error.message


def kept_estimate(folder: Path, elf_digest: str) -> dict[str, Any] | None:
    """What ``estimate_build`` kept of this very firmware, or None. Raises DataError (damaged)."""
    path = folder / FILE
    try:
        values = read_json(path)
        check(values, _FORM)
    except FileNotFoundError:
        return None
    except Damaged as error:
        raise DataError(f"{path} is damaged: {error}", "build again") from None
    return dict(values) if values["elf_digest"] == elf_digest else None
