"""manifest.json: what a build folder says of itself, and the checks that it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinyrob.data.about import About, about
from tinyrob.data.anomaly import from_dict
from tinyrob.errors import DataError
from tinyrob.files.folder import Kind
from tinyrob.files.html import table
from tinyrob.files.json_text import read_json
from tinyrob.files.names import is_file_name
from tinyrob.project.image_crc import RTL
from tinyrob.project.manifest_form import check_manifest
from tinyrob.project.streaming import Streaming, streaming_of
from tinyrob.project.unchanged import check_unchanged

Where: TypeAlias = Union[str, PathLike[str]]  # noqa: UP007 - evaluated by Python 3.10
FILE = "manifest.json"
WINDOW = "window.tflite"
VERSION = 1
_PROJECTS = {"rtl": "RTL project", "hls": "HLS project"}


@dataclass(frozen=True)
class Signature:
    """An input or an output: shape without batch axis; ``real = scale * (q - zero_point)``.

    ``dtype`` is the model's own, ``inner`` that of the integers that its operators see: the grid is
    theirs. ``below``: its values are indices under this; 0 where they are not.
    """

    shape: tuple[int, ...]
    scale: float
    zero_point: int
    name: str = ""
    dtype: str = "int8"
    inner: str = "int8"
    below: int = 0

    @property
    def values(self) -> int:
        """How many values it has."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def bytes(self) -> int:
        """Its size on the device."""
        return self.values * np.dtype(self.inner).itemsize


@dataclass(frozen=True)
class Removed:
    """What of a layer's tensor the firmware does not compute: of each ``period`` elements those in
    ``constants`` (place, and its value for every input), and those that are ``unread``."""

    period: int
    constants: tuple[tuple[int, int], ...]
    unread: tuple[int, ...]

    @property
    def kept(self) -> list[int]:
        """The places of each period that are computed."""
        gone = {place for place, _ in self.constants} | set(self.unread)
        return [place for place in range(self.period) if place not in gone]

    def cut(self, tensor: NDArray[np.int8]) -> NDArray[np.int8]:
        """What the firmware computes of a whole tensor, flat."""
        return np.ascontiguousarray(tensor.reshape(-1, self.period)[:, self.kept]).reshape(-1)

    def whole(self, computed: NDArray[np.int8], unread: NDArray[np.int8]) -> NDArray[np.int8]:
        """The whole tensor: what was computed, the constants, and ``unread`` for the rest."""
        tensor = unread.reshape(-1, self.period).copy()
        for place, value in self.constants:
            tensor[:, place] = value
        tensor[:, self.kept] = computed.reshape(len(tensor), -1)
        return tensor.reshape(unread.shape)


