"""The Verilog project: modules, testbench, vectors, a Makefile, a README, a manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.emit.render import render
from tinyrob.files import resources
from tinyrob.files.plan import BuildPlan
from tinyrob.frozen.io import frozen_bytes
from tinyrob.frozen.model import FrozenModel
from tinyrob.hls.project import Vectors
from tinyrob.rtl.folding import Fold
from tinyrob.rtl.network import LIBRARY, Element, Streams, streams

FORMAT = 1
# Their lint comments name a warning (WIDTHTRUNC) that Verilator knows from 5.008 on: with Debian's
# 5.006 that is an error.
_LINT = re.compile(rb"[ \t]*(/\*\s*verilator lint_\w+ \w+\s*\*/|// verilator lint_\w+ \w+)[ \t]*")
# Operators of da4ml's that its generated logic instantiates.
_PRIMITIVES = ("shift_adder.v", "negative.v", "mux.v", "multiplier.v")


def rtl_project(
    model: FrozenModel,
    vectors: Vectors,
    interval: int | None = None,
    folds: Mapping[str, Fold] | None = None,
) -> BuildPlan:
    """Everything of the project. The same arguments give the same bytes.

    ``interval``, ``folds``: see ``streams``.

    Raises UnsupportedModel where a layer cannot be streamed, ToolMissing without da4ml.
    """
    net = streams(model, interval, folds)
    longest = max((e.beats * (e.logic.cycles if e.logic else 1) for e in net.elements), default=1)
    context: dict[str, Any] = {
        "net": net,
        "by_name": net.by_name,
        "joined": {e.name: joined_bits(e, net) for e in net.elements},
        "patience": 10_000 + 10 * longest,
        "vectors": vectors,
    }
    files = {} if net.open else _primitives()
    for name in LIBRARY:
        files[f"rtl/{name}.v"] = (resources.templates() / "rtl" / f"{name}.v").read_bytes()
    for element in net.elements:
        if element.logic is not None:
            files[f"rtl/{element.logic.name}.v"] = element.logic.verilog.encode()
    files[f"rtl/{net.name}.v"] = render("rtl/top.v.j2", **context)
    files["testbench/testbench.v"] = render("rtl/testbench.v.j2", **context)
    files["testbench/inputs.hex"] = beats(vectors.inputs, net.elements[0])
    files["testbench/expected.hex"] = beats(vectors.outputs, net.elements[-1])
    files["Makefile"] = render("rtl/Makefile.j2", **context)
    files["README.md"] = render("rtl/README.md.j2", **context)
    files["frozen.npz"] = frozen_bytes(model)
    files["manifest.json"] = _manifest(net, vectors, BuildPlan(files).digest)
    return BuildPlan(files)


def _primitives() -> dict[str, bytes]:
    import da4ml

    library = Path(str(da4ml.__file__)).parent / "codegen" / "rtl" / "verilog" / "source"
    return {f"rtl/{name}": _LINT.sub(b"", (library / name).read_bytes()) for name in _PRIMITIVES}


def joined_bits(element: Element, net: Streams) -> int:
    """Of what an element's logic reads: the ends of its chains side by side."""
    return sum(
        chain[-1].bits if chain else net.by_name[source].bits
        for source, chain in zip(element.sources, element.chains, strict=True)
    )


def beats(values: NDArray[np.int8], element: Element) -> bytes:
    """int8 values (N, *shape) as one hexadecimal beat a line, channel 0 in the lowest bits."""
    integers = values.astype(np.int64) - element.node.grid.zero_point
    mask = (1 << element.value_bits) - 1
    lines = []
    for row in integers.reshape(-1, element.bits // element.value_bits):
        word = 0
        for channel, value in enumerate(row.tolist()):
            word |= (value & mask) << (channel * element.value_bits)
        lines.append(f"{word:x}\n")
    return "".join(lines).encode()


def values(words: Sequence[str], port: dict[str, Any]) -> NDArray[np.int8]:
    """Hexadecimal beats as int8 values (N, *shape): the reverse of ``beats``."""
    bits, sign = port["value_bits"], 1 << (port["value_bits"] - 1)
    mask, channels = (1 << bits) - 1, port["bits"] // bits
    found = np.empty((len(words), channels), np.int64)
    for i, word in enumerate(words):
        number = int(word, 16)
        for channel in range(channels):
            value = (number >> (channel * bits)) & mask
            found[i, channel] = value - 2 * (value & sign) if port["signed"] else value
    shifted = (found + port["zero_point"]).astype(np.int8)
    return np.asarray(shifted.reshape(-1, *port["shape"]), np.int8)


def port_of(element: Element) -> dict[str, Any]:
    """An element's stream, as the manifest has it."""
    return {
        "name": element.node.name,
        "stream": element.name,
        "shape": list(element.shape),
        "bits": element.bits,
        "beats": element.beats,
        "value_bits": element.value_bits,
        "signed": element.signed,
        "zero_point": element.node.grid.zero_point,
        "log2_step": element.node.grid.log2_step,
    }


def _manifest(net: Streams, vectors: Vectors, digest: str) -> bytes:
    content = {
        "format": FORMAT,
        "kind": "rtl",
        "model": net.model_name,
        "top": net.name,
        "streams": [
            {
                **port_of(e),
                "adders": e.logic.adders if e.logic else 0,
                "cycles_a_beat": e.logic.cycles if e.logic else 1,
                "pe": e.fold.pe if e.fold else None,
                "simd": e.fold.simd if e.fold else None,
                "stages": e.logic.stages if e.logic else 0,
                "estimated_luts": e.logic.luts if e.logic else 0,
            }
            for e in net.elements
        ],
        "vectors": {"count": len(vectors.inputs), "origin": vectors.origin},
        "digest": digest,
    }
    return (json.dumps(content, indent=2) + "\n").encode()
