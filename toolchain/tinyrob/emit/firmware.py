"""A network's C sources to a project that builds by hand: ports, app, linker script, Makefile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tinyrob.boards.read import Board
from tinyrob.emit.c import NAME, CModel, firmware_files
from tinyrob.emit.library import Part, emit_library, library_context, library_header
from tinyrob.emit.mlperf import mlperf_of
from tinyrob.emit.render import render
from tinyrob.errors import UnsupportedModel
from tinyrob.files import resources
from tinyrob.files.plan import BuildPlan
from tinyrob.files.version import __version__
from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Graph, Tensor
from tinyrob.kernels.table import INSTRUCTION_SETS
from tinyrob.project import recipe, seal
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
    "listen": App("listen.c", True, "hears samples on the console, and tells what it has heard"),
    "microphone": App(
        "listen.c", True, "hears the board's microphone, and tells what it has heard"
    ),
    "look": App("look.c", True, "takes a camera's frames on the console, and tells what it sees"),
    "camera": App("look.c", True, "takes the board's camera's frames, and tells what it sees"),
    "none": App(
        "library.c",
        False,
        "an example of use (`library/` is the folder to take); `validate.c` is for the host",
    ),
}


MEASURING = "arena"
"""The program that tells how large an arena an interpreter needs; users are not offered it."""
_MEASURING = App("arena.c", False, "tells how large an arena is needed")


def _chosen(app: str) -> App:
    return _MEASURING if app == MEASURING else APPS[app]


def parts_of(board: Board, app: str) -> Parts:
    """What a board's firmware with an app is compiled from."""
    chosen = _chosen(app)
    sets = INSTRUCTION_SETS.values()
    others = tuple((one.objects, one.flags) for one in sets if one.flags)
    others += tuple((one.small, "-Os") for one in sets if one.small)
    return Parts(
        board.arch,
        board.port,
        board.family,
        chosen.source,
        chosen.protocol,
        others,
        board.crc is not None,
    )


def emit_project(
    model: CModel,
    graph: Graph,
    board: Board,
    app: str,
    runtime: str = "native",
    toolchain: Toolchain | None = None,
    watch: bool = False,
    driver: bytes | None = None,
) -> BuildPlan:
    """The model's sources and all that they need around them: a folder where `make` is enough.

    ``model`` is the ``runtime``'s; ``toolchain`` the Makefile's (None: the board's GCC). ``watch``:
    the app looks at a layer's constants with each inference from its start; ``driver``: the source
    of a sensor's. The same arguments give the same bytes.
    """
    parts = [Part(model, graph)]
    plan, context = _around(parts, model.name, board, app, runtime, toolchain, watch, driver)
    if app == "mlperf":
        plan |= _mlperf(graph, context)
    if runtime == "native" and model.name != NAME:
        plan |= _shim(graph.name, model.name, model.macros, model.functions)
    # The host's runner needs validate.c whatever the board runs.
    return plan | BuildPlan({"apps/validate.c": _app("validate.c")})


def emit_networks(
    parts: Sequence[Part], library: str, board: Board, toolchain: Toolchain | None = None
) -> BuildPlan:
    """Several networks as one library, and the example around it: the same folder without a
    program for the host, since that serves one network."""
    plan, _ = _around(parts, library, board, "none", "native", toolchain)
    return plan | _shim(library, library, ("ARENA_BYTES",), ())


def _shim(model: str, name: str, macros: Sequence[str], functions: Sequence[str]) -> BuildPlan:
    """The header by which programs that know no network's name reach one."""
    macro = name.upper()
    shim = render(
        "project/tr_model.h.j2",
        model=model, name=name, macro=macro, macros=macros, functions=functions,
    )  # fmt: skip
    return BuildPlan({"ports/tr_model.h": shim})


