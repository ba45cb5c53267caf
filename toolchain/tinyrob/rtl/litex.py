"""The network as a LiteX peripheral: a Wishbone wrapper, a LiteX module, a system that tries it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.deployable import Deployable
from tinyrob.emit.render import render
from tinyrob.errors import UnsupportedModel
from tinyrob.files import resources
from tinyrob.files.plan import BuildPlan
from tinyrob.hls.project import Vectors
from tinyrob.rtl.board import port

_MOST = 10  # vectors that the core checks: a simulated one is slow
_FAREST = 1 << 18  # values: the windows are in the part's memory


def with_litex(plan: BuildPlan, model: Deployable, vectors: Vectors) -> BuildPlan:
    """An RTL project's plan with ``litex/`` beside it.

    ``litex/soc.py`` builds a system with a RISC-V core in LiteX's Verilator flow, whose program
    drives the network through the first of ``vectors`` and compares every byte.
    Raises UnsupportedModel for an input or output that is too large.
    """
    about = json.loads(plan.files["manifest.json"])
    source, sink = port(about["streams"][0]), port(about["streams"][-1])
    largest = max(source["count"], sink["count"])
    if largest > _FAREST:
        raise UnsupportedModel(
            f"{model.name} has {largest:,} values at one end, more than its windows hold",
            "use the network's streams in a design of your own",
        )
    # At least the eight registers' words.
    window = max(3, (-(-largest // 4) - 1).bit_length())
    context: dict[str, Any] = {
        "model": about["model"],
        "top": about["top"],
        "source": source,
        "sink": sink,
        "window": window,
        "digest": hashlib.sha256(model.tflite).digest()[:16][::-1].hex(),
        "vectors": vectors.inputs[:_MOST],
        "inputs": _words(vectors.inputs[:_MOST]),
        "outputs": _words(vectors.outputs[:_MOST]),
    }
    files = {name: data for name, data in plan.files.items() if name != "manifest.json"}
    folder = resources.templates() / "rtl"
    for name in ("board_stream.v", "board_registers.v"):
        files[f"litex/{name}"] = (folder / "board" / name).read_bytes()
    for name in ("network.py", "soc.py", "main.ld"):
        files[f"litex/{name}"] = (folder / "litex" / name).read_bytes()
    for name in ("network_wishbone.v", "main.c"):
        files[f"litex/{name}"] = render(f"rtl/litex/{name}.j2", **context)
    manifest = {**about, "window": window, "digest": BuildPlan(files).digest}
    files["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    return BuildPlan(files)


def _words(values: NDArray[np.int8]) -> list[str]:
    """Each row's bytes as words of C, the first byte in the lowest bits."""
    rows = []
    for row in values.reshape(len(values), -1):
        data = row.tobytes() + bytes(-row.size % 4)
        rows.append(", ".join(f"0x{word:08x}U" for word in np.frombuffer(data, "<u4").tolist()))
    return rows
