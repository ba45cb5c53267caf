"""Graph to C: a build plan with kernels, headers, constants and one call a layer."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from tinyrob import passes
from tinyrob.data.anomaly import Anomaly
from tinyrob.data.units import Units
from tinyrob.emit import ctext
from tinyrob.emit.bands import (
    first_arrays,
    first_structs,
    in_bands,
    indices,
    observed,
    shared_arrays,
)
from tinyrob.emit.border import HEADER
from tinyrob.emit.face import Face, face_of
from tinyrob.emit.memory import MemoryPlan, with_room
from tinyrob.emit.order import minimum_peak_order
from tinyrob.emit.render import render
from tinyrob.files import resources
from tinyrob.files.plan import BuildPlan
from tinyrob.ir.graph import DType, Graph, numpy_type
from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.kernel import Kernel
from tinyrob.kernels.table import choose, find
from tinyrob.network.layers import Int8, Layer, Network, Part, Trim, Value
from tinyrob.network.to_network import to_network
from tinyrob.project.layer_cost import Bands
from tinyrob.project.streaming import Streaming

NAME = "tr_model"
"""What a network is called in C where nobody has named it."""
FILES = {
    "{}.h": "network.h", "{}.c": "network.c", "{}_values.c": "values.c", "{}_check.c": "check.c",
    "{}_weights.h": "weights.h", "{}_weights.c": "weights.c",
}  # fmt: skip
_TAG = "TAGTAGTA"
"""Stands for what symbols end in until all that they end in is known."""
CHECKING = (
    "portable/tr_check_constants.c", "portable/tr_crc32.c", "portable/tr_sha256_constants.c",
    "portable/tr_watch_constants.c",
)  # fmt: skip
"""What looks at a network's constants: no layer's kernel, and linked only where it is asked for."""
_INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class LayerInfo:
    """One emitted layer: ``name`` is the graph tensor it makes; ``weights_bytes`` all its
    constants in flash but the descriptor, ``ram_bytes`` what is alive in the arena as it runs;
    ``trim`` what of the tensor it makes, where that is not all of it; ``part`` which of these
    values are this call's, where it makes not all."""

    name: str
    op: str
    macs: int
    weights_bytes: int
    ram_bytes: int
    trim: Trim | None = None
    part: Part | None = None