def _around(
    parts: Sequence[Part],
    library: str,
    board: Board,
    app: str,
    runtime: str,
    toolchain: Toolchain | None,
    watch: bool = False,
    driver: bytes | None = None,
) -> tuple[BuildPlan, dict[str, Any]]:
    """All but the host's program, and what the templates were told."""
    chosen, toolchain = _chosen(app), toolchain or toolchain_for(board)
    model = BuildPlan()
    for part in parts:
        model |= part.model.plan
    context: dict[str, Any] = {
        **library_context(parts, library),
        "board": board,
        "app": chosen,
        "watch": watch,
        "driver": recipe.DRIVER if driver is not None else None,
        "toolchain": toolchain,
        "recipe": recipe,
        "instruction_sets": tuple(INSTRUCTION_SETS.values()),
        "version": __version__,
        "hosted": len(parts) == 1,
        "inputs": _signatures("input", [inputs_of(part.graph) for part in parts], parts),
        "outputs": _signatures("output", [outputs_of(part.graph) for part in parts], parts),
        "tflm": runtime == "tflm",
        "cmsis_nn": any(name.startswith("tflm/third_party/cmsis_nn/") for name in model.files),
    }
    context["model"] = context["models"]
    example = render("library/main.c.j2", **context)
    context["example"] = example[example.index(b"#include") :].decode()
    if runtime == "native":
        model |= library_header(parts, context)
    rendered = {
        "Makefile": render("project/Makefile.j2", **context),
        "README.md": render("project/README.md.j2", **context),
        "link.ld": render("project/link.ld.j2", **context),
        "ports/tr_board.h": render("project/tr_board.h.j2", **context),
        f"apps/{chosen.source}": example if app == "none" else _app(chosen.source),
    }
    if driver is not None:
        rendered[recipe.DRIVER] = driver
    rendered["seal.py"] = Path(seal.__file__).read_bytes()
    family = (board.family,) if board.family else ()
    ports = ("common", board.arch, board.port, *family, *toolchain.ports, "host")
    folders = ("proto", *(f"ports/{port}" for port in ports))
    copied = {name: content for folder in folders for name, content in _sources(folder)}
    plan = model | BuildPlan(rendered) | BuildPlan(copied)
    if app == "none" and runtime == "native":
        looks = ("ports/common/tr_image.c", "ports/common/tr_image.h", "seal.py")
        whole = {PurePosixPath(name).name: plan.files[name] for name in looks}
        plan |= emit_library(model, example, whole, context)
    return plan | firmware_files(("portable/tr_crc32.c",)), context


def _mlperf(graph: Graph, context: dict[str, Any]) -> BuildPlan:
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedModel(
            "the MLPerf Tiny runner knows models of one input and one output",
            "--app validate runs any network",
        )
    if any(graph.tensors[i].dtype != "int8" for i in graph.inputs + graph.outputs):
        raise UnsupportedModel(
            "the MLPerf Tiny runner loads and reads int8, this network's inputs or outputs are of "
            "another type",
            "--app validate runs any network",
        )
    output = context["outputs"][0]
    mlperf = mlperf_of(tuple(context["inputs"][0]["shape"]), output["scale"])
    header = render("project/tr_mlperf.h.j2", model=graph.name, mlperf=mlperf, output=output)
    return BuildPlan({"apps/tr_mlperf.h": header})


def _app(source: str) -> bytes:
    return (resources.firmware() / "apps" / source).read_bytes()


def _sources(folder: str) -> list[tuple[str, bytes]]:
    kept = (".c", ".h", ".md")
    files = sorted((resources.firmware() / folder).iterdir())
    return [(f"{folder}/{f.name}", f.read_bytes()) for f in files if f.suffix in kept]


def _signatures(
    what: str, sides: Sequence[tuple[tuple[Tensor, Tensor], ...]], parts: Sequence[Part]
) -> list[dict[str, object]]:
    """Of each input or output of all networks, and what it is called."""
    return [
        {
            "what": (f"{part.model.name}: " if len(parts) > 1 else "")
            + (what if len(pairs) == 1 else f"{what} {index}"),
            "also": "" if inner is outer else f"; the model's own are {outer.dtype}",
            **_signature(inner),
        }
        for part, pairs in zip(parts, sides, strict=True)
        for index, (inner, outer) in enumerate(pairs)
    ]


def _signature(tensor: Tensor) -> dict[str, object]:
    quantization = tensor.quantization
    assert quantization is not None, "a network's input and output are quantized"
    return {
        "shape": tensor.sample_shape,
        "dtype": tensor.dtype,
        "scale": quantization.scale,
        "zero_point": quantization.zero_point,
    }
