"""HDF5 files of strangers, written anew by a program of its own (``hdf5_worker``)."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tinyrob.errors import ToolMissing
from tinyrob.files import hdf5_worker
from tinyrob.files.installed import install_command
from tinyrob.files.limits import MODEL_BYTES, Damaged


def h5py() -> Any:
    """The ``h5py`` module. Raises ToolMissing where it is not installed."""
    try:
        return importlib.import_module("h5py")
    except ImportError as error:
        raise ToolMissing(
            f"reading Keras files needs h5py: {error}", install_command("train")
        ) from error


def fresh(content: bytes) -> bytes:
    """The file's arrays and texts in a file that HDF5 has just written. Raises Damaged."""
    with tempfile.TemporaryDirectory(prefix="tinyrob-hdf5-") as folder:
        source, target = Path(folder) / "source.h5", Path(folder) / "fresh.h5"
        source.write_bytes(content)
        places = os.pathsep.join(path for path in sys.path if path)
        command = [sys.executable, "-m", hdf5_worker.__name__, str(source), str(target)]
        try:
            done = subprocess.run(
                [*command, str(MODEL_BYTES)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": places, "OPENBLAS_NUM_THREADS": "1"},
                timeout=hdf5_worker.SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Damaged("HDF5 does not come to an end with it") from None
        said = done.stdout.decode(errors="replace").strip()
        if done.returncode != 0 or said != "ok":
            raise Damaged(said.splitlines()[-1][:200] if said else "HDF5 dies of it")
        return target.read_bytes()
