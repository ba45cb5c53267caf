"""Generated C on this machine, with the strictest warnings and both sanitizers.

Several networks share one translation unit and one program: starting the compiler is what costs.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyrob.build.summary import removed_of as _removed
from tinyrob.emit.c import CModel, firmware_files
from tinyrob.files import resources

WARNINGS = (
    "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow",
    "-Wmissing-prototypes", "-Wstrict-prototypes", "-Wundef", "-Wcast-qual", "-Werror",
)  # fmt: skip
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
HOST_ISAS = ("portable", "dsp", "mve")
"""Instruction sets whose kernels have a twin in C."""
_MINE = re.compile(r"\b(tr_model_\w+|TR_MODEL_\w+|\w+_layer|observe)\b")
_DRIVER = Path(__file__).with_name("driver.c").read_text()
_ENTRY = "    {{TR_MODEL_ARENA_BYTES, TR_MODEL_INPUT_BYTES, TR_MODEL_OUTPUT_BYTES,\n"
_ENTRY += "     {name}_in, {name}_out, tr_model_invoke, {name}_start}},\n"
_BYTES = """
static int8_t *{name}_in(void *arena)
{{
    return (int8_t *)tr_model_input(arena);
}}

static const int8_t *{name}_out(const void *arena)
{{
    return (const int8_t *)tr_model_output(arena);
}}

static void {name}_start(void *arena)
{{
    {start}(void)arena;
}}
"""


def compiler(name: str = "gcc") -> str:
    """A compiler's path; skips where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def gcc(*arguments: str | Path, by: str = "gcc") -> None:
    """Runs the native compiler, or another one; its complaints are the assertion's message."""
    done = subprocess.run([compiler(by), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tinyrob-native-")


def folder() -> Path:
    """A folder that lives as long as the test process."""
    return Path(tempfile.mkdtemp(dir=_scratch().name))


@functools.cache
def kernels() -> tuple[Path, Path]:
    """All kernels that this machine runs, compiled once: (include folder, library)."""
    sources = resources.firmware() / "kernels"
    names = sorted(
        path.relative_to(sources).as_posix()
        for isa in HOST_ISAS
        for path in (sources / isa).glob("*.c")
    )
    home = folder()
    firmware_files(names, ("tr_observer.h",)).write(home / "fw")
    objects = []
    for path in sorted((home / "fw" / "kernels").glob("*.c")):
        objects.append(home / f"{path.stem}.o")
        gcc("-O1", *WARNINGS, *SANITIZERS, "-I", home / "fw/include", "-c", path, "-o", objects[-1])
    library = home / "libtr.a"
    subprocess.run(["ar", "rcs", str(library), *map(str, objects)], check=True)
    return home / "fw" / "include", library


def renamed(model: CModel, prefix: str) -> tuple[list[str], str]:
    """A network's C as (public includes, text), its own names prefixed."""
    names = ("tr_model_weights.h", "tr_model_weights.c", "tr_model.h", "tr_model.c")
    text = "\n".join(model.plan.files[f"model/{name}"].decode() for name in names)
    public = re.findall(r'^#include ["<](?:tinyrob/|std).*$', text, re.MULTILINE)
    text = re.sub(r"^#include .*$", "", text, flags=re.MULTILINE)
    return public, _MINE.sub(rf"{prefix}\1", text)


def unit_of(models: Sequence[CModel], driver: str = _DRIVER) -> str:
    """Several networks and the driver, as one C file."""
    headers: list[str] = []
    texts, table = [], []
    for i, model in enumerate(models):
        public, text = renamed(model, f"m{i}_")
        headers += public
        texts.append(text)
        name = f"m{i}"
        start = "tr_model_reset(arena);\n    " if "reset" in model.functions else ""
        texts.append(_MINE.sub(rf"m{i}_\1", _BYTES.format(name=name, start=start)))
        table.append(_MINE.sub(rf"m{i}_\1", _ENTRY.format(name=name)))
    head, tail = driver.split("/* models */\n")
    return "\n".join([*dict.fromkeys(headers), *texts, head + "".join(table) + tail])


class Native:
    """Compiled networks. ``run`` and ``layers`` take the network's position in ``models``."""

    def __init__(self, models: Sequence[CModel]) -> None:
        self.models = tuple(models)
        include, library = kernels()
        source = folder() / "models.c"
        source.write_text(unit_of(self.models))
        self._program = source.with_suffix("")
        gcc("-O1", *WARNINGS, *SANITIZERS, "-I", include, source, library, "-o", self._program)

    def _call(self, index: int, mode: str, data: bytes) -> bytes:
        done = subprocess.run(
            [self._program, str(index), mode],
            input=data,
            capture_output=True,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def run(self, index: int, inputs: NDArray[np.int8]) -> NDArray[np.int8]:
        """Outputs (N, output bytes) for inputs (N, ...)."""
        data = self._call(index, "outputs", inputs.tobytes())
        return np.frombuffer(data, np.int8).reshape(len(inputs), self.models[index].output_bytes)

    def layers(
        self,
        index: int,
        one: NDArray[np.int8],
        unread: Mapping[str, NDArray[Any]],
    ) -> dict[str, NDArray[Any]]:
        """Each layer's output as the observer sees it, flat, by name, of int8 or int16.

        What was slimmed away of it is there as the constant that it is said to be, and from
        ``unread`` (whole tensors) where nothing reads it. What that does not have (float32, which
        is moved as the integers that it is made of) is left out.
        """
        data = self._call(index, "layers", one.tobytes())
        seen: dict[str, NDArray[Any]] = {}
        for number, layer in enumerate(self.models[index].layers):
            assert int.from_bytes(data[:4], "little") == number
            size = int.from_bytes(data[4:8], "little")
            kind = unread[layer.name].dtype if layer.name in unread else np.int8
            values = np.frombuffer(data[8 : 8 + size], kind)
            removed = _removed(layer.trim)
            if removed is not None:
                values = removed.whole(values, unread[layer.name]).reshape(-1)
            if layer.name in unread:
                seen[layer.name] = values
            data = data[8 + size :]
        assert not data
        return seen