@dataclass(frozen=True)
class CModel:
    """A network's C sources (include/, kernels/, model/) and what they cost.

    ``macs`` are the graph's, ``layers`` have those that are computed.
    ``inputs`` and ``outputs`` are the sizes of each, in bytes; ``name`` is what it is called in C,
    ``macros`` and ``functions`` what of it the applications may ask for. ``bands``: what runs a
    band of rows at a time.
    """

    plan: BuildPlan
    arena_bytes: int
    weights_bytes: int
    macs: int
    layers: tuple[LayerInfo, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str = NAME
    macros: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    bands: tuple[Bands, ...] = ()

    @property
    def input_bytes(self) -> int:
        """Of all inputs together."""
        return sum(self.inputs)

    @property
    def detector(self) -> bool:
        """Whether it scores anomalies."""
        return "score" in self.functions

    @property
    def output_bytes(self) -> int:
        """Of all outputs together."""
        return sum(self.outputs)


def emit_model(
    graph: Graph,
    isa: str,
    digest: bytes,
    optimize: passes.Optimize = "balanced",
    slim: bool = True,
    name: str = NAME,
    classes: Sequence[str] = (),
    without: Collection[str] = (),
    units: Units | None = None,
    anomaly: Anomaly | None = None,
    stream: Streaming | None = None,
) -> CModel:
    """The C sources of a graph for an instruction set.

    ``digest`` (at least 16 bytes) identifies the model; its first 16 bytes go into the firmware.
    ``optimize`` says when weights of few levels are packed: where that is not more than 15 % slower
    ("balanced"), always ("size"), where it is not slower ("speed"); and which kernels may take
    more memory to be faster (``emit.memory.with_room``); "ram" is balanced, with layers in bands of
    rows where that takes less memory (``passes.bands``). ``slim``: channels that are
    one number for every input are taken out. ``name`` begins all its symbols and files;
    ``classes`` are names of the outputs' values, ``units`` what the input stands for,
    ``anomaly`` what a detector of anomalies gives alarm for; ``stream``: the graph takes one, step
    by step. ``without``
    names passes to leave out (``passes.NAMES``): more instructions or bytes, the same results.
    The same arguments give the same bytes. Raises UnsupportedModel for what no kernel takes,
    ValueError for a short digest.
    """
    if len(digest) < 16:
        raise ValueError(f"a digest has at least 16 bytes, not {len(digest)}")
    network = to_network(passes.simplified(graph, without))
    face = replace(face_of(graph, name, classes, units, anomaly), stream=stream)
    lowered = passes.lowered(network, slim, without)
    model = emit_network(lowered, isa, digest, optimize, face, without)
    return replace(model, macs=sum(layer.spec.macs for layer in network.layers))


def emit_network(
    network: Network,
    isa: str,
    digest: bytes,
    optimize: passes.Optimize = "balanced",
    face: Face | None = None,
    without: Collection[str] = (),
) -> CModel:
    """The C sources of a network that is lowered already; ``face`` is what its header says beyond
    that."""
    face = face or Face(NAME)
    plain_of, roomy_of = partial(find, isa=isa), partial(find, isa=isa, roomy=True)
    network = passes.fused(network, lambda layer: plain_of(layer) is not None, without)
    if "pack_weights" not in without:
        network = passes.pack_weights(network, plain_of, optimize)
    if "share_kernels" not in without:
        network = passes.share_kernels(network, plain_of, roomy_of, optimize)
    chosen = {layer.output: choose(layer, isa) for layer in network.layers}
    network = minimum_peak_order(network, lambda layer: chosen[layer.output])
    plain = [chosen[layer.output] for layer in network.layers]
    bands: tuple[Bands, ...] = ()
    if optimize == "ram" and "band_rows" not in without:
        network, plain, bands = in_bands(network, plain, isa)
    roomy = [roomy_of(layer) for layer in network.layers]
    kernels, memory = with_room(network, plain, roomy, optimize)
    descriptors = shared_arrays(
        network, [k.describe(layer) for k, layer in zip(kernels, network.layers, strict=True)]
    )
    constants = [
        sum(array.bytes for array in arrays) + sum(v.bytes for v in _first_used(network, step))
        for step, arrays in enumerate(first_arrays(descriptors))
    ]
    layers = tuple(
        LayerInfo(
            layer.name, layer.op, layer.spec.macs, weights, live,
            network.values[layer.output].trim, layer.part,
        )
        for layer, weights, live in zip(network.layers, constants, memory.live, strict=True)
        if observed(layer)
    )  # fmt: skip
    context = _context(network, kernels, descriptors, memory, digest, face.name)
    context |= face.context(context)
    model = _tagged(
        {
            f"model/{file.format(face.name)}": render(f"model/{template}.j2", **context)
            for file, template in FILES.items()
        }
    )
    return CModel(
        BuildPlan(model)
        | firmware_files(
            [*(source for k in kernels for source in k.sources), *CHECKING],
            (
                *("tr_observer.h", "tr_status.h"),
                *((PurePosixPath(HEADER).name,) if face.conversions else ()),
            ),
        ),
        memory.arena_bytes,
        sum(info.weights_bytes for info in layers),
        sum(info.macs for info in layers),
        layers,
        tuple(network.values[i].bytes for i in network.inputs),
        tuple(network.values[i].bytes for i in network.outputs),
        face.name,
        tuple(context["shown_macros"]),
        tuple(context["public"]),
        bands,
    )


def _tagged(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with the end of all symbols that the linker sees: it is of what they hold."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(files[name])
    tag = total.hexdigest()[: len(_TAG)].encode()
    return {name: content.replace(_TAG.encode(), tag) for name, content in files.items()}


def _first_used(network: Network, step: int) -> list[Value]:
    """The constant operands that no earlier layer reads."""
    earlier = {i for layer in network.layers[:step] for i in layer.inputs}
    new = dict.fromkeys(i for i in network.layers[step].inputs if i not in earlier)
    return [network.values[i] for i in new if network.values[i].data is not None]


def _context(
    network: Network,
    kernels: Sequence[Kernel],
    descriptors: Sequence[Descriptor],
    memory: MemoryPlan,
    digest: bytes,
    model: str,
) -> dict[str, Any]:
    """What the templates are told."""
    operands = {
        i: value for i, value in enumerate(network.values)
        if value.data is not None and network.consumers(i)
    }  # fmt: skip
    names = ctext.identifiers(
        [layer.name for layer in network.layers] + [v.name for v in operands.values()]
    )
    owners, operand_names = names[: len(network.layers)], names[len(network.layers) :]
    structs = first_structs(descriptors)
    symbols: dict[Array, str] = {}
    arrays = []
    for owner, descriptor, layer in zip(owners, descriptors, network.layers, strict=True):
        for field, array in descriptor.arrays().items():
            if array not in symbols:
                symbols[array] = ctext.array_name(model, owner, field)
                arrays.append(_array(symbols[array], array, owner, layer.name))
    place = {
        i: _at(offset, network.values[i].dtype)
        for i, offset in enumerate(memory.offsets) if offset is not None
    }  # fmt: skip
    for name, (i, value) in zip(operand_names, operands.items(), strict=True):
        assert value.data is not None
        place[i] = symbol = ctext.array_name(model, name, "values")
        arrays.append(_array(symbol, Array(f"{value.dtype}_t", value.data), name, value.name))
    for one, following in pairwise(arrays):
        one["more"] = int(one["owner"] == following["owner"])
    calls: list[dict[str, Any]] = [
        {
            "index": index,
            "name": ctext.comment(layer.name),
            "op": layer.op,
            "shapes": _shapes(layer),
            "owner": owners[structs[step]],
            "first": structs[step] == step,
            "struct": descriptors[step].struct,
            "fields": ctext.initializer(descriptors[step], symbols),
            "symbol": kernels[step].symbol,
            "variadic": kernels[step].variadic,
            "ctype": f"{layer.dtype}_t",
            "inputs": [_argument(place, memory, kernels[step], i) for i in layer.inputs],
            "output": _argument(place, memory, kernels[step], layer.output),
            "states": [f"base + {memory.offsets[i]}" for i in layer.states],
            "made": f"base + {memory.offsets[layer.output]}",
            "scratch": "NULL" if scratch is None else f"base + {scratch}",
            "bytes": network.values[layer.output].bytes,
        }
        for step, (index, layer, scratch) in enumerate(
            zip(indices(network), network.layers, memory.scratch, strict=True)
        )
    ]
    return {
        "model": ctext.comment(network.name),
        "layers": calls,
        "observed": sum(call["index"] is not None for call in calls),
        "arrays": arrays,
        "headers": sorted({kernel.header for kernel in kernels}),
        "digest": [f"0x{byte:02x}" for byte in digest[:16]],
        "digest_text": digest[:16].hex(),
        "tag": _TAG,
        "sha256": _sha256(arrays),
        "constant_bytes": sum(len(one["stored"]) for one in arrays),
        "arena_bytes": max(memory.arena_bytes, 1),
        "inputs": _places(network, memory, network.inputs),
        "outputs": _places(network, memory, network.outputs),
        "states": [_state(network, memory, i) for i in network.states],
        "bases": _used_bases(calls),
    }


def _shapes(layer: Layer) -> str:
    """What it makes of what, for a comment; a copy has none."""
    if not layer.shapes:
        return ""
    given = " and ".join(map(ctext.shape, layer.shapes[:-1]))
    part = "" if layer.part is None else f", {layer.part.count:,} values from {layer.part.first:,}"
    return f"{given} -> {ctext.shape(layer.shapes[-1])}{part}"


def _array(symbol: str, array: Array, owner: str, layer: str) -> dict[str, Any]:
    """What the templates are told of an array; ``stored`` are its bytes in flash."""
    stored = array.stored
    return {
        "symbol": symbol, "ctype": array.ctype, "rows": ctext.rows(array),
        "count": array.data.size, "owner": owner, "layer": ctext.comment(layer),
        "stored": stored, "crc32": f"0x{zlib.crc32(stored):08x}UL", "width": array.width, "more": 0,
    }  # fmt: skip


def _sha256(arrays: Sequence[dict[str, Any]]) -> list[str]:
    """The digest of all arrays one behind the other, as lines of C."""
    digest = hashlib.sha256(b"".join(one["stored"] for one in arrays)).digest()
    texts = [f"0x{byte:02x}" for byte in digest]
    return [", ".join(texts[at : at + 8]) for at in range(0, len(texts), 8)]


_BASES: dict[str, str] = {"int8": "base", "int16": "base16", "int32": "base32"}
"""Pointers to the arena, by what is there."""


def _at(offset: int, dtype: DType) -> str:
    """A place in the arena as a pointer to values of a type."""
    return f"{_BASES[dtype]} + {offset // numpy_type(dtype).itemsize}"


def _argument(place: Mapping[int, str], memory: MemoryPlan, kernel: Kernel, value: int) -> str:
    """A value as a kernel is handed it."""
    offset = memory.offsets[value]
    if kernel.dtype is None and offset is not None:
        return _at(offset, "int8")
    return place[value]


def _used_bases(calls: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The pointers that calls need beside ``base``, and what they point to."""
    arguments = [a for c in calls for a in (*c["inputs"], c["output"], *c["states"])]
    return {
        base: f"{dtype}_t"
        for dtype, base in _BASES.items()
        if dtype != "int8" and any(a.startswith(f"{base} ") for a in arguments)
    }


def _state(network: Network, memory: MemoryPlan, index: int) -> dict[str, Any]:
    """Where a state is, and its first bytes: those with which they begin again and again."""
    value = network.values[index]
    assert value.initial is not None
    first = value.initial[: _period(value.initial)]
    return {
        "name": ctext.comment(value.name),
        "offset": memory.offsets[index],
        "bytes": value.bytes,
        "period": len(first),
        "fill": int(first[0]) if len(first) == 1 else None,
        "rows": [] if len(first) == 1 else ctext.rows(Array("int8_t", first)),
    }


def _period(values: Int8) -> int:
    """After how many values they begin again: a stream's rows are alike at first."""
    sizes = (n for n in range(1, values.size + 1) if values.size % n == 0)
    return next(n for n in sizes if bool((values.reshape(-1, n) == values[:n]).all()))


def _places(
    network: Network, memory: MemoryPlan, values: tuple[int, ...]
) -> list[dict[str, int | str | None]]:
    return [
        {
            "bytes": network.values[i].bytes,
            "offset": memory.offsets[i],
            "place": (memory.offsets[i] or 0) // numpy_type(network.values[i].dtype).itemsize,
            "ctype": f"{network.values[i].dtype}_t",
            "width": numpy_type(network.values[i].dtype).itemsize,
        }
        for i in values
    ]


def firmware_files(
    sources: Iterable[str], headers: Iterable[str] = (), folder: str = "kernels"
) -> BuildPlan:
    """Sources (under firmware/``folder``) and public headers, with all that they include.

    Sources and their own headers go to kernels/, flat; public ones to include/tinyrob/.
    """
    home, include = resources.firmware() / folder, resources.firmware() / "include"
    waiting = [home / source for source in sources]
    waiting += [include / "tinyrob" / header for header in headers]
    files: dict[str, bytes] = {}
    while waiting:
        path = waiting.pop()
        public = path.is_relative_to(include)
        name = (
            f"include/{path.relative_to(include).as_posix()}" if public else f"kernels/{path.name}"
        )
        if name in files:
            continue
        files[name] = path.read_bytes()
        for included in _INCLUDE.findall(files[name].decode()):
            beside = path.parent / included
            waiting.append(beside if beside.is_file() else include / included)
    return BuildPlan(dict(sorted(files.items())))
