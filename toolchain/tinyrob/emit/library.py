"""A network as a library: one folder that CMake, Zephyr, PlatformIO and Arduino all take."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from tinyrob.emit.render import render
from tinyrob.files.plan import BuildPlan

FOLDER = "library"
_RENDERED = {
    "CMakeLists.txt": "CMakeLists.txt",
    "README.md": "README.md",
    "library.json": "library.json",
    "library.properties": "library.properties",
    "zephyr/module.yml": "module.yml",
    "examples/inference/inference.ino": "inference.ino",
}


def emit_library(model: BuildPlan, example: bytes, context: dict[str, Any]) -> BuildPlan:
    """The model's sources in ``library/src`` with the metadata around them.

    Arduino compiles all that is under src/ and has that folder alone on its include path: so
    sources and headers lie flat in it, but for the public headers' own folder. ``context`` is what
    the templates know; ``example`` is a C program that uses the library.
    """
    files = {f"src/{_place(name)}": content for name, content in model.files.items()}
    assert len(files) == len(model.files), "two sources have one name"
    for name, template in _RENDERED.items():
        files[name] = render(f"library/{template}.j2", **context)
    files["examples/inference/main.c"] = example
    return BuildPlan({f"{FOLDER}/{name}": content for name, content in files.items()})


def _place(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.relative_to("include")) if path.parts[0] == "include" else path.name
