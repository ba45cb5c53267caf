"""The Verilog of a project, simulated cycle by cycle by Verilator, as a runner."""

from __future__ import annotations

import math
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.errors import DataError, RunnerError
from tinyrob.files.json_text import Form, check, one_of, read_json, whole
from tinyrob.files.limits import Damaged
from tinyrob.files.lock import waiting_lock
from tinyrob.rtl import tools
from tinyrob.run.base import Int8Array, Progress, Runner, RunResult

_BATCH = 256


@dataclass(frozen=True)
class Cycles:
    """What a simulation took: to the first output, and between two images once it is full."""

    latency: int
    interval: float


class VerilatorRunner(Runner):
    """Simulates a folder that ``tinyrob export-rtl`` made; compiled once, into its ``build/``.

    ``stall`` holds both ends back at random (a number is the seed), ``reset`` resets the design in
    that cycle and starts again: results must not depend on either. ``cycles`` is set by ``run``.
    Raises DataError where the folder is none, ToolMissing without Verilator, BuildError where it
    fails.
    """

    name = "verilator"

    def __init__(self, project: Path, *, stall: int = 0, reset: int | None = None) -> None:
        try:
            manifest = read_json(project / "manifest.json")
            check(manifest, {"kind": one_of("rtl")})
            check(manifest, _FORM)
            if not manifest["streams"] or not all(map(_sound, manifest["streams"])):
                raise Damaged("its streams do not go together")
            self._streams: list[dict[str, Any]] = manifest["streams"]
        except (OSError, Damaged) as error:
            raise DataError(
                f"{project} is not an RTL project: {error}", "`tinyrob export-rtl` makes one"
            ) from None
        self._project = project
        self._switches = [f"+stall={int(stall)}"] if stall else []
        self._switches += [f"+reset={reset}"] if reset is not None else []
        self.cycles: Cycles | None = None
        build = project / "build"
        build.mkdir(exist_ok=True)
        with waiting_lock(build / ".lock"):
            tools.make(project, "simulator", f"VERILATOR={tools.verilator()}")

    def run(self, inputs: Int8Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, *output shape) for int8 inputs (N, *input shape)."""
        first, last = self._streams[0], self._streams[-1]
        if inputs.dtype != np.int8 or inputs.shape[1:] != tuple(first["shape"]):
            raise RunnerError(
                f"verilator: inputs are {inputs.dtype} {inputs.shape}",
                f"this network takes int8 (N, {', '.join(map(str, first['shape']))})",
            )
        results = np.empty((len(inputs), *last["shape"]), np.int8)
        for start in range(0, len(inputs), _BATCH):
            part = inputs[start : start + _BATCH]
            words, _ = self._simulate(part, trace=False)
            results[start : start + len(part)] = self._values(words, last)
            if progress is not None:
                progress(len(part))
        return RunResult(results)

    def layers(self, one: Int8Array) -> Mapping[str, Int8Array]:
        """Every stream's values for one input."""
        _, traced = self._simulate(one[None], trace=True)
        found: dict[int, list[str]] = {}
        for line in traced:
            number, word = line.split()
            found.setdefault(int(number), []).append(word)
        return {
            stream["name"]: self._values(found.get(i, [])[: stream["beats"]], stream)[0]
            for i, stream in enumerate(self._streams)
            if i and len(found.get(i, [])) >= stream["beats"]
        }

    def _values(self, words: list[str], stream: dict[str, Any]) -> Int8Array:
        from tinyrob.rtl.project import values

        return values(words, stream)

    def _simulate(self, inputs: Int8Array, *, trace: bool) -> tuple[list[str], list[str]]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "in").write_text(_beats(inputs, self._streams[0]))
            arguments = ["+in=in", "+out=out", f"+images={len(inputs)}"]
            arguments += ["+trace=trace"] if trace else []
            arguments += self._switches
            program = (self._project / "build" / "testbench").resolve()
            try:
                done = subprocess.run(
                    [str(program), *arguments], cwd=folder, capture_output=True, text=True
                )
            except OSError as error:
                raise RunnerError(f"the simulation cannot be started: {error.strerror}") from None
            said = re.search(r"cycles (\d+) first (\d+) images (\d+)", done.stdout)
            if done.returncode != 0 or said is None:
                words = [w for w in (done.stdout + done.stderr).splitlines() if w.strip()]
                raise RunnerError(
                    f"the simulation ended with status {done.returncode}"
                    f"{': ' + words[0] if words else ''}",
                    f"`make test` in {self._project} runs it by hand",
                )
            total, first, images = map(int, said.groups())
            if images > 1:
                self.cycles = Cycles(first, (total - first) / (images - 1))
            read = (folder / "trace").read_text().splitlines() if trace else []
            return (folder / "out").read_text().split(), read


_FORM: Form = {
    "streams": [
        {
            "name": str,
            "shape": [whole(1, 1 << 24)],
            "bits": whole(1, 1 << 24),
            "beats": whole(1, 1 << 24),
            "value_bits": whole(1, 8),
            "signed": bool,
            "zero_point": whole(-128, 127),
        }
    ]
}


def _sound(stream: Mapping[str, Any]) -> bool:
    """Whether beats of so many values make the shape."""
    channels, odd = divmod(stream["bits"], stream["value_bits"])
    return bool(odd == 0 and channels * stream["beats"] == math.prod(stream["shape"]))


def _beats(inputs: Int8Array, stream: Mapping[str, Any]) -> str:
    mask, bits = (1 << stream["value_bits"]) - 1, stream["value_bits"]
    rows = (inputs.astype(np.int64) - stream["zero_point"]).reshape(-1, stream["bits"] // bits)
    return "".join(
        f"{sum((value & mask) << (i * bits) for i, value in enumerate(row)):x}\n"
        for row in rows.tolist()
    )
