"""Networks as a library: one folder that CMake, Zephyr, ESP-IDF, PlatformIO and Arduino take.

Every symbol of it begins with a network's name or with the library's: its kernels too, since
another library's may be of another version, with other structs. So libraries that were built apart
link together; networks that are built together share their kernels.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tinyrob.emit.c import CModel
from tinyrob.emit.render import render
from tinyrob.files.plan import BuildPlan
from tinyrob.ir.graph import Graph, numpy_type

FOLDER = "library"
WHOLE = "extras/whole"
_RENDERED = {
    "CMakeLists.txt": "CMakeLists.txt",
    "README.md": "README.md",
    "library.json": "library.json",
    "library.properties": "library.properties",
    "zephyr/module.yml": "module.yml",
    "idf_component.yml": "idf_component.yml",
    "examples/inference/inference.ino": "inference.ino",
}
_INCLUDE = re.compile(rb'^#include "tinyrob/', re.MULTILINE)
_PUBLIC = re.compile(
    r"^(?!static|TR_INLINE|typedef)\w[\w *]*\b(tr_\w+)\((?=[^;{]*\{)", re.MULTILINE
)


@dataclass(frozen=True)
class Part:
    """A network of a build, as C and as a graph."""

    model: CModel
    graph: Graph


def library_context(parts: Sequence[Part], library: str) -> dict[str, Any]:
    """What the templates know of networks in a library of that name."""
    networks = [_network(part) for part in parts]
    shared = f"{library.upper()}_ARENA_BYTES"
    arenas = [{"symbol": "tr_arena_memory", "bytes": shared}]
    for one in networks:
        one["arena"] = "tr_arena_memory"
        if len(networks) > 1 and one["stateful"]:
            one["arena"] = f"{one['name']}_arena"
            arenas.append({"symbol": one["arena"], "bytes": f"{one['macro']}_ARENA_BYTES"})
    return {
        "library": library,
        "networks": networks,
        "arenas": arenas,
        "models": ", ".join(part.graph.name for part in parts),
    }


def _network(part: Part) -> dict[str, Any]:
    model = part.model
    width = numpy_type(part.graph.tensors[part.graph.inputs[0]].dtype).itemsize
    return {
        "name": model.name,
        "macro": model.name.upper(),
        "model": part.graph.name,
        "inputs": len(model.inputs),
        "outputs": len(model.outputs),
        "single": len(model.inputs) == len(model.outputs) == 1,
        "detector": model.detector,
        "stateful": part.graph.stateful,
        "arena_bytes": model.arena_bytes,
        "divide": f" / {width}" if width > 1 else "",
    }


def library_header(parts: Sequence[Part], context: dict[str, Any]) -> BuildPlan:
    """The header that includes those of all networks, where there are several."""
    if len(parts) == 1:
        return BuildPlan()
    return BuildPlan({f"model/{context['library']}.h": render("library/library.h.j2", **context)})


def emit_library(
    model: BuildPlan, example: bytes, whole: Mapping[str, bytes], context: dict[str, Any]
) -> BuildPlan:
    """The networks' sources in ``library/src`` with the metadata around them.

    Arduino compiles all that is under src/ and has that folder alone on its include path: so
    sources and headers lie flat in it, but for the public headers' own folder. ``context`` is what
    the templates know; ``example`` is a C program that uses the library; ``whole`` by name
    the files by which a program looks at all of its flash, which no build system takes by itself.
    """
    library = context["library"]
    sources = [name for name in model.files if name.endswith(".c")]
    kernels = [model.files[name].decode() for name in sources if not name.startswith("model/")]
    functions = sorted(name for text in kernels for name in public_functions(text))
    context = {**context, "kernels": functions, "tag": _tag(model)}
    names = f"{library}_kernels.h"
    files = {f"src/{names}": render("library/kernels.h.j2", **context)}
    for name, content in model.files.items():
        place = _place(name, library)
        if name in sources:
            content = f'#include "{names}"\n'.encode() + content
        elif place.startswith("tinyrob/"):
            # Beside each other, whatever other library's folder is on the include path as well.
            content = _INCLUDE.sub(b'#include "', content)
        assert f"src/{place}" not in files, "two sources have one name"
        files[f"src/{place}"] = content
    for name, content in whole.items():
        include = f'#include "{names}"\n'.encode() if name.endswith(".c") else b""
        files[f"{WHOLE}/{name}"] = include + content
    for name, template in _RENDERED.items():
        files[name] = render(f"library/{template}.j2", **context)
    files["examples/inference/main.c"] = example
    return BuildPlan({f"{FOLDER}/{name}": content for name, content in files.items()})


def public_functions(source: str) -> list[str]:
    """What a kernel's C defines for other files."""
    return _PUBLIC.findall(source)


def _tag(model: BuildPlan) -> str:
    """Of all the kernels: those of one name and one end are the same."""
    total = hashlib.sha256()
    for name in sorted(model.files):
        if not name.startswith("model/"):
            total.update(name.encode() + model.files[name])
    return total.hexdigest()[:8]


def _place(name: str, library: str) -> str:
    path = PurePosixPath(name)
    if path.parts[0] == "include":
        return str(path.relative_to("include"))
    return (
        f"{library}_{path.name}"
        if path.parts[0] == "kernels" and path.suffix == ".c"
        else path.name
    )
