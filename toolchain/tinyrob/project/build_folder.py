"""A build folder: its files, and the checks that it is whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinyrob.errors import DataError
from tinyrob.files.folder import Kind
from tinyrob.files.html import table
from tinyrob.files.json_text import read_json
from tinyrob.files.names import is_file_name
from tinyrob.project.image_crc import RTL
from tinyrob.project.manifest import FILE, Manifest, manifest_of
from tinyrob.project.unchanged import check_unchanged

Where: TypeAlias = Union[str, PathLike[str]]  # noqa: UP007 - evaluated by Python 3.10
WINDOW = "window.tflite"
_PROJECTS = {"rtl": "RTL project", "hls": "HLS project"}


@dataclass(frozen=True)
class SerialOptions:
    """How a board is reached: its port (None: found), and its speed (None: the build's)."""

    port: str | None = None
    baud: int | None = None


@dataclass(frozen=True, repr=False)
class BuildFolder:
    """A folder that ``tinyrob build`` made, and how the board that runs it is reached."""

    path: Path
    manifest: Manifest
    serial: SerialOptions = SerialOptions()

    @property
    def tflite(self) -> Path:
        """The network as a .tflite."""
        return self.path / "model.tflite"

    @property
    def window(self) -> Path:
        """The whole network that ``manifest.stream`` was made of, as a .tflite."""
        return self.path / WINDOW

    @property
    def frozen(self) -> Path:
        """The frozen model, where ``manifest.frozen``."""
        return self.path / "frozen.npz"

    @property
    def elf(self) -> Path:
        """The firmware."""
        return self.path / self.manifest.elf

    @property
    def model_digest(self) -> bytes:
        """The 16 bytes that firmware of this model answers with."""
        return bytes.fromhex(self.manifest.model_digest)[:16]

    @property
    def flash_bytes(self) -> int:
        """What is programmed, of the whole ELF."""
        return self.manifest.flash_bytes

    @property
    def ram_bytes(self) -> int:
        """Arena, static and stack."""
        return self.manifest.ram_bytes

    @property
    def macs(self) -> int:
        """Multiplications of one inference of the network."""
        return self.manifest.macs

    def quantize(self, x: ArrayLike) -> NDArray[np.integer[Any]]:
        """Real inputs (N, *input_shape) on the network's own grid, rounded half away from zero.

        Where the network says what its inputs stand for, they are a sensor's values, in its unit.
        Raises DataError where one is not a number.
        """
        sensor = self.manifest.about.sensor
        if sensor is not None:
            return sensor.quantize(finite(x))
        scaled = np.asarray(finite(x), np.float64) / self.manifest.input.scale
        q = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5) + self.manifest.input.zero_point
        kind: Any = np.dtype(self.manifest.input.inner)
        info = np.iinfo(kind)
        return np.asarray(np.clip(q, info.min, info.max), kind)

    def facts(self) -> dict[str, str]:
        """What was built, in words."""
        about = self.manifest
        flash, ram = about.flash, about.ram
        if about.runtime == RTL:
            return {
                "hardware": f"{about.board} ({about.isa})",
                "MACs": f"{about.macs:,}",
                "folder": str(self.path),
            }
        return {
            "flash": f"{about.flash_bytes:,} bytes: code {flash.code:,}, weights "
            f"{flash.weights:,}, other {flash.other:,}",
            "RAM": f"{about.ram_bytes:,} bytes: arena {ram.arena:,}, static {ram.static:,}, "
            f"stack {ram.stack:,}",
            "MACs": f"{about.macs:,} in {about.tensors} layers",
            "folder": str(self.path),
        }

    def __repr__(self) -> str:
        about = self.manifest
        return (
            f"<{type(self).__name__} of {about.model} for {about.board}: flash "
            f"{about.flash_bytes:,} bytes, RAM {about.ram_bytes:,}, in {self.path}>"
        )

    def _repr_html_(self) -> str:
        about = self.manifest
        title = f"{about.model} on {about.board} ({about.app}, {about.isa})"
        return table(title, ("", ""), self.facts().items())


def finite(x: ArrayLike) -> NDArray[Any]:
    """``x`` as an array. Raises DataError where a value of it is NaN."""
    array = np.asarray(x)
    if np.isnan(array).any():
        raise DataError("NaN has no place on a grid of integers", "mend the data first")
    return array


def is_build(path: Path) -> bool:
    """Whether ``path`` looks like a build folder; ``open_build`` checks it."""
    return (path / FILE).is_file()


def open_build(path: Path) -> BuildFolder:
    """A build folder, checked: Raises DataError where it is none, or damaged."""
    if not path.is_dir():
        raise DataError(f"there is no folder {path}", "`tinyrob build` makes one")
    file = path / FILE
    if not file.is_file():
        raise DataError(
            f"{path} is not a build folder: it has no {FILE}", "`tinyrob build` makes one"
        )
    try:
        raw = read_json(file)
        check_one(path, raw)
        if isinstance(raw, dict) and raw.get("kind") in _PROJECTS and "runtime" not in raw:
            raise DataError(
                f"{path} is an {_PROJECTS[raw['kind']]} without a board, not a build folder",
                "`tinyrob build` makes one; `tinyrob export-rtl --board` makes one for an FPGA",
            )
        manifest = manifest_of(raw)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{file} is damaged or of another version of tinyrob: {error}", "build again"
        ) from None
    folder = BuildFolder(path, manifest)
    needed = [folder.tflite, folder.elf, *([folder.frozen] if manifest.frozen else [])]
    needed += [folder.window] if manifest.stream is not None else []
    for part in needed:
        if not part.is_file():
            raise DataError(f"{path} is not whole: {part.name} is missing", "build again")
    if hashlib.sha256(folder.tflite.read_bytes()).hexdigest() != manifest.model_digest:
        raise DataError(f"{folder.tflite} is not the model that {file} names", "build again")
    kind: Kind = "RTL project" if manifest.runtime == RTL else "build"
    check_unchanged(path, manifest.elf, manifest.elf_digest, manifest.digest, kind)
    return folder


def check_one(folder: Path, manifest: Any) -> None:
    """Raises DataError where ``folder`` is a build of several networks: each has its own in it."""
    several = _names_of_several(manifest)
    if several:
        raise DataError(
            f"{folder} holds {len(several)} networks: {', '.join(several)}",
            f"name one of them: {folder / several[0]}",
        )


def _names_of_several(raw: Any) -> list[str]:
    """The networks of a build of several, by the names of their folders; else none."""
    networks = raw.get("networks") if isinstance(raw, dict) else None
    if not isinstance(networks, list) or not networks:
        return []
    names = [one.get("c_name") if isinstance(one, dict) else None for one in networks]
    return [name for name in names if isinstance(name, str) and is_file_name(name)]
