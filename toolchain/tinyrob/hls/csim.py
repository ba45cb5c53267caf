"""The C simulation of an HLS project, compiled with g++ from its own files, as a runner."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.errors import BuildError, DataError, RunnerError, ToolMissing
from tinyrob.files.json_text import Form, check, one_of, read_json, whole
from tinyrob.files.limits import Damaged
from tinyrob.files.lock import waiting_lock
from tinyrob.project.make import first_error, run_make
from tinyrob.run.base import Int8Array, Progress, Runner, RunResult

_BATCH = 64


@dataclass(frozen=True)
class Port:
    """A tensor of the project: value = ``(int8 - zero_point) * 2**log2_step``."""

    name: str
    shape: tuple[int, ...]
    log2_step: int
    zero_point: int

    @property
    def values(self) -> int:
        """How many elements it has."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True)
class Layer:
    """A layer: ``traced`` where the simulation can give its values, else it only moves them."""

    port: Port
    identifier: str
    traced: bool
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class HlsFolder:
    """A folder that ``tinyrob export-hls`` made."""

    path: Path
    model: str
    input: Port
    output: Port
    layers: tuple[Layer, ...]


def open_project(path: Path) -> HlsFolder:
    """Reads a project's manifest. Raises DataError where the folder is none, or is damaged."""
    file = path / "manifest.json"
    try:
        raw = read_json(file)
        check(raw, {"kind": one_of("hls")})
        check(raw, _FORM)
        layers = tuple(
            Layer(_port(one), str(one["identifier"]), bool(one["traced"]), tuple(one["inputs"]))
            for one in raw["layers"]
        )
        return HlsFolder(path, str(raw["model"]), _port(raw["input"]), _port(raw["output"]), layers)
    except FileNotFoundError:
        raise DataError(
            f"{path} is not an HLS project: it has no manifest.json",
            "`tinyrob export-hls` makes one",
        ) from None
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise DataError(f"{file} is damaged: {error}", "export the project again") from None


_PORT: Form = {
    "name": str,
    "shape": [whole(1, 1 << 24)],
    "log2_step": whole(-1000, 1000),
    "zero_point": whole(-128, 127),
}
_FORM: Form = {
    "model": str,
    "input": _PORT,
    "output": _PORT,
    "layers": [{**_PORT, "identifier": str, "traced": bool, "inputs": [str]}],
}


def _port(raw: Mapping[str, Any]) -> Port:
    shape = tuple(int(n) for n in raw["shape"])
    return Port(str(raw["name"]), shape, int(raw["log2_step"]), int(raw["zero_point"]))


def cxx_compiler() -> str:
    """The C++ compiler: CXX, else g++. Raises ToolMissing where it is not installed."""
    compiler = os.environ.get("CXX") or "g++"
    if shutil.which(compiler.split()[0]) is None:
        raise ToolMissing(
            f"{compiler} is not on PATH: the runner `csim` needs a C++ compiler",
            "apt-get install g++ make",
        )
    return compiler


class CsimRunner(Runner):
    """Runs an HLS project's C simulation, compiled into its ``build/`` where it is not yet.

    Raises ToolMissing without g++ or make, BuildError with the compiler's first error where the
    project does not compile, RunnerError where the simulation dies.
    """

    name = "csim"

    def __init__(self, project: HlsFolder) -> None:
        self._project = project
        self._program = project.path / "build" / "csim"
        compile_csim(project.path, "csim")

    def run(self, inputs: Int8Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, *output shape) for int8 inputs (N, *input shape)."""
        source, output = self._project.input, self._project.output
        if inputs.dtype != np.int8 or inputs.shape[1:] != source.shape:
            raise RunnerError(
                f"csim: inputs are {inputs.dtype} {inputs.shape}",
                f"this network takes int8 (N, {', '.join(map(str, source.shape))})",
            )
        results = np.empty((len(inputs), *output.shape), np.int8)
        for start in range(0, len(inputs), _BATCH):
            part = inputs[start : start + _BATCH]
            data = self._call("run", part)
            expected = len(part) * output.values * 2
            if len(data) != expected:
                raise RunnerError(
                    f"csim gave {len(data)} bytes, not {expected}, from input {start} on",
                    "export the project again",
                )
            raw = np.frombuffer(data, "<i2").reshape(len(part), *output.shape)
            results[start : start + len(part)] = raw + output.zero_point
            if progress is not None:
                progress(len(part))
        return RunResult(results)

    def layers(self, one: Int8Array) -> Mapping[str, Int8Array]:
        """Every layer's output for one input, from hls4ml's traces."""
        data = np.frombuffer(self._call("trace", one[None]), "<f8")
        found = dict(self._split(data))
        found[self._project.input.name] = one
        for layer in self._project.layers:
            if not layer.traced and len(layer.inputs) == 1 and layer.inputs[0] in found:
                found[layer.port.name] = found[layer.inputs[0]].reshape(layer.port.shape)
        order = [layer.port.name for layer in self._project.layers]
        return {name: found[name] for name in order if name in found}

    def _split(self, data: np.ndarray[Any, Any]) -> Iterator[tuple[str, Int8Array]]:
        start = 0
        for layer in self._project.layers:
            if not layer.traced:
                continue
            port = layer.port
            values = data[start : start + port.values]
            start += port.values
            if len(values) != port.values:
                raise RunnerError("csim's trace ends early", "export the project again")
            steps = values / 2.0**port.log2_step + port.zero_point
            yield port.name, np.rint(steps).astype(np.int8).reshape(port.shape)

    def _call(self, mode: str, inputs: Int8Array) -> bytes:
        raw = (inputs.astype(np.int16) - self._project.input.zero_point).astype("<i2")
        try:
            done = subprocess.run(
                [str(self._program.resolve()), mode],
                input=raw.tobytes(),
                capture_output=True,
                cwd=self._project.path,
            )
        except OSError as error:
            raise RunnerError(f"csim cannot be started: {error.strerror}") from None
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            detail = f"; it said: {said[-1]}" if said else ""
            raise RunnerError(
                f"csim ended with status {done.returncode}{detail}",
                f"`make test` in {self._project.path} runs it by hand",
            )
        return done.stdout


def compile_csim(folder: Path, target: str) -> None:
    """``make target`` in a project. Raises ToolMissing, or BuildError with the first error."""
    compiler = cxx_compiler()
    build = folder / "build"
    build.mkdir(exist_ok=True)
    # Two runs on one folder: the second waits, and finds everything made.
    with waiting_lock(build / ".lock"):
        made = run_make(folder, [target, f"CXX={compiler}"])
    if made.returncode != 0:
        raise BuildError(
            f"the project in {folder} does not compile: {first_error(made.stderr or made.stdout)}",
            f"`make {target}` in {folder} shows all of it",
        )
