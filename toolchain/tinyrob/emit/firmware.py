"""A network's C sources to a project that builds by hand: ports, app, linker script, Makefile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tinyrob.boards.read import Board
from tinyrob.emit.c import CModel
from tinyrob.emit.library import emit_library
from tinyrob.emit.mlperf import mlperf_of
from tinyrob.emit.render import render
from tinyrob.errors import UnsupportedModel
from tinyrob.files import resources
from tinyrob.files.plan import BuildPlan
from tinyrob.files.version import __version__
from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Graph, Tensor
from tinyrob.kernels.table import INSTRUCTION_SETS
from tinyrob.project import recipe
from tinyrob.project.recipe import Parts
from tinyrob.project.toolchains import Toolchain, toolchain_for


@dataclass(frozen=True)
class App:
    """A program around the model: its file under firmware/apps, and whether it serves a host."""

    source: str
    protocol: bool
    about: str


APPS: dict[str, App] = {
    "validate": App("validate.c", True, "answers the framed protocol on the console"),
    "bench": App("bench.c", False, "one inference and its cost; `validate.c` is for the host"),
    "mlperf": App(
        "mlperf.c", False, "answers the MLPerf Tiny runner; `validate.c` is for the host"
    ),
    "none": App(
        "library.c",
        False,
        "an example of use (`library/` is the folder to take); `validate.c` is for the host",
    ),
}


MEASURING = "arena"
"""The program that tells how large an arena an interpreter needs; users are not offered it."""
_MEASURING = App("arena.c", False, "tells how large an arena is needed")


def _chosen(app: str, graph: Graph) -> App:
    if app == MEASURING:
        return _MEASURING
    return replace(APPS[app], source=_library_source(graph)) if app == "none" else APPS[app]


def parts_of(board: Board, app: str, graph: Graph) -> Parts:
    """What a board's firmware with an app is compiled from."""
    chosen = _chosen(app, graph)
    others = tuple((one.objects, one.flags) for one in INSTRUCTION_SETS.values() if one.flags)
    return Parts(board.arch, board.port, board.family, chosen.source, chosen.protocol, others)


def emit_project(
    model: CModel,
    graph: Graph,
    board: Board,
    app: str,
    runtime: str = "native",
    toolchain: Toolchain | None = None,
) -> BuildPlan:
    """The model's sources and all that they need around them: a folder where `make` is enough.

    ``model`` is the ``runtime``'s; ``toolchain`` the Makefile's (None: the board's GCC). The same
    arguments give the same bytes.
    """
    chosen = _chosen(app, graph)
    toolchain = toolchain or toolchain_for(board)
    context: dict[str, Any] = {
        "model": graph.name,
        "board": board,
        "app": chosen,
        "toolchain": toolchain,
        "recipe": recipe,
        "instruction_sets": tuple(INSTRUCTION_SETS.values()),
        "version": __version__,
        "example": _example(graph),
        "input": _signature(graph.tensors[graph.inputs[0]]),
        "output": _signature(graph.tensors[graph.outputs[0]]),
        "inputs": _signatures("input", inputs_of(graph)),
        "outputs": _signatures("output", outputs_of(graph)),
        "arena_bytes": model.arena_bytes,
        "tflm": runtime == "tflm",
        "cmsis_nn": any(name.startswith("tflm/third_party/cmsis_nn/") for name in model.plan.files),
    }
    rendered = {
        "Makefile": render("project/Makefile.j2", **context),
        "README.md": render("project/README.md.j2", **context),
        "link.ld": render("project/link.ld.j2", **context),
        "ports/tr_board.h": render("project/tr_board.h.j2", **context),
    }
    family = (board.family,) if board.family else ()
    if app == "mlperf":
        shape, scale = context["input"]["shape"], context["output"]["scale"]
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise UnsupportedModel(
                "the MLPerf Tiny runner knows models of one input and one output",
                "--app validate runs any network",
            )
        context["mlperf"] = mlperf_of(tuple(shape), scale)
        rendered["apps/tr_mlperf.h"] = render("project/tr_mlperf.h.j2", **context)
    ports = ("common", board.arch, board.port, *family, *toolchain.ports, "host")
    folders = ("proto", *(f"ports/{port}" for port in ports))
    copied = {name: content for folder in folders for name, content in _sources(folder)}
    # The host's runner needs validate.c whatever the board runs.
    for source in sorted({"validate.c", chosen.source}):
        copied[f"apps/{source}"] = (resources.firmware() / "apps" / source).read_bytes()
    plan = model.plan | BuildPlan(rendered) | BuildPlan(copied)
    if app == "none" and runtime == "native":
        plan |= emit_library(model.plan, copied[f"apps/{chosen.source}"], context)
    return plan


def _sources(folder: str) -> list[tuple[str, bytes]]:
    kept = (".c", ".h", ".md")
    files = sorted((resources.firmware() / folder).iterdir())
    return [(f"{folder}/{f.name}", f.read_bytes()) for f in files if f.suffix in kept]


def _example(graph: Graph) -> str:
    """The library example without the comment above it."""
    text = (resources.firmware() / "apps" / _library_source(graph)).read_text()
    return text[text.index("#include") :]


def _library_source(graph: Graph) -> str:
    several = len(graph.inputs) > 1 or len(graph.outputs) > 1 or graph.stateful
    return "library_several.c" if several else "library.c"


def _signatures(what: str, pairs: tuple[tuple[Tensor, Tensor], ...]) -> list[dict[str, object]]:
    """Of each input or output, and what it is called."""
    return [
        {
            "what": what if len(pairs) == 1 else f"{what} {index}",
            "also": "" if inner is outer else f"; the model's own are {outer.dtype}",
            **_signature(inner),
        }
        for index, (inner, outer) in enumerate(pairs)
    ]


def _signature(tensor: Tensor) -> dict[str, object]:
    quantization = tensor.quantization
    assert quantization is not None, "an int8 network's input and output are quantized"
    return {
        "shape": tensor.sample_shape,
        "scale": quantization.scale,
        "zero_point": quantization.zero_point,
    }
