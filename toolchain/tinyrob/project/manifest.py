"""manifest.json: what a build folder says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from tinyrob.data.about import About, about
from tinyrob.data.anomaly import from_dict
from tinyrob.project.layer_cost import Bands, LayerCost, Removed
from tinyrob.project.manifest_form import check_manifest
from tinyrob.project.streaming import Streaming, streaming_of

FILE = "manifest.json"
VERSION = 1


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


def manifest_of(raw: Any) -> Manifest:
    """The manifest that a file's JSON holds. Raises KeyError, TypeError or ValueError where it is
    none, or of another version."""
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
