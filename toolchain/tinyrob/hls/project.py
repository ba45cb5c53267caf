"""The project folder: hls4ml's files, a testbench with vectors, scripts, README, manifest."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.emit.render import render
from tinyrob.files.plan import BuildPlan
from tinyrob.hls.backend import BACKENDS, RETIRING, Generated, generate
from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.estimate import estimate
from tinyrob.hls.network import HlsNetwork
from tinyrob.hls.schedule import Schedule
from tinyrob.hls.synthesize import TOOLS, command_for

FORMAT = 1
# The tools' scripts that are ours, by backend; i++ packages a core without one.
_SCRIPTS = {
    "vitis": {"package_ip.tcl": "package_ip.tcl.j2", "build_opt.tcl": "build_opt.tcl.j2"},
    "vivado": {"package_ip.tcl": "package_ip.tcl.j2"},
    "quartus": {},
}


@dataclass(frozen=True, eq=False)
class Vectors:
    """Inputs (N, ...) and the reference's outputs (N, ...), both int8; what they are, in a word."""

    inputs: NDArray[np.int8]
    outputs: NDArray[np.int8]
    origin: str


def project(
    network: HlsNetwork,
    schedule: Schedule,
    board: FpgaBoard,
    backend: str,
    vectors: Vectors,
    frozen: bytes,
    overlay: Schedule | None = None,
) -> BuildPlan:
    """Everything of the project ``backend`` (of BACKENDS); ``frozen`` is the model's file.

    ``overlay`` is the schedule of hls4ml's accelerator project (which knows no distributed
    arithmetic), for a board that it knows.

    Raises ToolMissing without hls4ml, BuildError where it refuses the network.
    """
    generated = generate(network, schedule, board, BACKENDS[backend])
    context = _context(network, schedule, board, backend, generated, vectors)
    context["overlay"] = overlay
    files = dict(generated.files)
    for name, template in {
        f"{network.name}_test.cpp": "test.cpp.j2",
        "testbench/testbench.h": "testbench.h.j2",
        "testbench/csim.cpp": "csim.cpp.j2",
        "Makefile": "Makefile.j2",
        "README.md": "README.md.j2",
        **_SCRIPTS[backend],
    }.items():
        files[name] = render(f"hls/{template}", **context)
    files["tb_data/inputs.dat"] = _text(vectors.inputs, network.input.node.grid.zero_point)
    files["tb_data/expected.dat"] = _text(vectors.outputs, network.output.node.grid.zero_point)
    files["frozen.npz"] = frozen
    if overlay is not None:
        accelerator = generate(network, overlay, board, "VivadoAccelerator")
        files |= {f"overlay/{name}": data for name, data in accelerator.files.items()}
        files[f"overlay/{network.name}_test.cpp"] = render("hls/overlay_test.cpp.j2", **context)
        for name in ("inputs.dat", "expected.dat"):
            files[f"overlay/tb_data/{name}"] = files[f"tb_data/{name}"]
    files["manifest.json"] = _manifest(network, schedule, board, backend, generated, vectors, files)
    return BuildPlan(files)


def _context(
    network: HlsNetwork,
    schedule: Schedule,
    board: FpgaBoard,
    backend: str,
    generated: Generated,
    vectors: Vectors,
) -> dict[str, Any]:
    shape, classes = network.input.shape, network.output.shape
    tool = TOOLS[backend][0]
    return {
        "top": network.name,
        "model": network.model_name,
        "network": network,
        "schedule": schedule,
        "board": board,
        "backend": backend,
        "hls_tool": tool,
        "retiring": RETIRING.get(backend, ""),
        "da4ml": any(c.strategy == "distributed_arithmetic" for c in schedule.choices.values()),
        "synthesize": shlex.join(command_for(tool)),
        "stream": schedule.io_type == "io_stream",
        "input_type": generated.input_type,
        "input_name": generated.input_name,
        "output_type": generated.output_type,
        "output_name": generated.output_name,
        "input_values": int(np.prod(shape)),
        "output_values": int(np.prod(classes)),
        "layers": [
            {"name": name, "size": int(np.prod(network.by_name(name).shape))}
            for name in generated.traced
        ],
        "vectors": vectors,
        "estimate": estimate(network, schedule, board),
        "units": board.units,
    }


def _text(values: NDArray[np.int8], zero_point: int) -> bytes:
    """One line of integers k a vector: k * step is the value."""
    rows = (values.astype(np.int16) - zero_point).reshape(len(values), -1)
    return "".join(" ".join(map(str, row)) + "\n" for row in rows.tolist()).encode()


def _manifest(
    network: HlsNetwork,
    schedule: Schedule,
    board: FpgaBoard,
    backend: str,
    generated: Generated,
    vectors: Vectors,
    files: dict[str, bytes],
) -> bytes:
    def port(layer: Any) -> dict[str, Any]:
        grid = layer.node.grid
        return {
            "shape": list(layer.shape),
            "log2_step": grid.log2_step,
            "zero_point": grid.zero_point,
        }

    traced = set(generated.traced)
    content = {
        "format": FORMAT,
        "kind": "hls",
        "model": network.model_name,
        "top": network.name,
        "board": board.name,
        "part": board.part,
        "backend": backend,
        "io_type": schedule.io_type,
        "input": {"name": network.input.node.name, **port(network.input)},
        "output": {"name": network.output.node.name, **port(network.output)},
        "vectors": {"count": len(vectors.inputs), "origin": vectors.origin},
        "layers": [
            {
                "name": layer.node.name,
                "identifier": layer.name,
                "traced": layer.name in traced,
                "inputs": list(layer.node.inputs),
                **port(layer),
            }
            for layer in network.layers[1:]
        ],
        "estimate": estimate(network, schedule, board),
        "digest": hashlib.sha256(BuildPlan(files).digest.encode()).hexdigest(),
    }
    return (json.dumps(content, indent=2) + "\n").encode()
