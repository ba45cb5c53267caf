"""A build folder of which only the host's program is made: no compiler for a board is needed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tinyrob.boards.read import find_board
from tinyrob.build.summary import removed_of
from tinyrob.emit.c import emit_model
from tinyrob.emit.firmware import emit_project
from tinyrob.ir.graph import Graph
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.layer_cost import LayerCost
from tinyrob.project.manifest import Flash, Manifest, Ram, Signature


def host_folder(
    graph: Graph, tflite: bytes, out: Path, target: str = "mps2_an386", isa: str | None = None
) -> BuildFolder:
    """The sources for ``target`` in ``out``, and a manifest for the runner ``host``."""
    board = find_board(target)
    digest = hashlib.sha256(tflite)
    isa = isa or board.isa[0]
    made = emit_model(graph, isa, digest.digest())
    emit_project(made, graph, board, "validate").write(out)
    (out / "model.tflite").write_bytes(tflite)
    layers = tuple(
        LayerCost(x.name, x.op, x.macs, 0, 0, removed=removed_of(x.trim)) for x in made.layers
    )
    nothing = Signature((), 1.0, 0)
    manifest = Manifest(
        1, graph.name, target, board.name, "native", "validate", isa, "", made.macs, 0,
        Flash(0, 0, 0), 0, Ram(0, 0, 0), "", layers, nothing, nothing, None, False, False, "",
        digest.hexdigest(), "", "", "",
    )  # fmt: skip
    return BuildFolder(out, manifest)