@dataclass(frozen=True)
class LayerCost:
    """A layer's cost: ``macs`` are those computed, ``ram_bytes`` is what is alive in the arena
    while it runs; ``removed`` what slimming took of its tensor (None: nothing). A layer that runs
    in bands is several of one name, and ``part`` is which of the values that are computed is this
    one's: the first, and how many."""

    name: str
    op: str
    macs: int
    weights_bytes: int
    ram_bytes: int
    removed: Removed | None = None
    part: tuple[int, int] | None = None

    def cut(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """What the firmware computes here of a whole tensor, flat."""
        computed = tensor.reshape(-1) if self.removed is None else self.removed.cut(tensor)
        if self.part is None:
            return np.ascontiguousarray(computed)
        first, count = self.part
        return np.ascontiguousarray(computed[first : first + count])

    def put(self, computed: NDArray[Any], tensor: NDArray[Any]) -> NDArray[Any]:
        """A tensor with what was computed here; the rest is what it was, or the constants that were
        removed."""
        whole = tensor.reshape(-1) if self.removed is None else self.removed.cut(tensor)
        first, count = self.part or (0, whole.size)
        whole = whole.copy()
        whole[first : first + count] = computed.reshape(-1)
        return whole.reshape(tensor.shape) if self.removed is None else self.removed.whole(
            whole, tensor
        )  # fmt: skip


@dataclass(frozen=True)
class Bands:
    """Layers that run a band of rows at a time, ``first`` to ``last`` of them: ``layers`` in
    ``calls``. All with them, the arena would take ``whole_bytes`` were they run one by one."""

    first: str
    last: str
    layers: int
    calls: int
    whole_bytes: int


@dataclass(frozen=True)
class Flash:
    """Bytes programmed into the part."""

    code: int
    weights: int
    other: int


@dataclass(frozen=True)
class Ram:
    """Bytes of RAM; ``stack`` is its peak, ``stack_source`` says how it is known."""

    arena: int
    static: int
    stack: int


@dataclass(frozen=True)
class Manifest:
    """All of a build: the keys of ``tinyrob build --json``, and what the runners need.

    ``input`` and ``output`` are the first of ``inputs`` and ``outputs``, which are empty in a
    folder of an earlier tinyrob. ``baud`` is the console's speed (None: the board file's, in such
    a folder); ``optimize`` is what kernels were packed for (None: unknown there, and nothing is
    packed for another runtime). ``macs`` are the network's; of them ``macs_removed`` are not
    computed where the build is ``slim`` (channels that are one number for every input are left
    out); ``without`` are the passes that were not run.
    ``check``: the device looks at its flash at ``boot``, or with each inference too (``watch``).
    ``toolchain`` is gcc or clang, ``compiler`` what that says of itself. ``classes`` name the
    output's values, ``data`` say what the inputs stand for (``about``); both may be unknown.
    ``c_name`` begins the network's symbols in C. ``features`` are how sound becomes inputs
    (``tinyrob.features``), where that is known; ``listen`` is how the app of that name decides
    (``tinyrob.features.decisions``), ``camera`` how frames become pictures
    (``tinyrob.features.camera``). ``anomaly`` is what a detector of anomalies gives alarm for
    (``tinyrob.data.anomaly``); ``classes`` are then its verdicts. ``stream``: it was made to take
    a stream, step by step. ``weights``: where its constants are as it runs, flash or ram.
    ``bands``: what of it runs a band of rows at a time.
    """

    version: int
    model: str
    target: str
    board: str
    runtime: str
    app: str
    isa: str
    elf: str
    macs: int
    flash_bytes: int
    flash: Flash
    ram_bytes: int
    ram: Ram
    stack_source: str
    layers: tuple[LayerCost, ...]
    input: Signature
    output: Signature
    dataset: str | None
    frozen: bool
    exact: bool
    digest: str
    model_digest: str
    elf_digest: str
    compiler: str
    tinyrob: str
    baud: int | None = None
    optimize: str | None = None
    slim: bool = False
    without: tuple[str, ...] = ()
    check: str = "boot"
    macs_removed: int = 0
    inputs: tuple[Signature, ...] = ()
    outputs: tuple[Signature, ...] = ()
    toolchain: str = "gcc"
    classes: tuple[str, ...] = ()
    data: Mapping[str, Any] | None = None
    c_name: str = "tr_model"
    features: Mapping[str, Any] | None = None
    listen: Mapping[str, Any] | None = None
    camera: Mapping[str, Any] | None = None
    anomaly: Mapping[str, Any] | None = None
    stream: Streaming | None = None
    weights: str = "flash"
    bands: tuple[Bands, ...] = ()

    @property
    def about(self) -> About:
        """What is known of the data that the network was trained on."""
        return about(list(self.classes), self.data, self.dataset, self.features, self.anomaly)

    @property
    def tensors(self) -> int:
        """How many layers it has, those in bands counted once."""
        return len({layer.name for layer in self.layers})

    @property
    def called(self) -> tuple[str, ...]:
        """A name for each value of the output; where none is known, its number."""
        return tuple(map(self.about.called, range(self.output.values)))

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; what only bands have is there where they are."""
        found = asdict(self)
        if not self.bands:
            del found["bands"]
        for layer in found["layers"]:
            if layer["part"] is None:
                del layer["part"]
        return found

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(self.to_dict(), indent=2) + "\n"


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
        manifest = _parse(raw)
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


def _parse(raw: Any) -> Manifest:
    if not isinstance(raw, dict):
        raise TypeError("it holds no object")
    if raw.get("version") != VERSION:
        raise ValueError(f"its version is {raw.get('version')!r}, not {VERSION}")
    check_manifest(raw)
    raw = {
        "baud": None, "optimize": None, "slim": False, "without": [], "macs_removed": 0,
        "inputs": [], "outputs": [], "toolchain": "gcc", "classes": [], "data": None,
        "c_name": "tr_model", "features": None, "listen": None, "camera": None,
        "anomaly": None, "stream": None, "weights": "flash", "check": "boot", "bands": [], **raw,
    }  # fmt: skip
    values = {field.name: raw[field.name] for field in fields(Manifest)}
    values["flash"], values["ram"] = Flash(**values["flash"]), Ram(**values["ram"])
    for key in ("input", "output"):
        values[key] = _signature(**values[key])
        values[f"{key}s"] = tuple(_signature(**one) for one in values[f"{key}s"])
    values["stream"] = streaming_of(values["stream"])
    values["classes"] = tuple(values["classes"])
    values["without"] = tuple(values["without"])
    from_dict(values["anomaly"], FILE)
    values["layers"] = tuple(_layer(**layer) for layer in values["layers"])
    values["bands"] = tuple(Bands(**bands) for bands in values["bands"])
    return Manifest(**values)


def _layer(
    removed: dict[str, Any] | None = None, part: list[int] | None = None, **cost: Any
) -> LayerCost:
    if part is not None:
        cost["part"] = (int(part[0]), int(part[1]))
    if removed is None:
        return LayerCost(**cost)
    places = Removed(
        int(removed["period"]),
        tuple((int(place), int(value)) for place, value in removed["constants"]),
        tuple(int(place) for place in removed["unread"]),
    )
    return LayerCost(**cost, removed=places)


def _signature(
    shape: list[int],
    scale: float,
    zero_point: int,
    name: str = "",
    dtype: str = "int8",
    inner: str = "int8",
    below: int = 0,
) -> Signature:
    sizes, zero = tuple(int(size) for size in shape), int(zero_point)
    return Signature(sizes, float(scale), zero, str(name), str(dtype), str(inner), int(below))
